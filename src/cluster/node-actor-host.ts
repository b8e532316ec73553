/** What a node gives its actors. What they tell each other within the node passes no bus. */
import type { ActorContext } from '../actors/runtime/actor.js';
import type { Bus } from '../core/bus.js';
import type { Clock } from '../core/clock.js';
import { ParleyError, toParleyError } from '../core/errors.js';
import { type ActorId, type ChannelId, channelActor, shardOf, type UserId, userOf } from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import type { MessageId } from '../core/message-id.js';
import type { PeopleDirectory } from '../core/people.js';
import { Slots } from '../core/slots.js';
import { SpareTime } from '../core/spare-time.js';
import type { MessageStore } from '../core/store.js';
import type {
  ActorAnswer,
  ActorEnvelope,
  BusEnvelope,
  EdgeEnvelope,
  Notice,
  PushEnvelope,
  Question,
} from '../protocol/bus-messages.js';
import { fanoutSubject } from '../protocol/bus-subjects.js';
import type { FanoutEvents } from '../protocol/frames.js';
import { readSearchGeneration } from '../search/generation.js';
import { activeEntry, inactiveEntry } from './active-set.js';
import type { ActorHost, Ask } from './actor-host.js';
import { left } from './arrivals.js';
import type { Committer } from './committer.js';
import { type Confirmation, Confirmations } from './confirmations.js';
import { EdgeLink, nodeSubject } from './edge-link.js';
import type { IdIndex } from './id-index.js';
import { type LogEntry, OwnedLog, type OwnedLogDeps } from './owned-log.js';
import { RecentBudget } from './recent-events.js';
import type { Routes } from './routes.js';
import type { ShardTable } from './shard-table.js';

/** Search indexes that are written at once: enough that the store's latency is not what limits them. */
const INDEXING_AT_ONCE = 4;

export interface NodeActorHostDeps {
  readonly incarnation: string;
  readonly store: MessageStore;
  readonly committer: Committer;
  readonly idIndex: IdIndex;
  readonly shards: ShardTable;
  readonly bus: Bus<BusEnvelope>;
  readonly routes: Routes;
  readonly people: PeopleDirectory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pushSubjectOf?: (userId: UserId) => string | undefined;
  readonly departed?: { has(address: string): boolean };
  /** To an actor of a shard that this node owns. */
  readonly deliver: (envelope: ActorEnvelope) => void;
}

