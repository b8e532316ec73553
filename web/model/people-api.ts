/** What the page asks of the HTTP API about people and settings. */

export interface Person {
  readonly userId: string;
  readonly displayName: string;
}

/** How one stands to another, as the first one sees it. */
export type RelationState = 'friend' | 'request_sent' | 'request_received' | 'blocked';

export interface Relation extends Person {
  readonly state: RelationState;
}

export interface Profile extends Person {
  /** A BCP 47 tag. */
  readonly locale: string;
  /** An IANA time zone. */
  readonly timeZone: string;
}

export type Audience = 'everyone' | 'friends' | 'nobody';
export type NotificationLevel = 'everything' | 'mentions' | 'nothing';

/** Minutes since midnight in the user's time zone; over midnight when from > to. */
export interface DoNotDisturb {
  readonly fromMinute: number;
  readonly toMinute: number;
}

export interface Settings {
  readonly notificationLevel: NotificationLevel;
  /** Milliseconds since 1970; 0 = not muted. */
  readonly muteUntilMs: number;
  readonly doNotDisturb: DoNotDisturb | null;
  readonly presenceFor: Audience;
  readonly receiptsFor: Audience;
}

export interface ChannelSettings {
  readonly channelId: string;
  /** Null: as the settings for everything say. */
  readonly notificationLevel: NotificationLevel | null;
  readonly muteUntilMs: number;
}

export interface Device {
  readonly deviceId: string;
  readonly name: string;
  readonly lastSeenAtMs: number;
  /** This one. */
  readonly current: boolean;
}

/** Each method rejects with a ParleyError, or a TypeError where the server cannot be reached. */
export interface PeopleApi {
  profile(): Promise<Profile>;
  changeProfile(change: Partial<Omit<Profile, 'userId'>>): Promise<Profile>;
  settings(): Promise<Settings>;
  changeSettings(change: Partial<Settings>): Promise<Settings>;
  /** Those channels that have settings of their own. */
  channelSettings(): Promise<readonly ChannelSettings[]>;
  changeChannelSettings(
    channelId: string,
    change: Partial<Omit<ChannelSettings, 'channelId'>>,
  ): Promise<ChannelSettings>;
  /** Those of them that exist. */
  people(userIds: readonly string[]): Promise<readonly Person[]>;
  /** Whose names start so, a first page of them. */
  find(prefix: string): Promise<readonly Person[]>;
  relations(): Promise<readonly Relation[]>;
  /** Asks someone to be a friend; accepts the request that they have sent. */
  befriend(userId: string): Promise<void>;
  accept(userId: string): Promise<void>;
  decline(userId: string): Promise<void>;
  /** Ends a friendship, or takes a request back. */
  unfriend(userId: string): Promise<void>;
  block(userId: string): Promise<void>;
  unblock(userId: string): Promise<void>;
  devices(): Promise<readonly Device[]>;
  removeDevice(deviceId: string): Promise<void>;
}
