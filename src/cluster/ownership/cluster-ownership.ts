/**
 * How a node of a cluster owns shards (docs/ARCHITECTURE.md, Ownership): it follows the map, which is a hint, and has the
 * store decide. Claims and releases are in claims.ts and releases.ts; here they are tied to the bus and to time.
 */
import type { Bus } from '../../core/bus.js';
import { type Clock, sleep } from '../../core/clock.js';
import { ParleyError, toParleyError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { Membership, PlacementBoard } from '../../core/membership.js';
import type { Counter, Metrics } from '../../core/metrics.js';
import type { Storage } from '../../core/store.js';
import type { BusEnvelope, ClusterEnvelope } from '../../protocol/bus-messages.js';
import { CLUSTER_SUBJECT } from '../../protocol/bus-subjects.js';
import type { OwnedTerm } from '../active-set.js';
import { nodeSubject } from '../edge-link.js';
import { HEARTBEAT_MS, Heartbeats, SILENCE_MS } from '../heartbeats.js';
import { ShardTable } from '../shard-table.js';
import { Announcer } from './announcer.js';
import { Claims } from './claims.js';
import { FenceWatch } from './fence-watch.js';
import type { OwnedActors, Ownership } from './ownership.js';
import { Releases } from './releases.js';

export interface ClusterOwnershipDeps {
  /** What the operator calls this process: an earlier run of the same name is known to be gone. */
  readonly name: string;
  /** Of two runs of one name the later has the greater one, as strings compare, as far as clocks can tell. */
  readonly incarnation: string;
  readonly storage: Storage;
  readonly bus: Bus<BusEnvelope>;
  readonly board: PlacementBoard;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Repeats what the start asks of the store. Default: one attempt. */
  readonly patiently?: (attempt: () => Promise<void>) => Promise<void>;
}

const DRAIN_POLL_MS = 20;
/** The part of a drain in which the coordinator moves the shards away; in the rest this node gives them up itself. */
const DRAIN_PATIENCE = 0.6;

/**
 * Takes part once `start` has been called, before or after the process joined. To be given nothing more, the process
 * reports `draining` before it calls `drain`, and leaves after it.
 */
export function clusterOwnership(deps: ClusterOwnershipDeps): Ownership {
  return new ClusterOwnership(deps);
}

class ClusterOwnership implements Ownership {
  readonly shards: ShardTable;
  private readonly deps: ClusterOwnershipDeps;
  private readonly heartbeats: Heartbeats;
  private readonly announcer: Announcer;
  private readonly claimedCount: Counter;
  private stops: (() => void)[] = [];
  private claims: Claims | undefined;
  private releases: Releases | undefined;

  constructor(deps: ClusterOwnershipDeps) {
    this.deps = deps;
    const { storage, incarnation, clock, metrics } = deps;
    this.shards = new ShardTable(storage.ownership, incarnation, clock);
    this.heartbeats = new Heartbeats(incarnation, clock);
    this.announcer = new Announcer(incarnation, this.shards, clock, (to, envelope) => this.publish(to, envelope));
    this.claimedCount = metrics.counter('parley_shards_claimed_total', 'Shards claimed');
    metrics.gauge('parley_shards_owned', 'Shards owned', () => this.shards.size);
  }

  async start(actors: OwnedActors): Promise<void> {
    const { incarnation, storage, clock, bus, board, membership } = this.deps;
    const { patiently = (attempt) => attempt() } = this.deps;
    const subscription = await bus.subscribe(CLUSTER_SUBJECT, (envelopes) => this.hear(envelopes));
    await patiently(() => this.fencePredecessors());
    await patiently(() => this.insertFence());
    const fenceWatch = new FenceWatch(storage.ownership, incarnation, clock, () => actors.fenced());
    const releases = this.buildReleases(actors);
    this.releases = releases;
    this.claims = this.buildClaims(actors, releases);
    fenceWatch.start();
    this.announcer.start(() => fenceWatch.storeReachable);
    this.stops = [
      () => fenceWatch.stop(),
      () => this.announcer.stop(),
      () => subscription.unsubscribe(),
      board.onPlacement(() => this.follow()),
      membership.onChange(() => this.announcer.repeatSoon()),
    ];
    this.follow();
  }

  async drain(deadlineMs: number): Promise<void> {
    const now = this.deps.clock.monotonic();
    this.claims?.stop();
    const others = (): number =>
      (this.deps.board.placement()?.nodes ?? []).filter((node) => node !== this.deps.incarnation).length;
    const empty = (): boolean => this.shards.size === 0 && (this.releases?.count ?? 0) === 0;
    await this.until(() => empty() || others() === 0, now + deadlineMs * DRAIN_PATIENCE);
    this.releases?.releaseAll();
    await this.until(empty, now + deadlineMs);
    for (const stop of this.stops) stop();
  }

  private async until(condition: () => boolean, endMs: number): Promise<void> {
    while (!condition() && this.deps.clock.monotonic() < endMs) await sleep(this.deps.clock, DRAIN_POLL_MS);
  }

  /**
   * Processes of the same name that were there before this one: an operator's name is given once. One that goes on saying
   * that it lives is another process, on another machine perhaps: that would end, be started again, and end this one. Of two
   * that start at once both are silent, and at least one sees the other, since each registers before it looks: the later
   * run fences the earlier, and never the other way round.
   */
  private async fencePredecessors(): Promise<void> {
    const { membership, name, incarnation, storage, clock, logger } = this.deps;
    const others = membership.processes().filter((other) => other.name === name && other.incarnation !== incarnation);
    if (others.length === 0) return;
    await sleep(clock, SILENCE_MS);
    const sinceMs = clock.monotonic() - 2 * HEARTBEAT_MS; // what was under way when a process ended has come by then
    const alive = others.find((other) => this.heartbeats.wasHeardSince(other.incarnation, sinceMs));
    if (alive !== undefined) {
      const sentence = `A node called ${name} runs already: give each process a name of its own (--name).`;
      throw new ParleyError('conflict', { sentence });
    }
    if (others.some((other) => other.incarnation > incarnation)) {
      // Until that is heard, or gone: it may also be the run before this one, by a clock that was ahead.
      const sentence = `A node called ${name} was started after this one, and is not heard yet.`;
      throw new ParleyError('unavailable', { sentence });
    }
    for (const other of others) {
      logger.info({ predecessor: other.incarnation }, 'the run before this one is fenced');
      await storage.ownership.fence(other.incarnation);
    }
  }

  /** In doubt, the row is read: nobody else inserts this incarnation. */
  private async insertFence(): Promise<void> {
    const { storage, incarnation } = this.deps;
    try {
      await storage.ownership.insertFence(incarnation);
    } catch (cause) {
      if ((await storage.ownership.readFence(incarnation)) !== 'live') throw toParleyError(cause);
    }
  }

  private buildReleases(actors: OwnedActors): Releases {
    const { incarnation, storage, clock, logger, metrics, board } = this.deps;
    return new Releases({
      ...{ incarnation, clock, logger, metrics, actors },
      ownership: storage.ownership,
      shards: this.shards,
      placement: () => board.placement(),
      tellReleased: (to, shards) => this.publish(nodeSubject(to), { type: 'released', shards }),
      done: () => this.claims?.wake(),
    });
  }

  private buildClaims(actors: OwnedActors, releases: Releases): Claims {
    const { incarnation, storage, clock, logger, board } = this.deps;
    return new Claims({
      ...{ incarnation, clock, logger },
      ownership: storage.ownership,
      shards: this.shards,
      placement: () => board.placement(),
      isUnhealthy: (other) => this.heartbeats.isUnhealthy(other),
      mayClaim: (shard) => releases.mayClaim(shard),
      askToRelease: (owner, shards) =>
        this.publish(nodeSubject(owner), { type: 'release_request', incarnation, shards }),
      claimed: (owned) => this.claimed(owned, actors),
    });
  }

  private claimed(owned: readonly OwnedTerm[], actors: OwnedActors): void {
    this.claimedCount.add(owned.length);
    this.announcer.owned(owned);
    // The map may have changed while the store was asked.
    this.releases?.follow(owned.map(({ shard }) => shard));
    void actors.recover(owned);
  }

  // ---- what is heard ---------------------------------------------------------------------------------------------

  private follow(): void {
    this.releases?.follow();
    this.claims?.wake();
  }

  wanted(shard: number): void {
    this.claims?.hurry(shard);
  }

  private hear(envelopes: readonly BusEnvelope[]): void {
    for (const envelope of envelopes) {
      if (envelope.type === 'heartbeat') this.heartbeats.note(envelope.incarnation, envelope.storeReachable);
      else if (envelope.type === 'owner' && envelope.incarnation !== this.deps.incarnation)
        this.releases?.noteOwned(envelope.shards);
    }
  }

  receive(envelope: ClusterEnvelope): void {
    if (envelope.type === 'release_request') this.releases?.request(envelope.incarnation, envelope.shards);
    else if (envelope.type === 'released') this.claims?.noteReleased(envelope.shards);
  }

  /** What the bus does not take is said again later, like all that it loses. */
  private publish(subject: string, envelope: BusEnvelope): void {
    try {
      this.deps.bus.publish(subject, [envelope]);
    } catch (cause) {
      this.deps.logger.warn({ subject, err: cause }, 'the bus took nothing');
    }
  }
}
