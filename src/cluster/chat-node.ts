/**
 * A node: the actors of the shards it owns. Takes envelopes from the bus and hands them to the actors; what belongs to
 * another owner is refused with `not_owner`, so that the asker looks again.
 */
import type { Activate } from '../actors/runtime/actor.js';
import { ActorSystem } from '../actors/runtime/actor-system.js';
import type { Bus } from '../core/bus.js';
import { type Clock, sleep } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import type { TellHappening } from '../core/happenings.js';
import { type ActorId, channelOf, shardOf, type UserId, userOf } from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import type { Metrics } from '../core/metrics.js';
import type { PeopleDirectory } from '../core/people.js';
import type { Storage } from '../core/store.js';
import { noTracing, type Tracing } from '../core/trace.js';
import { type ActorEnvelope, type BusEnvelope, isClusterEnvelope, type Notice } from '../protocol/bus-messages.js';
import type { ActorHost } from './actor-host.js';
import { arrived } from './arrivals.js';
import { Committer, type FlushOptions } from './committer.js';
import { confirmationWanted } from './confirmation-wanted.js';
import { nodeSubject } from './edge-link.js';
import { IdIndex } from './id-index.js';
import { NodeActorHost } from './node-actor-host.js';
import { nodeOperations } from './operations/node-operations.js';
import type { NodeOperations } from './operations/process-operations.js';
import type { Ownership } from './ownership/ownership.js';
import type { Routes } from './routes.js';
import { ShardActors } from './shard-actors.js';
import type { ShardTable } from './shard-table.js';

/** For the index of message ids to be written down at the end, milliseconds; what is not is put in again from the log. */
const INDEX_CLOSE_MS = 1_000;

/** After which a gateway is asked for what it said of a session, where that could not be taken, milliseconds. */
const ASK_AGAIN_MS = 5_000;

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
  /** Default: one flush at a time, each as soon as the one before it has ended. */
  readonly flushing?: FlushOptions;
  /** Repeats what the start reads of the store. Default: one attempt. */
  readonly patiently?: (attempt: () => Promise<void>) => Promise<void>;
  /** Ownership is lost: the process must end, acknowledging nothing more. */
  readonly onFenced: () => void;
}

export class ChatNode {
  /** What its actors are given. */
  readonly host: NodeActorHost;
  private readonly deps: ChatNodeDeps;
  private readonly tracing: Tracing;
  private readonly committer: Committer;
  private readonly idIndex: IdIndex;
  private readonly shards: ShardTable;
  private readonly system: ActorSystem<ActorEnvelope>;

  constructor(deps: ChatNodeDeps) {
    const { clock, logger, storage } = deps;
    this.deps = deps;
    this.tracing = deps.tracing ?? noTracing;
    this.shards = deps.ownership.shards;
    this.committer = committerOf(deps);
    this.idIndex = new IdIndex({
      ...{ store: storage.messages, clock, logger },
      termOf: (shard) => this.shards.termOf(shard),
      writeBehind: (writes) => this.committer.commit(writes, { patient: true }),
    });
    const { shards, committer, idIndex } = this;
    this.host = new NodeActorHost({
      ...deps,
      ...{ store: storage.messages, shards, committer, idIndex },
      deliver: (envelope) => this.deliver(envelope),
    });
    this.system = new ActorSystem({
      clock,
      logger,
      activate: deps.activate(this.host),
      nextEpoch: (id) => this.shards.nextEpoch(id),
      isOwned: (id, { term }) => this.shards.termOf(shardOf(id)) === term,
      refuse: (id, envelope, error) => this.refuseEnvelope(id, envelope, error),
      onCrash: (id, { kind }) =>
        deps.happened?.('actor_crashed', id, `It ended by an error (${kind}), and starts again.`),
      mailboxMessagesMax: LIMITS.mailboxMessagesMax,
      activationsInFlightMax: LIMITS.activationsInFlightMax,
      groupOf: shardOf,
      idleMs: (id) => (userOf(id) === undefined ? LIMITS.channelIdleMs : LIMITS.userIdleMs),
    });
    this.measure();
  }

