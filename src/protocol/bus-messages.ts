/** What travels between processes: the envelopes of proto/bus.proto as unions on `type`. */
import type { Epoch } from '../core/epoch.js';
import type { ErrorName } from '../core/errors.js';
import type { ActorId, ChannelId, UserId } from '../core/ids.js';
import type { MessageId } from '../core/message-id.js';
import type { AnyPush, PushJob, PushRead } from '../core/push.js';
import type { Span, TraceContext } from '../core/trace.js';
import type { OperationsAnswer, OperationsEvent, OperationsQuestion } from './admin-messages.js';
import type { EncodedEvent } from './encoded-event.js';
import type { Answer, ClientRequest, Delivery, FanoutEvents, SessionEvent } from './frames.js';
import type { v1 } from './wire.js';

/** Who asks: authenticated by the gateway or the API. */
export interface Caller {
  readonly userId: UserId;
  readonly deviceId: string;
  /** '' when the request came outside a session (POST, REST). */
  readonly sessionId: string;
  /** When the access token was issued, milliseconds; absent: not told. */
  readonly issuedAtMs?: number;
}

/** Seqs of a direct channel whose messages by the other person are hidden from the reader: [first, last] pairs. */
export type HiddenRanges = readonly (readonly [number, number])[];

/** A question to an actor; it answers once, with a Reply to the asker's address. */
export type Question =
  /** From a client. Channel requests go to the channel, user requests to the caller's own user actor. */
  | { readonly type: 'request'; readonly caller: Caller; readonly body: ClientRequest; readonly hidden?: HiddenRanges }
  /** To the user actor: a session begins; answered by `session_opened`, then pushes start. */
  | {
      readonly type: 'session_open';
      readonly caller: Caller;
      /** The gateway's address on the bus. */
      readonly gateway: string;
      /** Undefined: start at the head. */
      readonly cursor: v1.ICursor | undefined;
      /** Whether the session counts as the user being online (polls do, too). */
      readonly visible: boolean;
    }
  /** To the user actor: one bounded page of the inbox after a cursor; answered by `inbox_page`. For polling. */
  | {
      readonly type: 'inbox_read';
      readonly caller: Caller;
      readonly cursor: v1.ICursor | undefined;
      readonly limit: number;
    }
  /** To a channel, by an operator: the message's text goes, as if its author had deleted it; answered by `done`. */
  | { readonly type: 'erase_message'; readonly messageId: MessageId }
  /** To either, by an operator: a page of its log, to be looked over. `owedTo`: see LogPage; '' = nobody. */
  | { readonly type: 'read_log'; readonly fromSeq: number; readonly owedTo: UserId }
  /**
   * To the user actor: sessions by tokens of this device (undefined: of all) that were issued up to then end with
   * `session_revoked`, and no such token opens another; answered by `done` once that is remembered for good.
   */
  | { readonly type: 'revoke'; readonly deviceId: string | undefined; readonly atMs: number }
  /**
   * To a user whose account was deleted: lets go of all that is kept and leaves all channels; goes on by itself. Answered by
   * `forgotten` after a part; may be asked again, also when it is done. Refused with `forbidden` while there is an account.
   */
  | { readonly type: 'forget' }
  /** To a channel: the account was deleted, so they leave; answered by `done` once that is durable, also by no member. */
  | { readonly type: 'member_deleted'; readonly userId: UserId }
  /** To a channel, for operators: what became of the event at `seq`; answered by `message_state`. */
  | { readonly type: 'message_wanted'; readonly seq: number }
  /**
   * To the user actor, by a channel: the texts of its messages at `seqs`, which were deleted when the user was no member any
   * more, leave the inbox; answered by `done` once that is durable.
   */
  | { readonly type: 'erase_copies'; readonly channelId: ChannelId; readonly seqs: readonly number[] };

/** Rows of a log that count, as its owner knows them. What people wrote is left out. */
export interface LogPage {
  /** The committed head. */
  readonly head: number;
  /** Up to here rows were let go. */
  readonly floor: number;
  /** Everything below it was looked at; above the head: there is no more. */
  readonly nextSeq: number;
  /** By their positions; undefined: the row cannot be read. */
  readonly rows: readonly { readonly seq: number; readonly event: v1.Event | undefined }[];
  /** Of a channel: the first seq that the member who was asked for is due and has not confirmed; 0: none. */
  readonly owedFrom: number;
  /** An inbox of somebody who is deleted: it takes what it is due, and keeps none of it. Absent: it is none. */
  readonly keepsNothing?: true;
}