export class NodeActorHost implements ActorHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: MessageStore;
  readonly people: PeopleDirectory;
  readonly committer: Committer;
  readonly idIndex: IdIndex;
  readonly recent = new RecentBudget(LIMITS.recentTotalBytesMax);
  readonly indexing = new Slots(INDEXING_AT_ONCE);
  readonly spareTime: SpareTime;
  readonly activeEntry = activeEntry;
  readonly inactiveEntry = inactiveEntry;
  private readonly deps: NodeActorHostDeps;
  private readonly channelDeps: OwnedLogDeps;
  private readonly inboxDeps: OwnedLogDeps;
  private readonly confirmations: Confirmations;
  /** What its actors ask of each other. */
  private readonly questions: EdgeLink;
  private generation = 0;

  constructor(deps: NodeActorHostDeps) {
    const { clock, logger, store, people, committer, idIndex } = deps;
    this.deps = deps;
    this.clock = clock;
    this.logger = logger;
    this.store = store;
    this.people = people;
    this.committer = committer;
    this.idIndex = idIndex;
    this.spareTime = new SpareTime(clock);
    this.channelDeps = { store, committer, openPositionsMax: LIMITS.openPositionsMax };
    // Of an inbox's row nobody waits for the commit: it is confirmed to its channel a while later, at any rate.
    this.inboxDeps = { ...this.channelDeps, patient: true };
    this.confirmations = new Confirmations(clock, ({ channelId, userId, seq }) => {
      this.tell(channelActor(channelId), { type: 'confirm', userId, seq, lacking: false });
    });
    this.questions = new EdgeLink(deps.bus, deps.routes, clock, `${deps.incarnation}-actors`);
  }

  /** What it holds of the store, before the first actor is activated. May be repeated. */
  async load(): Promise<void> {
    this.generation = await readSearchGeneration(this.store);
  }

  /** Before the first actor is activated. */
  async start(): Promise<void> {
    await this.questions.start();
  }

  /** Sends the confirmations that are held back. */
  flush(): void {
    this.confirmations.flush();
  }

  /** After the last actor has ended. */
  stop(): void {
    this.questions.stop();
  }

  get searchGeneration(): number {
    return this.generation;
  }

  openLog(context: ActorContext, headHint: number, replay: (entry: LogEntry) => void): Promise<OwnedLog> {
    const deps = userOf(context.id) === undefined ? this.channelDeps : this.inboxDeps;
    return OwnedLog.activate(deps, context.id, context.epoch, headHint, replay);
  }

  nextMessageId(actor: ActorId, last: MessageId | undefined): MessageId | undefined {
    const ids = this.deps.shards.idsOf(actor);
    if (ids === undefined) throw new ParleyError('not_owner');
    return ids.next(last);
  }

  messageIdsReady(actor: ActorId): Promise<void> | undefined {
    return this.deps.shards.idsOf(actor)?.wait();
  }

  answer(ask: Ask, answer: ActorAnswer): void {
    ask.arrival?.span.end();
    const refusal = this.publish(ask.replyTo, { type: 'answer', correlation: ask.correlation, answer });
    // An answer that no bus can carry: whoever asks again would wait in vain again.
    if (refusal?.retry === 'never') this.refuse(ask, refusal);
  }

  refuse(ask: Ask, error: ParleyError): void {
    ask.arrival?.span.end({ error: error.kind });
    if (error.kind === 'internal') this.logger.error({ actor: ask.actor, err: error }, 'a question failed');
    this.push(ask.replyTo, {
      type: 'refusal',
      correlation: ask.correlation,
      error: error.kind,
      sentence: error.message,
      retryAfterMs: error.retryAfterMs,
    });
  }

  forward(ask: Ask, to: ActorId, question: Ask['question']): void {
    this.route({ ...left(ask), actor: to, question });
  }

  ask(actor: ActorId, question: Question, budgetMs?: number): Promise<ActorAnswer> {
    return this.questions.ask(actor, question, budgetMs);
  }

  tell(actor: ActorId, notice: Notice, onlyIfActive = false): void {
    this.route({ type: 'tell', actor, notice, onlyIfActive });
  }

  push(address: string, envelope: EdgeEnvelope): void {
    this.publish(address, envelope);
  }

  hasDeparted(address: string): boolean {
    return this.deps.departed?.has(address) ?? false;
  }

  toPushRole(envelope: PushEnvelope): void {
    const subject = this.deps.pushSubjectOf?.(envelope.job.userId);
    if (subject !== undefined) this.publish(subject, envelope);
  }

  publishFanout(events: FanoutEvents): void {
    this.publish(fanoutSubject(events.channelId), { type: 'fanout', events });
  }

  confirm(confirmation: Confirmation, seq: number): void {
    this.confirmations.add(confirmation, seq);
  }

  lacking(channelId: ChannelId, userId: UserId, seq: number): void {
    this.tell(channelActor(channelId), { type: 'confirm', userId, seq, lacking: true });
  }

  /** To an actor here without the bus, else to its owner. */
  private route(envelope: ActorEnvelope): void {
    const shard = shardOf(envelope.actor);
    if (this.deps.shards.termOf(shard) !== undefined) {
      this.deps.deliver(envelope);
      return;
    }
    const owner = this.deps.routes.ownerOf(shard);
    if (owner !== undefined) this.publish(nodeSubject(owner), envelope);
    else if (envelope.type === 'ask') this.refuse(envelope, new ParleyError('not_owner'));
  }

  /** What the bus does not take is lost like anything on it: its sender sends again. */
  private publish(subject: string, envelope: BusEnvelope): ParleyError | undefined {
    try {
      this.deps.bus.publish(subject, [envelope]);
      return undefined;
    } catch (error) {
      this.logger.warn({ subject, err: error }, 'the bus took nothing');
      return toParleyError(error);
    }
  }
}
