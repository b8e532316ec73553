/**
 * A node: the actors of the shards it owns, and everything they are given. Takes envelopes from the bus, answers through
 * it; what belongs to another owner is refused with `not_owner`, so that the asker looks again.
 */
import type { Activate, ActorContext } from '../actors/runtime/actor.js';
import { ActorSystem } from '../actors/runtime/actor-system.js';
import type { Bus } from '../core/bus.js';
import { type Clock, sleep } from '../core/clock.js';
import { ParleyError, toParleyError } from '../core/errors.js';
import type { TellHappening } from '../core/happenings.js';
import { type ActorId, type ChannelId, channelActor, shardOf, type UserId } from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import type { MessageId } from '../core/message-id.js';
import type { Metrics } from '../core/metrics.js';
import type { PeopleDirectory } from '../core/people.js';
import { Slots } from '../core/slots.js';
import type { MessageStore, Storage } from '../core/store.js';
import { noTracing, type Tracing } from '../core/trace.js';
import {
  type ActorAnswer,
  type ActorEnvelope,
  type BusEnvelope,
  type EdgeEnvelope,
  isClusterEnvelope,
  type Notice,
  type PushEnvelope,
  type Question,
} from '../protocol/bus-messages.js';
import { fanoutSubject } from '../protocol/bus-subjects.js';
import type { FanoutEvents } from '../protocol/frames.js';
import { readSearchGeneration } from '../search/generation.js';
import { activeEntry, inactiveEntry } from './active-set.js';
import type { ActorHost, Ask } from './actor-host.js';
import { arrived, left } from './arrivals.js';
import { Committer } from './committer.js';
import { confirmationWanted } from './confirmation-wanted.js';
import { type Confirmation, Confirmations } from './confirmations.js';
import { EdgeLink, nodeSubject } from './edge-link.js';
import { IdIndex } from './id-index.js';
import { nodeOperations } from './operations/node-operations.js';
import type { NodeOperations } from './operations/process-operations.js';
import { type LogEntry, OwnedLog, type OwnedLogDeps } from './owned-log.js';
import type { Ownership } from './ownership/ownership.js';
import { RecentBudget } from './recent-events.js';
import type { Routes } from './routes.js';
import { ShardActors } from './shard-actors.js';
import type { ShardTable } from './shard-table.js';

/** For the index of message ids to be written down at the end, milliseconds; what is not is put in again from the log. */
const INDEX_CLOSE_MS = 1_000;

/** After which a gateway is asked for what it said of a session, where that could not be taken, milliseconds. */
const ASK_AGAIN_MS = 5_000;

/** Search indexes that are written at once: enough that the store's latency is not what limits them. */
const INDEXING_AT_ONCE = 4;

export interface ChatNodeDeps {
  readonly incarnation: string;
  readonly storage: Storage;
  /** How it comes to own shards: soleOwnership, or clusterOwnership. */
  readonly ownership: Ownership;
  readonly bus: Bus<BusEnvelope>;
  readonly routes: Routes;
  readonly people: PeopleDirectory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tracing?: Tracing;
  /** Builds an actor; given here, since the runtime knows no chat. */
  readonly activate: (host: ActorHost) => Activate<ActorEnvelope>;
  /** The bus subject of the process of the push role that serves a user; undefined while there is none. */
  readonly pushSubjectOf?: (userId: UserId) => string | undefined;
  /** Tells operators. */
  readonly happened?: TellHappening;
  /** The addresses of processes that are registered no more; none where nothing registers. */
  readonly departed?: { has(address: string): boolean };
  /** Flushes under way at once. Default 1: the store has one writer. */
  readonly flushesMax?: number;
  /** While one is under way, the next begins no sooner than so long after it, milliseconds. Default 0. */
  readonly flushEveryMs?: number;
  /** Commits that one flush takes at most. Default: the committer's. */
  readonly flushCommitsMax?: number;
  /** Ownership is lost: the process must end, acknowledging nothing more. */
  readonly onFenced: () => void;
}