/** What operators may know of a message: who and when, and whom it reached; never what it says. */
export interface MessageState {
  /** Else there is nothing at this position, and the rest says nothing. */
  readonly committed: boolean;
  readonly messageId: MessageId;
  readonly from: UserId;
  readonly clientMessageId: string;
  readonly createdAtMs: number;
  readonly members: number;
  /** In the inbox tier: the members as of now. */
  readonly recipients: readonly {
    readonly userId: UserId;
    readonly inInbox: boolean;
    readonly delivered: boolean;
    readonly read: boolean;
  }[];
}

export type ActorAnswer =
  | Answer
  | { readonly type: 'log_page'; readonly value: LogPage }
  | {
      readonly type: 'session_opened';
      readonly value: { readonly cursor: v1.ICursor; readonly fanoutChannels: readonly ChannelId[] };
    }
  /** `done`: nothing is left. */
  /** `notLeft`: when all else is done, channels that cannot be left now, some of them; they are tried again. */
  | { readonly type: 'forgotten'; readonly value: { readonly done: boolean; readonly notLeft: readonly ChannelId[] } }
  | { readonly type: 'message_state'; readonly value: MessageState }
  | {
      readonly type: 'inbox_page';
      readonly value: {
        readonly items: readonly Delivery[];
        /** Where the next page starts. */
        readonly cursor: v1.ICursor;
        readonly more: boolean;
        /** Set when the cursor reached further back than the inbox. */
        readonly limited: v1.ILimited | undefined;
      };
    };

/** What a gateway did for a session since the last confirmation. Cumulative. */
export interface SessionConfirmation {
  readonly sessionId: string;
  /** Put on the socket up to here. */
  readonly put: v1.ICursor;
  /** Acknowledged by the device up to here; undefined: not yet. */
  readonly acknowledged: v1.ICursor | undefined;
  /** Pushes were dropped because something before them is missing, or nobody was attached: push again from `put`. */
  readonly lacking?: boolean;
  /** Nobody is at the device, as it said last. */
  readonly idle?: boolean;
  /**
   * The fan-out channels that the session follows, as hashOfSet of their ids. Now and then, and to an actor that may not
   * know the session: should a `fanout_interest` have been lost, the actor says again what the session is to follow.
   */
  readonly following?: number;
}

/** A message to an actor that is not answered. */
export type Notice =
  // to the user actor
  | { readonly type: 'session_close'; readonly sessionId: string }
  /**
   * What became of the pushes; also the session's lease, renewed by its gateway at least every LIMITS.sessionLeaseMs / 3,
   * changed or not. An actor that does not know the session (it has just moved or started again) takes it over from here.
   */
  | {
      readonly type: 'session_confirm';
      readonly confirmation: SessionConfirmation;
      readonly caller: Caller;
      readonly gateway: string;
      readonly visible: boolean;
    }
  | {
      readonly type: 'deliver';
      readonly channelId: ChannelId;
      /** The previous seq that this member is due and has not confirmed; 0: everything before is confirmed. */
      readonly previousSeq: number;
      readonly event: EncodedEvent;
      /** The session that sent it and had the acknowledgement; '' = none. */
      readonly senderSession: string;
    }
  | { readonly type: 'receipts'; readonly channelId: ChannelId; readonly items: readonly v1.IReceipt[] }
  /** `leaseMs` 0: looks no more. `renews`: the watcher was told before, and needs no answer. */
  | { readonly type: 'presence_watch'; readonly watcher: UserId; readonly leaseMs: number; readonly renews: boolean }
  | { readonly type: 'presence'; readonly presence: v1.IPresence }
  /** `userId` is writing to the channel. To that user's own actor, which may keep it back, then to the channel, and to the members' actors. */
  | { readonly type: 'typing'; readonly channelId: ChannelId; readonly userId: UserId; readonly stopped: boolean }
  /** Settings, friends or blocks of this user changed in the directory: read them again. */
  | { readonly type: 'directory_changed' }
  /** The question `revoke`, as processes of before put it. */
  | { readonly type: 'revoked'; readonly deviceId: string | undefined; readonly atMs: number }
  /** The push role has done what it could with this channel's jobs up to this one. */
  | {
      readonly type: 'push_done';
      readonly channelId: ChannelId;
      readonly seq: number;
      readonly job: AnyPush['type'];
    }
  /** Answers `head_wanted`: a fan-out channel's committed head, its name, and the preview of its newest message. */
  | {
      readonly type: 'channel_head';
      readonly channelId: ChannelId;
      readonly head: number;
      readonly name: string;
      readonly lastMessage: EncodedEvent | undefined;
    }
  /** An event of this user's was published by fan-out: their inbox gets none of it. `isMessage`: else it changes something. */
  | {
      readonly type: 'authored';
      readonly channelId: ChannelId;
      readonly seq: number;
      readonly isMessage: boolean;
      /** The session that sent it; '' = none. */
      readonly senderSession: string;
    }
  /** The channel has crashed, and asks how far the user has read it. Answered by `member_cursor`, if others may know. */
  | { readonly type: 'read_wanted'; readonly channelId: ChannelId }
  // to the channel actor
  /** The member's inbox holds this channel durably up to `seq`. Cumulative. `lacking`: and something before what came. */
  | { readonly type: 'confirm'; readonly userId: UserId; readonly seq: number; readonly lacking: boolean }
  /** The member's cursors moved, and others may know; 0 = unchanged. */
  | {
      readonly type: 'member_cursor';
      readonly userId: UserId;
      readonly deliveredSeq: number;
      readonly readSeq: number;
    }
  /** Publish the head on the fan-out subject: somebody has just subscribed. */
  | { readonly type: 'publish_head' }
  /** A member's own actor asks for the head; whoever is none is not answered. */
  | { readonly type: 'head_wanted'; readonly userId: UserId };

