/** Push: where a device can be reached while it is away, and what a user wants to be told there. */
import type { ChannelId, UserId } from './ids.js';

/** How one device is reached. */
export type PushEndpoint =
  /** A browser's subscription: the push service's URL, and the keys its messages are encrypted for (RFC 8291). */
  | { readonly kind: 'webpush'; readonly url: string; readonly p256dh: string; readonly auth: string }
  | { readonly kind: 'fcm'; readonly token: string }
  | { readonly kind: 'apns'; readonly token: string }
  /** Posts, signed with the secret. */
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string };

export type PushKind = PushEndpoint['kind'];

export interface DeviceEndpoint {
  readonly deviceId: string;
  readonly endpoint: PushEndpoint;
}

/** What an endpoint is known by at its service: a URL or a token. */
export function addressOf(endpoint: PushEndpoint): string {
  return 'url' in endpoint ? endpoint.url : endpoint.token;
}

/**
 * The endpoints of all devices: one each. They go with their device. Everything may also reject with `timeout`,
 * `overloaded` or `unavailable`.
 */
export interface PushEndpoints {
  /**
   * Replaces the device's endpoint. One address belongs to one device: whoever had it before, of whatever user, loses it,
   * and their ids are what it resolves to. Rejects with `not_found` when there is no such device, `invalid_argument`.
   */
  set(userId: UserId, deviceId: string, endpoint: PushEndpoint): Promise<readonly UserId[]>;
  /** False when there was none. With `address`: only if it is still the device's. */
  remove(userId: UserId, deviceId: string, address?: string): Promise<boolean>;
  /** By device id. */
  list(userId: UserId): Promise<readonly DeviceEndpoint[]>;
}

/** Which messages make a notification: all, those that mention the user, or none. */
export type PushLevel = 'everything' | 'mentions' | 'nothing';

/** What of a user's settings decides about push. */
export interface PushSettings {
  readonly level: PushLevel;
  /** Milliseconds since 1970; 0 = not muted. */
  readonly muteUntilMs: number;
  /** Minutes since midnight in `timeZone`; over midnight when from > to. */
  readonly doNotDisturb: { readonly fromMinute: number; readonly toMinute: number } | null;
  /** An IANA time zone. */
  readonly timeZone: string;
  /** The channels with settings of their own; level null: as everywhere. */
  readonly channels: ReadonlyMap<ChannelId, { readonly level: PushLevel | null; readonly muteUntilMs: number }>;
}

/** What a user's devices are to be told: all that is new in one channel, as one notification. */
export interface PushJob {
  readonly type: 'message';
  readonly userId: UserId;
  readonly channelId: ChannelId;
  /**
   * With user and channel it names the job, and a later one takes its place. The newest message that it tells of; a later seq
   * where the channel was told of under that one before.
   */
  readonly seq: number;
  readonly messageId: string;
  readonly from: UserId;
  /** The channel's name; '' for a direct chat. */
  readonly channelName: string;
  /** The newest message, cut. */
  readonly text: string;
  readonly mentioned: boolean;
  /** Unread messages of this channel, and of all of them. */
  readonly unread: number;
  readonly badge: number;
  /** When the newest message was written, milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** The user has read a channel at one device: the others take back what they show of it, without a sound. */
export interface PushRead {
  readonly type: 'read';
  readonly userId: UserId;
  readonly channelId: ChannelId;
  /** Everything that was told under a name up to here is read. */
  readonly seq: number;
  /** Unread messages of all channels that are left. */
  readonly badge: number;
  /** The device that it was read at, which need not be told; '' where nobody knows. */
  readonly readAt: string;
  /** When it was read, milliseconds since 1970. */
  readonly createdAtMs: number;
}

/** A job of one channel. It is named by the user, the channel and its place in their order. */
export type AnyPush = PushJob | PushRead;

type PushName = Pick<AnyPush, 'seq' | 'type'>;

/** A later one takes the place of those before it; to have read a message comes after to be told of it. */
export function orderOf({ seq, type }: PushName): number {
  return 2 * seq + (type === 'read' ? 1 : 0);
}

/** `name`, or the first one of its type whose place is after `order`. */
export function nameAfter<Name extends PushName>(order: number, name: Name): Name {
  if (orderOf(name) > order) return name;
  const seq = Math.floor(order / 2);
  return { ...name, seq: orderOf({ ...name, seq }) > order ? seq : seq + 1 };
}