  get operations(): NodeOperations {
    const { system, shards, committer, idIndex } = this;
    return nodeOperations({ system, shards, committer, idIndex, store: this.host.store });
  }

  /** Listens on the bus and begins to own. Embedded: resolves when everything is owned, and those who owed work are awake. */
  async start(): Promise<void> {
    const { bus, incarnation, ownership, patiently = (attempt) => attempt() } = this.deps;
    await bus.subscribe(nodeSubject(incarnation), (envelopes) => this.receive(envelopes));
    await patiently(() => this.host.load());
    await this.host.start();
    const { system, shards, committer, idIndex } = this;
    const { store, clock, logger } = this.host;
    await ownership.start(new ShardActors({ system, shards, store, committer, idIndex, clock, logger }));
  }

  /** Parts with its shards, takes nothing more and writes down what the actors hold. */
  async drain(deadlineMs: number): Promise<void> {
    const { clock, logger } = this.deps;
    const end = clock.monotonic() + deadlineMs;
    this.host.flush();
    await this.deps.ownership.drain(deadlineMs);
    this.committer.hurry();
    await this.system.drain(Math.max(0, end - clock.monotonic()));
    this.host.stop();
    const closed = this.idIndex.close().catch((err: unknown) => logger.warn({ err }, 'the index of message ids'));
    await Promise.race([closed, sleep(clock, Math.max(INDEX_CLOSE_MS, end - clock.monotonic()))]);
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
    if (envelope.type === 'ask') this.host.refuse(envelope, error);
    else this.drop(actor, envelope.notice, error);
  }

  /** A gateway says once where a session stands; of a new owner of the shard it hears by itself. */
  private drop(actor: ActorId, notice: Notice, { kind }: ParleyError): void {
    this.deps.logger.debug({ actor, notice: notice.type, kind }, 'a notice was dropped');
    if (notice.type !== 'session_confirm' || kind === 'not_owner' || kind === 'draining') return;
    const { gateway, confirmation } = notice;
    this.deps.clock.after(ASK_AGAIN_MS, () => this.host.push(gateway, confirmationWanted(confirmation.sessionId)));
  }

  private measure(): void {
    const { metrics } = this.deps;
    const { recent } = this.host;
    metrics.gauge('parley_actors_active', 'Actors in memory', () => this.system.activeCount);
    metrics.gauge('parley_mailbox_messages', 'Messages waiting in mailboxes', () => this.system.queuedMessages);
    const { counts } = this.system;
    metrics.total('parley_actor_activations_total', 'Activations of actors', () => counts.activations);
    metrics.total('parley_actor_crashes_total', 'Activations that ended by an error', () => counts.crashes);
    metrics.gauge('parley_actor_activations_in_flight', 'Activations under way', () => this.system.activationsInFlight);
    metrics.gauge('parley_channels_unsettled', 'Channels with writes under way or events that inboxes lack', () =>
      this.system.busyCount((id) => channelOf(id) !== undefined),
    );
    metrics.gauge('parley_recent_bytes', 'Bytes of recent events in memory', () => recent.bytesUsed);
    metrics.total('parley_recent_hits_total', 'Reads served from memory', () => recent.hits);
    metrics.total('parley_recent_misses_total', 'Reads served from the store', () => recent.misses);
    metrics.total('parley_store_flushes_total', 'Group commits', () => this.committer.counts.flushes);
    metrics.total('parley_store_writes_total', 'Rows and records written', () => this.committer.counts.writes);
    metrics.total('parley_fence_reads_total', 'Reads of the own fence row', () => this.committer.counts.fenceReads);
  }
}

function committerOf(deps: ChatNodeDeps): Committer {
  const { storage, incarnation, clock, logger, metrics, flushing = { flushesMax: 1 } } = deps;
  return new Committer({
    ...{ storage, incarnation, clock, logger, metrics, ...flushing },
    onFenced: () => {
      deps.happened?.('fenced', incarnation, 'A read of its fence was refused: it owns nothing any more, and ends.');
      deps.onFenced();
    },
  });
}
