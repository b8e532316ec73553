import type { ActorContext } from '../actors/runtime/actor.js';
import type { Clock } from '../core/clock.js';
import type { ParleyError } from '../core/errors.js';
import type { ActorId, ChannelId, UserId } from '../core/ids.js';
import type { Logger } from '../core/logger.js';
import type { MessageId } from '../core/message-id.js';
import type { PeopleDirectory } from '../core/people.js';
import type { Slots } from '../core/slots.js';
import type { SpareTime } from '../core/spare-time.js';
import type { MessageStore, StoreWrite } from '../core/store.js';
import type {
  ActorAnswer,
  ActorEnvelope,
  EdgeEnvelope,
  Notice,
  PushEnvelope,
  Question,
} from '../protocol/bus-messages.js';
import type { FanoutEvents } from '../protocol/frames.js';
import type { Committer } from './committer.js';
import type { Confirmation } from './confirmations.js';
import type { IdIndex } from './id-index.js';
import type { LogEntry, OwnedLog } from './owned-log.js';
import type { RecentBudget } from './recent-events.js';

export type Ask = Extract<ActorEnvelope, { type: 'ask' }>;

/** An actor's own log, the ids of what it appends, and its place in the active set. */
export interface ActorLogs {
  /** Takes the actor's log over; see OwnedLog.activate. */
  openLog(context: ActorContext, headHint: number, replay: (entry: LogEntry) => void): Promise<OwnedLog>;
  /** A message id above `last`; undefined while the shard's id floor is being raised. */
  nextMessageId(actor: ActorId, last: MessageId | undefined): MessageId | undefined;
  /** Undefined when `nextMessageId` has one; else resolves once it should: after a rest the floor must be raised first. */
  messageIdsReady(actor: ActorId): Promise<void> | undefined;
  /** The entry that lists an actor as owing work, and the one that takes it off the list. */
  activeEntry(context: ActorContext, counter: number): StoreWrite;
  inactiveEntry(context: ActorContext, counter: number): StoreWrite;
}

/** What passes between actors, and between an actor and whoever asked it. What is only told may be lost, or come twice. */
export interface ActorMail {
  /** Asks another actor, wherever it is; see ActorClient.ask. An actor must not wait for it in `receive`. */
  ask(actor: ActorId, question: Question, budgetMs?: number): Promise<ActorAnswer>;
  tell(actor: ActorId, notice: Notice, onlyIfActive?: boolean): void;
  /** Answers a question; a late or lost answer is the asker's time-out. */
  answer(ask: Ask, answer: ActorAnswer): void;
  refuse(ask: Ask, error: ParleyError): void;
  /** Passes a question on: the next actor answers it. */
  forward(ask: Ask, to: ActorId, question: Ask['question']): void;
  /** Tells the channel that the user's inbox holds it up to `seq`; held back a little and cumulated. */
  confirm(confirmation: Confirmation, seq: number): void;
  /** The same at once, when something before what came is missing. */
  lacking(channelId: ChannelId, userId: UserId, seq: number): void;
}

/** What leaves for processes without actors. All of it may be lost. */
export interface Outward {
  /** To a gateway's address. */
  push(address: string, envelope: EdgeEnvelope): void;
  /** Whether the gateway at this address is registered no more: dead, or cut off from the registry alone. */
  hasDeparted(address: string): boolean;
  /** To every gateway that has subscribed to the channel. */
  publishFanout(events: FanoutEvents): void;
  /** To the process of the push role that serves this user, if there is one. */
  toPushRole(envelope: PushEnvelope): void;
}

/** What a node gives its actors: everything outside their own state. */
export interface ActorHost extends ActorLogs, ActorMail, Outward {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: MessageStore;
  readonly committer: Committer;
  readonly people: PeopleDirectory;
  readonly idIndex: IdIndex;
  readonly recent: RecentBudget;
  /** Channels take turns here to write their search indexes: what many of them collect at once would fill the memory. */
  readonly indexing: Slots;
  readonly spareTime: SpareTime;
  /** Search indexes of another generation are built anew. */
  readonly searchGeneration: number;
}
