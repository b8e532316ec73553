/** What an application sees of people, over HTTP. Times are milliseconds since 1970, in names that end in `Ms`. */

export interface Person {
  readonly userId: string;
  /** 1 to 64 characters. */
  readonly displayName: string;
}

export interface Profile extends Person {
  /** A BCP 47 tag; `en` at first. */
  readonly locale: string;
  /** An IANA time zone; `UTC` at first. */
  readonly timeZone: string;
}

export type NotificationLevel = 'everything' | 'mentions' | 'nothing';
export type Audience = 'everyone' | 'friends' | 'nobody';

export interface Settings {
  /** Where a channel has none of its own. `everything` at first. */
  readonly notificationLevel: NotificationLevel;
  /** 0: not muted. */
  readonly muteUntilMs: number;
  /** Every day, in minutes since midnight (0 to 1439) in the profile's time zone; over midnight when from > to. Null, at first: never. */
  readonly doNotDisturb: { readonly fromMinute: number; readonly toMinute: number } | null;
  /** `friends` at first. */
  readonly presenceFor: Audience;
  /** `everyone` at first. Groups, which may have other members than friends, are told with `everyone` alone. */
  readonly receiptsFor: Audience;
}

export type SettingsChange = Partial<Settings>;

export interface ChannelSettings {
  readonly channelId: string;
  /** Null: as everywhere. */
  readonly notificationLevel: NotificationLevel | null;
  /** 0: not muted. */
  readonly muteUntilMs: number;
}

/** How one stands to somebody. Whoever is blocked by them does not see it. */
export type RelationState = 'friend' | 'request_sent' | 'request_received' | 'blocked' | 'none';

export interface Relation extends Person {
  readonly state: Exclude<RelationState, 'none'>;
  readonly sinceMs: number;
}

export interface Device {
  readonly deviceId: string;
  /** 1 to 64 characters. */
  readonly name: string;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  /** Whether it is this one. */
  readonly current: boolean;
}

/** How a device is reached while it is away: docs/PROTOCOL.md, Push. */
export type PushEndpoint =
  | { readonly kind: 'webpush'; readonly url: string; readonly p256dh: string; readonly auth: string }
  | { readonly kind: 'fcm' | 'apns'; readonly token: string }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string };

export interface PushOffer {
  readonly kinds: readonly PushEndpoint['kind'][];
  /** For `applicationServerKey`, base64url; null without Web Push. */
  readonly webPushKey: string | null;
}
