import type { ChannelId, UserId } from '../core/ids.js';
import type { Audience } from '../core/people.js';
import type { PushLevel } from '../core/push.js';

export interface Profile {
  readonly userId: UserId;
  /** 1 to `LIMITS.displayNameCharactersMax` characters, trimmed, without control characters. */
  readonly displayName: string;
  /** A BCP 47 tag in its canonical form, such as `pt-BR`; `en` at first. */
  readonly locale: string;
  /** An IANA time zone, such as `Europe/Lisbon`; `UTC` at first. */
  readonly timeZone: string;
}

export type NotificationLevel = PushLevel;

/** A span of every day in the user's time zone, in minutes since midnight (0 to 1439); over midnight when from > to. */
export interface DoNotDisturb {
  readonly fromMinute: number;
  readonly toMinute: number;
}

export interface Settings {
  /** Where a channel has no level of its own. `everything` at first. */
  readonly notificationLevel: NotificationLevel;
  /** No notifications before this time, milliseconds since 1970; 0 = not muted. */
  readonly muteUntilMs: number;
  readonly doNotDisturb: DoNotDisturb | null;
  /** Who sees whether the user is online. `friends` at first. */
  readonly presenceFor: Audience;
  /** Who sees how far the user has read. `everyone` at first. */
  readonly receiptsFor: Audience;
}

export interface ChannelSettings {
  readonly channelId: ChannelId;
  /** Null: the user's global level applies. */
  readonly notificationLevel: NotificationLevel | null;
  readonly muteUntilMs: number;
}

export type ProfileChange = Partial<Omit<Profile, 'userId'>>;
export type SettingsChange = Partial<Settings>;
export type ChannelSettingsChange = Partial<Omit<ChannelSettings, 'channelId'>>;

/**
 * Profiles and settings. A change names only the fields it changes and resolves to the whole as it then is, synced to
 * disk. Whoever has no account: `user_not_found`; a value that is none: `invalid_argument` with a sentence that says
 * which. Everything here may also reject with `timeout`, `overloaded` or `unavailable`.
 */
export interface AccountSettings {
  profileOf(userId: UserId): Promise<Profile>;
  /** Of those that have an account (not of deleted ones), in the order of their user ids. At most 200 at once. */
  profilesOf(userIds: readonly UserId[]): Promise<readonly Profile[]>;
  changeProfile(userId: UserId, change: ProfileChange): Promise<Profile>;
  settingsOf(userId: UserId): Promise<Settings>;
  changeSettings(userId: UserId, change: SettingsChange): Promise<Settings>;
  /** Those channels that have settings of their own, in the order of their ids; at most `LIMITS.channelSettingsMax`. */
  channelSettingsOf(userId: UserId): Promise<readonly ChannelSettings[]>;
  /** Does not ask whether the user is in the channel. A channel back at its defaults takes no room. */
  changeChannelSettings(userId: UserId, channelId: ChannelId, change: ChannelSettingsChange): Promise<ChannelSettings>;
}
