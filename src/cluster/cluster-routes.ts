/**
 * The routes of a cluster, as one process knows them: who said that it claimed a shard, by the highest term; while nobody
 * is known to have, whom the map places it on. Both are hints. An owner that was not heard for a while and is again has its
 * shards told as if they had moved: what was sent to it meanwhile may be lost.
 */
import type { Bus } from '../core/bus.js';
import type { Clock } from '../core/clock.js';
import { SHARD_COUNT } from '../core/ids.js';
import { type Membership, type PlacementBoard, placedOn } from '../core/membership.js';
import type { BusEnvelope, ClusterEnvelope } from '../protocol/bus-messages.js';
import { CLUSTER_SUBJECT } from '../protocol/bus-subjects.js';
import { SILENCE_MS } from './heartbeats.js';
import type { Routes } from './routes.js';

export interface ClusterRoutesDeps {
  readonly bus: Bus<BusEnvelope>;
  readonly board: PlacementBoard;
  readonly membership: Membership;
  readonly clock: Clock;
}

interface KnownOwner {
  readonly term: number;
  /** Undefined: it has left. The term stays, so that nobody from before it is believed. */
  readonly incarnation: string | undefined;
}

type OwnerEnvelope = Extract<ClusterEnvelope, { type: 'owner' }>;

/** How long a process that left is remembered, so that its late words are not believed, milliseconds. */
const LEFT_MS = 600_000;

export class ClusterRoutes implements Routes {
  private readonly deps: ClusterRoutesDeps;
  private readonly known = new Map<number, KnownOwner>();
  private readonly listeners = new Set<(shards: readonly number[]) => void>();
  /** Those seen as living at the last look, and those who left, since when. */
  private living: ReadonlySet<string> = new Set();
  private readonly left = new Map<string, number>();
  /** When each node was last heard, monotonic milliseconds. */
  private readonly heardMs = new Map<string, number>();

  /** When any node was last heard, monotonic milliseconds. */
  lastHeardMs = Number.NEGATIVE_INFINITY;

  constructor(deps: ClusterRoutesDeps) {
    this.deps = deps;
  }

  /** Listens for as long as the bus is open. */
  async start(): Promise<void> {
    const { bus, board, membership } = this.deps;
    await bus.subscribe(CLUSTER_SUBJECT, (envelopes) => {
      for (const envelope of envelopes) {
        if (envelope.type === 'owner') this.announced(envelope);
        else if (envelope.type === 'heartbeat') this.heard(envelope.incarnation);
      }
    });
    membership.onChange(() => this.look());
    board.onPlacement(() => this.look());
    this.look();
  }

  ownerOf(shard: number): string | undefined {
    return this.known.get(shard)?.incarnation ?? placedOn(this.deps.board.placement(), shard);
  }

  onMoved(listener: (shards: readonly number[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The bus is there again: what was sent by it, to whomever, may be lost. */
  reconnected(): void {
    this.tell(this.shardsOf(() => true));
  }

  private heard(incarnation: string): void {
    const now = this.deps.clock.monotonic();
    this.lastHeardMs = now;
    if (this.left.has(incarnation)) return;
    const before = this.heardMs.get(incarnation) ?? now;
    this.heardMs.set(incarnation, now);
    // With three heartbeats, other messages may have been lost.
    if (now - before >= SILENCE_MS) this.tell(this.shardsOf((owner) => owner === incarnation));
  }

  private shardsOf(wanted: (owner: string) => boolean): number[] {
    const shards: number[] = [];
    for (let shard = 0; shard < SHARD_COUNT; shard++) {
      const owner = this.ownerOf(shard);
      if (owner !== undefined && wanted(owner)) shards.push(shard);
    }
    return shards;
  }

  private tell(moved: readonly number[]): void {
    if (moved.length > 0) for (const listener of this.listeners) listener(moved);
  }

  private announced({ incarnation, shards }: OwnerEnvelope): void {
    if (this.left.has(incarnation)) return;
    const moved: number[] = [];
    for (const { shard, term } of shards) {
      const known = this.known.get(shard) ?? { term: 0, incarnation: undefined };
      if (term < known.term || (term === known.term && known.incarnation !== undefined)) continue;
      this.known.set(shard, { term, incarnation });
      moved.push(shard);
    }
    this.tell(moved);
  }

  /** Who was there before and is no longer, by the registry or by the map, has left. */
  private look(): void {
    const now = this.deps.clock.monotonic();
    const living = this.livingNow();
    for (const incarnation of this.living) if (!living.has(incarnation)) this.left.set(incarnation, now);
    for (const [incarnation, since] of this.left)
      if (living.has(incarnation) || now - since > LEFT_MS) this.left.delete(incarnation);
    this.living = living;
    for (const incarnation of this.left.keys()) this.heardMs.delete(incarnation);
    if (this.left.size === 0) return;
    for (const [shard, { term, incarnation }] of this.known)
      if (incarnation !== undefined && this.left.has(incarnation))
        this.known.set(shard, { term, incarnation: undefined });
  }

  /** A node lives while the map lists it; a map lists nobody before its time. */
  private livingNow(): ReadonlySet<string> {
    const listed = new Set(this.deps.board.placement()?.nodes);
    const registered = this.deps.membership.processes().map(({ incarnation }) => incarnation);
    return new Set(registered.filter((incarnation) => listed.size === 0 || listed.has(incarnation)));
  }
}