export class ChatNode implements ActorHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: MessageStore;
  readonly people: PeopleDirectory;
  readonly committer: Committer;
  readonly idIndex: IdIndex;
  readonly recent = new RecentBudget(LIMITS.recentTotalBytesMax);
  readonly indexing = new Slots(INDEXING_AT_ONCE);
  readonly activeEntry = activeEntry;
  readonly inactiveEntry = inactiveEntry;
  private readonly deps: ChatNodeDeps;
  private readonly tracing: Tracing;
  private readonly channelDeps: OwnedLogDeps;
  private readonly inboxDeps: OwnedLogDeps;
  private readonly shards: ShardTable;
  private readonly system: ActorSystem<ActorEnvelope>;
  private readonly confirmations: Confirmations;
  /** What its actors ask of each other. */
  private readonly questions: EdgeLink;
  private generation = 0;

  constructor(deps: ChatNodeDeps) {
    const { clock, logger, storage, incarnation } = deps;
    this.deps = deps;
    this.tracing = deps.tracing ?? noTracing;
    this.clock = clock;
    this.logger = logger;
    this.store = storage.messages;
    this.people = deps.people;
    this.shards = deps.ownership.shards;
    const { flushesMax = 1, flushEveryMs = 0, flushCommitsMax } = deps;
    this.committer = new Committer({
      storage,
      incarnation,
      clock,
      logger,
      metrics: deps.metrics,
      flushesMax,
      flushEveryMs,
      ...(flushCommitsMax === undefined ? {} : { flushCommitsMax }),
      onFenced: () => {
        deps.happened?.('fenced', incarnation, 'A read of its fence was refused: it owns nothing any more, and ends.');
        deps.onFenced();
      },
    });
    const { store, committer } = this;
    this.channelDeps = { store, committer, openPositionsMax: LIMITS.openPositionsMax };
    // Of an inbox's row nobody waits for the commit: it is confirmed to its channel a while later, at any rate.
    this.inboxDeps = { ...this.channelDeps, patient: true };
    this.idIndex = new IdIndex({
      ...{ store: this.store, clock, logger },
      termOf: (shard) => this.shards.termOf(shard),
      writeBehind: (writes) => this.committer.commit(writes, { patient: true }),
    });
    this.confirmations = new Confirmations(clock, ({ channelId, userId, seq }) => {
      this.tell(channelActor(channelId), { type: 'confirm', userId, seq, lacking: false });
    });
    this.questions = new EdgeLink(deps.bus, deps.routes, clock, `${incarnation}-actors`);
    this.system = new ActorSystem({
      clock,
      logger,
      activate: deps.activate(this),
      nextEpoch: (id) => this.shards.nextEpoch(id),
      isOwned: (id, { term }) => this.shards.termOf(shardOf(id)) === term,
      refuse: (id, envelope, error) => this.refuseEnvelope(id, envelope, error),
      onCrash: (id, { kind }) =>
        deps.happened?.('actor_crashed', id, `It ended by an error (${kind}), and starts again.`),
      mailboxMessagesMax: LIMITS.mailboxMessagesMax,
      activationsInFlightMax: LIMITS.activationsInFlightMax,
      groupOf: shardOf,
      idleMs: (id) => (id.startsWith('user:') ? LIMITS.userIdleMs : LIMITS.channelIdleMs),
    });
    this.measure();
  }

  get operations(): NodeOperations {
    const { system, shards, committer, idIndex, store } = this;
    return nodeOperations({ system, shards, committer, idIndex, store });
  }

  /** Listens on the bus and begins to own. Embedded: resolves when everything is owned, and those who owed work are awake. */
  async start(): Promise<void> {
    await this.deps.bus.subscribe(nodeSubject(this.deps.incarnation), (envelopes) => this.receive(envelopes));
    await this.questions.start();
    this.generation = await readSearchGeneration(this.store);
    const { system, shards, store, committer, idIndex, clock, logger } = this;
    await this.deps.ownership.start(new ShardActors({ system, shards, store, committer, idIndex, clock, logger }));
  }

  /** Parts with its shards, takes nothing more and writes down what the actors hold. */
  async drain(deadlineMs: number): Promise<void> {
    const end = this.clock.monotonic() + deadlineMs;
    this.confirmations.flush();
    await this.deps.ownership.drain(deadlineMs);
    await this.system.drain(Math.max(0, end - this.clock.monotonic()));
    this.questions.stop();
    const closed = this.idIndex.close().catch((err: unknown) => this.logger.warn({ err }, 'the index of message ids'));
    await Promise.race([closed, sleep(this.clock, Math.max(INDEX_CLOSE_MS, end - this.clock.monotonic()))]);
  }

  private receive(envelopes: readonly BusEnvelope[]): void {
    for (const envelope of envelopes) {
      if (envelope.type === 'ask' || envelope.type === 'tell') this.deliver(envelope);
      else if (isClusterEnvelope(envelope)) this.deps.ownership.receive(envelope);
    }
  }

  private deliver(envelope: ActorEnvelope): void {
    if (envelope.type === 'tell' && envelope.onlyIfActive && !this.system.isActive(envelope.actor)) return;
    this.system.deliver(envelope.actor, arrived(this.tracing, envelope));
  }

  private refuseEnvelope(actor: ActorId, envelope: ActorEnvelope, cause: ParleyError): void {
    const shard = shardOf(actor);
    // A node that stops has parted with its shards: somebody else can answer.
    const moved = cause.kind === 'draining' && this.shards.termOf(shard) === undefined;
    const error = moved ? new ParleyError('not_owner') : cause;
    if (error.kind === 'not_owner') this.deps.ownership.wanted(shard);
    if (envelope.type === 'ask') this.refuse(envelope, error);
    else this.drop(actor, envelope.notice, error);
  }

  /** A gateway says once where a session stands; of a new owner of the shard it hears by itself. */
  private drop(actor: ActorId, notice: Notice, { kind }: ParleyError): void {
    this.logger.debug({ actor, notice: notice.type, kind }, 'a notice was dropped');
    if (notice.type !== 'session_confirm' || kind === 'not_owner' || kind === 'draining') return;
    const { gateway, confirmation } = notice;
    this.clock.after(ASK_AGAIN_MS, () => this.push(gateway, confirmationWanted(confirmation.sessionId)));
  }

  private measure(): void {
    const { metrics } = this.deps;
    metrics.gauge('parley_actors_active', 'Actors in memory', () => this.system.activeCount);
    metrics.gauge('parley_mailbox_messages', 'Messages waiting in mailboxes', () => this.system.queuedMessages);
    const { counts } = this.system;
    metrics.total('parley_actor_activations_total', 'Activations of actors', () => counts.activations);
    metrics.total('parley_actor_crashes_total', 'Activations that ended by an error', () => counts.crashes);
    metrics.gauge('parley_actor_activations_in_flight', 'Activations under way', () => this.system.activationsInFlight);
    metrics.gauge('parley_channels_unsettled', 'Channels with writes under way or events that inboxes lack', () =>
      this.system.busyCount((id) => id.startsWith('channel:')),
    );
    metrics.gauge('parley_recent_bytes', 'Bytes of recent events in memory', () => this.recent.bytesUsed);
    metrics.total('parley_recent_hits_total', 'Reads served from memory', () => this.recent.hits);
    metrics.total('parley_recent_misses_total', 'Reads served from the store', () => this.recent.misses);
    metrics.total('parley_store_flushes_total', 'Group commits', () => this.committer.counts.flushes);
    metrics.total('parley_store_writes_total', 'Rows and records written', () => this.committer.counts.writes);
    metrics.total('parley_fence_reads_total', 'Reads of the own fence row', () => this.committer.counts.fenceReads);
  }

  // ---- ActorHost -------------------------------------------------------------------------------------------------

  openLog(context: ActorContext, headHint: number, replay: (entry: LogEntry) => void): Promise<OwnedLog> {
    const deps = context.id.startsWith('user:') ? this.inboxDeps : this.channelDeps;
    return OwnedLog.activate(deps, context.id, context.epoch, headHint, replay);
  }

  nextMessageId(actor: ActorId, last: MessageId | undefined): MessageId | undefined {
    const ids = this.shards.idsOf(actor);
    if (ids === undefined) throw new ParleyError('not_owner');
    return ids.next(last);
  }

  messageIdsReady(actor: ActorId): Promise<void> | undefined {
    return this.shards.idsOf(actor)?.wait();
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

  get searchGeneration(): number {
    return this.generation;
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
    if (this.shards.termOf(shard) !== undefined) {
      this.deliver(envelope);
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