/** A traced envelope at its actor: the whole of its time there, and the part of it in the mailbox. */
export interface Arrival {
  readonly span: Span;
  readonly mailbox: Span;
}

/** To the node that owns `actor`'s shard. */
export type ActorEnvelope =
  | {
      readonly type: 'ask';
      readonly actor: ActorId;
      readonly question: Question;
      readonly replyTo: string;
      readonly correlation: number;
      /** How long the asker waits, milliseconds from when it was sent. */
      readonly budgetMs: number;
      /** Of a sampled request: the span that it comes from. */
      readonly trace?: TraceContext | undefined;
      /** Set where it has come, and nowhere else. */
      readonly arrival?: Arrival | undefined;
    }
  | {
      readonly type: 'tell';
      readonly actor: ActorId;
      readonly notice: Notice;
      /** Dropped when the actor is not active. */
      readonly onlyIfActive: boolean;
      /** Of a `deliver` whose event is traced, where it has come. */
      readonly arrival?: Arrival | undefined;
    };

/** To a gateway (or any asker). */
export type EdgeEnvelope =
  | { readonly type: 'answer'; readonly correlation: number; readonly answer: ActorAnswer }
  | {
      readonly type: 'refusal';
      readonly correlation: number;
      readonly error: ErrorName;
      readonly sentence: string;
      readonly retryAfterMs: number;
    }
  /** Inbox entries for a session, in order. Follows `after`: a gateway that has not put that drops it and confirms. */
  | {
      readonly type: 'push';
      readonly sessionId: string;
      readonly epoch: Epoch;
      readonly afterSeq: number;
      /**
       * Where this owner took the session over. A gateway that has put rows of an earlier owner above it takes no push
       * that follows on those: the numbers are the same, the rows may not be.
       */
      readonly sharedUpTo: number;
      /** The first position that this owner assigned, where the session began at or above it; else 0. */
      readonly ownFrom: number;
      readonly items: readonly Delivery[];
      /** Confirm as soon as the socket has taken it: more is waiting. */
      readonly confirmNow: boolean;
    }
  | { readonly type: 'session_event'; readonly sessionId: string; readonly event: SessionEvent }
  /** The session's interest in fan-out channels changes. */
  | {
      readonly type: 'fanout_interest';
      readonly sessionId: string;
      readonly add: readonly ChannelId[];
      /** Of each of these the newest seq that the user's inbox holds. */
      readonly seqs: readonly number[];
      readonly remove: readonly ChannelId[];
    }
  | {
      readonly type: 'session_end';
      readonly sessionId: string;
      readonly reason: 'session_revoked' | 'owner_changed' | 'session_superseded';
    }
  /** A new activation has taken the session over: it does not know whom the session watches. */
  | { readonly type: 'session_adopted'; readonly sessionId: string }
  /** On the channel's fan-out subject. */
  | { readonly type: 'fanout'; readonly events: FanoutEvents };

