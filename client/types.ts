/** What an application sees of channels, their events and its connection. Times are Dates, message ids decimal strings. */
import type { ParleyError } from '../src/core/errors.js';
import type { Profile } from './people-types.js';

export type ChannelKind = 'direct' | 'group' | 'broadcast';
export type Role = 'member' | 'admin' | 'owner';
/** How a channel's events reach its members; the SDK hides the difference, receipts exist in `inbox` only. */
export type Tier = 'inbox' | 'fanout';

export interface Member {
  readonly userId: string;
  readonly role: Role;
  /** Of the event by which they became a member. */
  readonly joinedSeq: number;
  /** How far they have received and read, by seq; 0 where it is not told. */
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

interface EventPosition {
  readonly channelId: string;
  /** Position in the channel: 1, 2, 3 … */
  readonly seq: number;
  /** Decimal digits; of two messages the later has the greater number. */
  readonly messageId: string;
  readonly createdAt: Date;
  /** The user who did it. */
  readonly from: string;
  /** The sender's id of the send; '' on events that no send made. */
  readonly clientMessageId: string;
}

/** A part of a message's text that names somebody. */
export interface Mention {
  readonly kind: 'user' | 'channel' | 'here';
  /** '' unless it names a user. */
  readonly userId: string;
  /** Where in the text, in UTF-16 code units: as strings of JavaScript count. */
  readonly start: number;
  readonly length: number;
}

export interface Reaction {
  readonly emoji: string;
  /** In the order in which they reacted. */
  readonly userIds: readonly string[];
}

/** What became of a message that is read again: its event then carries its current text. */
export interface MessageForm {
  /** Edits and reactions up to this seq are in it. */
  readonly asOf: number;
  /** Undefined: never. */
  readonly editedAt: Date | undefined;
  readonly reactions: readonly Reaction[];
}

export interface MessageContent {
  readonly text: string;
  /** The seq of the message that this one answers. */
  readonly replyTo?: number;
  readonly mentions?: readonly Mention[];
}

/** What can happen in a channel. `pictureOf` makes of them what is to be shown. */
export type EventBody =
  | ({ readonly type: 'message'; readonly form?: MessageForm } & MessageContent)
  /** The message at `target` has another text and other mentions from now on. */
  | ({ readonly type: 'edited'; readonly target: number } & Omit<MessageContent, 'replyTo'>)
  /** The message at `target` was deleted for everybody. */
  | { readonly type: 'erased'; readonly target: number }
  | { readonly type: 'reacted'; readonly target: number; readonly emoji: string; readonly removed: boolean }
  /** The body is withheld: its sender is blocked (`hidden`), or it was deleted. */
  | { readonly type: 'withheld'; readonly reason: 'hidden' | 'deleted' }
  | {
      readonly type: 'created';
      readonly kind: ChannelKind;
      readonly name: string;
      readonly members: readonly Member[];
      readonly public: boolean;
    }
  /** All of them at once. They came by themselves if `from` is among them, else `from` invited them. */
  | {
      readonly type: 'joined';
      readonly userIds: readonly string[];
      readonly role: Role;
      readonly kind: ChannelKind;
      readonly name: string;
    }
  /** `userId` differs from `from` when another removed them. */
  | { readonly type: 'left'; readonly userId: string }
  | { readonly type: 'renamed'; readonly name: string }
  | { readonly type: 'roleChanged'; readonly userId: string; readonly role: Role }
  | { readonly type: 'tierChanged'; readonly tier: Tier }
  /** Of a newer protocol than this SDK. */
  | { readonly type: 'unknown' };

/** One position of a channel's log. */
export type ChannelEvent = EventPosition & EventBody;

export interface ChannelInfo {
  readonly channelId: string;
  readonly kind: ChannelKind;
  /** Direct: ''. */
  readonly name: string;
  readonly public: boolean;
  /** The newest seq. */
  readonly head: number;
  readonly tier: Tier;
  readonly memberCount: number;
  readonly me: Member | undefined;
  /** All in a direct channel or a small group; else empty: page with `members`. */
  readonly members: readonly Member[];
}

/** One conversation as its member's list shows it. */
export interface ChannelSummary {
  readonly channelId: string;
  readonly kind: ChannelKind;
  /** Direct: ''. */
  readonly name: string;
  /** The newest seq. */
  readonly head: number;
  /** One's own read cursor. */
  readonly readSeq: number;
  /** Messages after it, at most 100 counted. In the fan-out tier `head` less `readSeq`, which one's own messages move, too. */
  readonly unread: number;
  /** The newest message, its text cut to 200 UTF-16 code units. */
  readonly lastMessage: ChannelEvent | undefined;
  readonly tier: Tier;
  /** When the newest event came. */
  readonly activeAt: Date;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Ask again with the last row's id. */
  readonly more: boolean;
}

/**
 * May be shorter than its limit: it holds some 256 KiB at most. There is more until its last seq is `head` or, downwards, its first
 * one is `floor` + 1.
 */
export interface HistoryPage {
  readonly channelId: string;
  /** Ascending by seq. */
  readonly events: readonly ChannelEvent[];
  readonly head: number;
  /** The log starts above this seq. */
  readonly floor: number;
}

/** From `before` downwards (undefined or 0: from the head), or from `after` upwards. Limit 1 to 200, default 50. */
export type HistoryRange =
  | { readonly before?: number; readonly limit?: number }
  | { readonly after: number; readonly limit?: number };

/** A message in which one was mentioned, as it is now, its text cut. */
export interface MentionItem {
  readonly event: ChannelEvent;
  readonly read: boolean;
}

export interface MentionPage extends Page<MentionItem> {
  /** Of all that are kept: the newest hundred. */
  readonly unread: number;
}

export interface Presence {
  readonly userId: string;
  readonly state: 'unknown' | 'online' | 'away' | 'doNotDisturb' | 'offline';
  /** Undefined unless offline, and where it is not known. */
  readonly lastSeen: Date | undefined;
  /** A text of their own; '' while they are offline. */
  readonly status: string;
  /** When that text ends; undefined: not by itself. */
  readonly statusUntil: Date | undefined;
}

/** `online`: what one's devices say. `invisible`: offline to everybody else. */
export type PresenceChoice = 'online' | 'away' | 'doNotDisturb' | 'invisible';

/** How one chose to appear, on all devices. */
export interface OwnPresence {
  readonly choice: PresenceChoice;
  readonly status: string;
  readonly statusUntil: Date | undefined;
}

/** What the operators tell everybody, until it ends. */
export interface Notice {
  /** Never the same twice. */
  readonly id: string;
  readonly text: string;
  readonly until: Date;
}

/**
 * What is absent stays as it is. A status has at most 100 characters (code points); '' takes it away. `statusUntil` counts beside a
 * status, whose end it is; absent there: it has none.
 */
export type PresenceChange = Partial<OwnPresence>;

/** Cursors of another member; each only grows. */
export interface Receipt {
  readonly userId: string;
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

/**
 * pending: on its way, or waiting for a connection. sent: durable, at its position. delivered / read: a device of
 * another member has it / another member has read it. failed: surely not stored, see `error`.
 */
export type SendState = 'pending' | 'sent' | 'delivered' | 'read' | 'failed';

/** What a send says: all of it goes the same way, once and in order. */
export type Said =
  | ({ readonly type: 'message' } & MessageContent)
  | ({ readonly type: 'edit'; readonly target: number } & Omit<MessageContent, 'replyTo'>)
  | { readonly type: 'erase'; readonly target: number }
  | { readonly type: 'react'; readonly target: number; readonly emoji: string; readonly removed: boolean };

/**
 * A message, edit, deletion or reaction that this device sent. Live: its fields change, and `sendState` events tell so. It is sent again
 * until it is settled, over reconnects and `close`, for as long as that takes; only `deadlineMs` bounds how long it waits for its first try.
 */
export interface PendingMessage {
  /** Another only after the server no longer took the first one and surely had not stored it. */
  readonly clientMessageId: string;
  readonly channelId: string;
  readonly said: Said;
  /** Of a message or an edit; else ''. */
  readonly text: string;
  readonly queuedAt: Date;
  readonly state: SendState;
  /** Known once sent. 0: nothing happened, since it was so already. */
  readonly seq: number | undefined;
  readonly messageId: string | undefined;
  readonly createdAt: Date | undefined;
  /** Why it failed. */
  readonly error: ParleyError | undefined;
  /**
   * Resolves once sent, however long that takes; rejects with `error` when failed: `timeout` (its deadline), `channel_not_found`,
   * `not_a_member`, `forbidden`, `user_not_found`, `message_empty`, `message_too_large`, `frame_too_large`, `invalid_argument`,
   * `mention_not_member`, `mention_too_wide`, or what it answers or changes is not there or allows no more (`message_not_found`,
   * `message_erased`, `reactions_full`). After another user's login here it does neither.
   */
  sent(): Promise<SentMessage>;
}

export interface SentMessage {
  readonly channelId: string;
  readonly seq: number;
  readonly messageId: string;
  readonly createdAt: Date;
  readonly clientMessageId: string;
}

export interface SendRequest {
  /** A user: the message goes to the direct channel with them, which it creates when there is none. */
  readonly to?: string;
  /** Or a channel. Exactly one of the two. */
  readonly channelId?: string;
  /** 1 byte to 16 KiB of UTF-8. */
  readonly text: string;
  /** The seq of the message in the channel that this one answers. */
  readonly replyTo?: number;
  /** At most 50, in the order in which they stand in the text. */
  readonly mentions?: readonly Mention[];
  /**
   * The send fails with `timeout` if it could not be tried within this time, counted from `send`. A send that was tried is tried until it is
   * settled. Default: no bound.
   */
  readonly deadlineMs?: number;
}

export type ConnectionState =
  | { readonly type: 'offline' }
  | { readonly type: 'connecting'; readonly url: string }
  /** `resumed`: the session before goes on. */
  | { readonly type: 'online'; readonly url: string; readonly resumed: boolean }
  /** Tries again at `retryAt`. */
  | { readonly type: 'waiting'; readonly retryAt: Date; readonly error: ParleyError }
  /** Does not try again: closed by the application (no error), or refused for good. */
  | { readonly type: 'closed'; readonly error: ParleyError | undefined };

/** How an event came, and what the server said beside it. */
export interface EventContext {
  readonly source: 'inbox' | 'acknowledgement' | 'fanout' | 'history';
  /** Unread messages of the channel after this event, at most 100 counted; undefined: not told. */
  readonly unread: number | undefined;
}

/** The events of a ParleyClient, and what each listener gets. */
export interface ClientEvents {
  /** Every event of every channel: exactly once, in order of seq within a channel. Own messages too, once durable. */
  event: [event: ChannelEvent, context: EventContext];
  /** The same, messages only. */
  message: [message: ChannelEvent & { readonly type: 'message' }, context: EventContext];
  /** A message of this device changed its state. */
  sendState: [message: PendingMessage];
  /** One's own read cursor moved, on whatever device. */
  readUpdate: [update: { readonly channelId: string; readonly seq: number; readonly unread: number }];
  /** Cursors of other members moved. */
  receipts: [update: { readonly channelId: string; readonly items: readonly Receipt[] }];
  presence: [items: readonly Presence[]];
  /** How one appears oneself is another than before, chosen on whatever device. */
  ownPresence: [own: OwnPresence];
  /** The operators' notice is another: a new one, or none any more (undefined). */
  notice: [notice: Notice | undefined];
  /** Who else is writing to a channel now; nobody: it has ended. */
  typing: [typing: { readonly channelId: string; readonly userIds: readonly string[] }];
  /** The list of channels is another: one came, went, or changed its name, role or tier. */
  channels: [change: { readonly channelId: string; readonly change: 'added' | 'removed' | 'changed' }];
  connection: [state: ConnectionState];
  /** Away for longer than the inbox is kept; the channels are being paged up to these heads by history. */
  limited: [heads: readonly { readonly channelId: string; readonly head: number }[]];
  /**
   * Logged in, refreshed or (undefined) logged out: what to keep for the next start. `error`: why a refresh was refused, and the
   * login has ended by that, such as `refresh_reused` when its token was copied.
   */
  session: [session: AuthSession | undefined, error: ParleyError | undefined];
  /** A listener threw, or the storage failed. The client goes on. */
  problem: [error: unknown];
}

/** What a login gives. */
export interface AuthSession {
  readonly userId: string;
  /** As of the login. */
  readonly profile?: Profile;
  readonly deviceId: string;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  /** Undefined where it is kept in a cookie that scripts cannot read: in pages of the API's own origin, see `refreshInCookie`. */
  readonly refreshToken: string | undefined;
  /** WebSocket URLs, best first. */
  readonly gateways: readonly string[];
}