export interface ShardTerm {
  readonly shard: number;
  readonly term: number;
}

/** A row of the store that names nobody: whoever is given the shard claims it from here without reading it. */
export interface ReleasedShard extends ShardTerm {
  readonly idFloorMs: number;
}

/** Between the processes of a cluster, about who owns what. All of it may be lost: it is said again. */
export type ClusterEnvelope =
  /** On CLUSTER_SUBJECT, by every node about twice a second. */
  | {
      readonly type: 'heartbeat';
      readonly incarnation: string;
      /** Whether it has heard from the store lately. */
      readonly storeReachable: boolean;
      /** It lists what it owns when somebody may have missed it: how many shards. */
      readonly ownedShards: number;
    }
  /** On CLUSTER_SUBJECT: `incarnation` owns these shards now. The highest term wins. */
  | { readonly type: 'owner'; readonly incarnation: string; readonly shards: readonly ShardTerm[] }
  /** To a node that may own these shards: whoever asks has been given them. */
  | { readonly type: 'release_request'; readonly incarnation: string; readonly shards: readonly number[] }
  /** To the one who asked: nobody owns these shards, at these terms. */
  | { readonly type: 'released'; readonly shards: readonly ReleasedShard[] };

/** Between the admin service (and, of logouts, the API) and every process: on OPERATIONS_SUBJECT to all, on operationsSubject to one. Events: on EVENTS_SUBJECT. */
export type OperationsEnvelope =
  | {
      readonly type: 'operations_ask';
      /** '' = nobody waits for an answer, and none is sent. */
      readonly replyTo: string;
      readonly correlation: number;
      readonly question: OperationsQuestion;
    }
  | {
      readonly type: 'operations_answer';
      readonly correlation: number;
      readonly incarnation: string;
      readonly answer: OperationsAnswer;
    }
  | {
      readonly type: 'operations_refusal';
      readonly correlation: number;
      readonly incarnation: string;
      readonly error: ErrorName;
      readonly sentence: string;
    }
  | { readonly type: 'operations_event'; readonly event: OperationsEvent }
  /** To all: this process has stopped, and left nothing undone. */
  | { readonly type: 'operations_farewell'; readonly incarnation: string };

/** From a user actor to the push role. All of it may be lost: a job is told again until it is done. */
export type PushEnvelope =
  | { readonly type: 'push_job'; readonly job: PushJob }
  | { readonly type: 'push_read'; readonly job: PushRead };

export type BusEnvelope = ActorEnvelope | EdgeEnvelope | ClusterEnvelope | OperationsEnvelope | PushEnvelope;

export const isActorEnvelope = (envelope: BusEnvelope): envelope is ActorEnvelope =>
  envelope.type === 'ask' || envelope.type === 'tell';

const CLUSTER_TYPES: ReadonlySet<string> = new Set<ClusterEnvelope['type']>([
  'heartbeat',
  'owner',
  'release_request',
  'released',
]);

export const isClusterEnvelope = (envelope: BusEnvelope): envelope is ClusterEnvelope =>
  CLUSTER_TYPES.has(envelope.type);

const OPERATIONS_TYPES: ReadonlySet<string> = new Set<OperationsEnvelope['type']>([
  'operations_ask',
  'operations_answer',
  'operations_refusal',
  'operations_event',
  'operations_farewell',
]);

export const isOperationsEnvelope = (envelope: BusEnvelope): envelope is OperationsEnvelope =>
  OPERATIONS_TYPES.has(envelope.type);

export const isEdgeEnvelope = (envelope: BusEnvelope): envelope is EdgeEnvelope =>
  !isActorEnvelope(envelope) &&
  !isClusterEnvelope(envelope) &&
  !isOperationsEnvelope(envelope) &&
  !isPushEnvelope(envelope);

export const isPushEnvelope = (envelope: BusEnvelope): envelope is PushEnvelope =>
  envelope.type === 'push_job' || envelope.type === 'push_read';
