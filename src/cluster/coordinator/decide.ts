/**
 * What the coordinator publishes next, as a pure function of what it sees and when. A wrong map costs time, never a message:
 * the store decides who owns what.
 */
import { SHARD_COUNT } from '../../core/ids.js';
import type { NodeOrders, Placement, ProcessInfo } from '../../core/membership.js';
import { NOBODY, placeShards } from '../placement.js';
import { heldByOrder, type OrderedNode, type RegisteredNode, underOrders } from './orders.js';

export interface CoordinatorOptions {
  /** Nodes that must be there before the first map. */
  readonly nodesMin: number;
  /** How long the set of nodes must rest before the first map, so that a cluster that starts does not move twice. */
  readonly settleMs: number;
  /** How long a node must have been missing before it is called gone. */
  readonly holdDownMs: number;
  /** The same while the registry itself has just been lost, or has changed its leader. */
  readonly holdDownUnsureMs: number;
  /** How long a node that is still registered may be silent, while others are heard, before its hold-down begins. */
  readonly silentMs: number;
  /** Within one window, at most a third of the nodes (or one) is called gone: more at once is rather a fault of ours. */
  readonly goneWindowMs: number;
  /** Planned moves in one map, and the time between two such maps. Orphans move at once. */
  readonly movesAtOnce: number;
  readonly movePauseMs: number;
  /** For so long after orphans were placed nothing else moves: claims of what nobody serves come first. */
  readonly orphanPauseMs: number;
}

/**
 * An owner that is killed is missed on the bus after 1.5 s and in the registry after 2 to 3.5 s (its check's time to live);
 * both have then been missing for the hold-down already, so that its shards are placed anew at once.
 */
export const COORDINATOR_OPTIONS: CoordinatorOptions = {
  nodesMin: 1,
  settleMs: 1_000,
  holdDownMs: 1_000,
  holdDownUnsureMs: 5_000,
  silentMs: 10_000,
  goneWindowMs: 10_000,
  movesAtOnce: 256,
  movePauseMs: 250,
  orphanPauseMs: 1_000,
};

export interface Health {
  /** Since when nothing has been heard of the process on the bus, monotonic milliseconds; undefined: it is heard. */
  silentSinceMs(incarnation: string): number | undefined;
  /** It says that it does not reach the store, while others do. */
  withoutStore(incarnation: string): boolean;
}

export interface Seen {
  readonly nowMs: number;
  readonly placement: Placement | undefined;
  /** Those that take shards: the live processes of the role `node`, as the registry says. */
  readonly nodes: readonly ProcessInfo[];
  readonly health: Health;
  readonly orders: NodeOrders;
  /** Whether the registry was lost, or began anew, less than holdDownUnsureMs ago. */
  readonly unsure: boolean;
}

/** One that went missing before this coordinator was elected, and is not yet gone, keeps what it has: an even share is assumed. */
const NEVER_SEEN = { weight: 1, load: { draining: false } };

/** Fewer than half of these, all of them registered, are heard: then it is rather this process that is cut off, with few others. */
export function hearsFew(registered: readonly string[], health: Pick<Health, 'silentSinceMs'>): boolean {
  const silent = registered.filter((incarnation) => health.silentSinceMs(incarnation) !== undefined);
  return silent.length * 2 > registered.length;
}

export type NextMap = Pick<Placement, 'nodes' | 'shards'>;

/** Remembers between decisions what no single look shows. */
export class CoordinatorState {
  private readonly options: CoordinatorOptions;
  /**
   * By incarnation, as last registered. Names outlive the processes that had them: a node that comes back gets its shards
   * again. And one that has left the registry, and is not called gone yet, is leaving still.
   */
  private readonly known = new Map<string, RegisteredNode>();
  private readonly missingSinceMs = new Map<string, number>();
  /** By incarnation: whoever is still in the map, since the next one was not published, is called gone again within the same budget. */
  private readonly goneAtMs = new Map<string, number>();
  /** When planned moves may be part of a map again. */
  private movableAtMs = Number.NEGATIVE_INFINITY;
  /** What was last asked and needed no new map. */
  private atRest: string | undefined;
  private settling: { readonly nodes: string; readonly sinceMs: number } | undefined;

  constructor(options: CoordinatorOptions) {
    this.options = options;
  }

  /** The next map, or undefined when the one that stands is right. */
  decide(seen: Seen): NextMap | undefined {
    for (const node of seen.nodes) this.known.set(node.incarnation, node);
    if (seen.placement === undefined && !this.settled(seen)) return undefined;
    const old = seen.placement ?? { nodes: [], shards: new Int16Array(SHARD_COUNT).fill(NOBODY) };
    const nodes = this.membersOf(old.nodes, seen);
    if (nodes.length === 0) return undefined;
    const members = this.placementNodes(nodes, seen);
    const question = JSON.stringify([seen.placement?.version, nodes, members, seen.orders]);
    if (question === this.atRest) return undefined;
    const current = this.carriedOver(old, nodes);
    const wanted = placeShards(members, current, heldByOrder(current, members, seen.orders));
    const shards = this.paced(current, wanted, seen.nowMs);
    const same = nodes.join() === old.nodes.join() && shards.every((node, shard) => node === old.shards[shard]);
    if (same && shards.every((node, shard) => node === wanted[shard])) this.atRest = question;
    return same ? undefined : { nodes, shards };
  }

  private settled({ nodes, nowMs }: Seen): boolean {
    const names = nodes.map(({ incarnation }) => incarnation).sort();
    if (this.settling?.nodes !== names.join()) this.settling = { nodes: names.join(), sinceMs: nowMs };
    return names.length >= this.options.nodesMin && nowMs - this.settling.sinceMs >= this.options.settleMs;
  }

  /** Who takes part: those of the old map that are not gone, in their order, then newcomers. */
  private membersOf(old: readonly string[], seen: Seen): string[] {
    const live = new Map(seen.nodes.map((node) => [node.incarnation, node]));
    const { health } = seen;
    const fresh = [...live.values()].filter(
      ({ incarnation }) =>
        !old.includes(incarnation) &&
        health.silentSinceMs(incarnation) === undefined &&
        !health.withoutStore(incarnation),
    );
    const successors = new Set(fresh.map(({ name }) => name));
    const cutOff = this.cutOffAmong(
      old.filter((incarnation) => live.has(incarnation)),
      seen,
    );
    const stay = old.filter((incarnation) => {
      const serves = live.has(incarnation) && !cutOff.has(incarnation) && !health.withoutStore(incarnation);
      if (serves) return this.notMissing(incarnation);
      // A name is given once: whoever is heard under it has fenced the run before.
      if (!live.has(incarnation) && successors.has(this.nameOf(incarnation))) return false;
      return !this.gone(incarnation, live.has(incarnation), seen, old.length);
    });
    return [...stay, ...fresh.map(({ incarnation }) => incarnation).sort()];
  }

  /** Of these, all of them registered, the ones that the bus does not reach. */
  private cutOffAmong(registered: readonly string[], { nowMs, health }: Seen): Set<string> {
    if (hearsFew(registered, health)) return new Set();
    const { silentMs } = this.options;
    return new Set(
      registered.filter((incarnation) => nowMs - (health.silentSinceMs(incarnation) ?? nowMs) >= silentMs),
    );
  }

  private notMissing(incarnation: string): true {
    this.missingSinceMs.delete(incarnation);
    return true;
  }

  private gone(incarnation: string, registered: boolean, seen: Seen, nodes: number): boolean {
    const { nowMs, health, unsure } = seen;
    const silentSinceMs = health.silentSinceMs(incarnation);
    if (silentSinceMs === undefined && !health.withoutStore(incarnation)) return !this.notMissing(incarnation);
    // Out of the registry, it has been missing since it fell silent; cut off from bus or store, since it was first seen so.
    const sinceMs = Math.min(
      this.missingSinceMs.get(incarnation) ?? nowMs,
      registered ? nowMs : (silentSinceMs ?? nowMs),
    );
    this.missingSinceMs.set(incarnation, sinceMs);
    const holdDownMs = unsure ? this.options.holdDownUnsureMs : this.options.holdDownMs;
    if (nowMs - sinceMs < holdDownMs || !this.mayGo(incarnation, nowMs, nodes)) return false;
    this.goneAtMs.set(incarnation, nowMs);
    this.missingSinceMs.delete(incarnation);
    return true;
  }

  private mayGo(incarnation: string, nowMs: number, nodes: number): boolean {
    for (const [gone, atMs] of this.goneAtMs) if (atMs < nowMs - this.options.goneWindowMs) this.goneAtMs.delete(gone);
    return this.goneAtMs.has(incarnation) || this.goneAtMs.size < Math.max(1, Math.floor(nodes / 3));
  }

  /** The old map's shards on the new list of nodes; those of a restarted node on its next run. */
  private carriedOver(old: NextMap, nodes: readonly string[]): Int16Array {
    const byIncarnation = new Map(nodes.map((incarnation, index) => [incarnation, index]));
    const byName = new Map(nodes.map((incarnation, index) => [this.nameOf(incarnation), index]));
    const moved = old.nodes.map(
      (incarnation) => byIncarnation.get(incarnation) ?? byName.get(this.nameOf(incarnation)) ?? NOBODY,
    );
    return Int16Array.from(old.shards, (node) => moved[node] ?? NOBODY);
  }

  private nameOf(incarnation: string): string {
    return this.known.get(incarnation)?.name ?? incarnation;
  }

  private placementNodes(nodes: readonly string[], { orders }: Seen): OrderedNode[] {
    return nodes.map((incarnation) =>
      underOrders(this.known.get(incarnation) ?? { ...NEVER_SEEN, name: incarnation }, orders),
    );
  }

  /** Orphans at once, and nothing else with them; else as many planned moves as one map may hold, in the order of the shards. */
  private paced(current: Int16Array, wanted: Int16Array, nowMs: number): Int16Array {
    const { movesAtOnce, movePauseMs, orphanPauseMs } = this.options;
    if (current.some((from, shard) => from === NOBODY && wanted[shard] !== NOBODY)) {
      this.movableAtMs = nowMs + orphanPauseMs;
      return current.map((from, shard) => (from === NOBODY ? (wanted[shard] ?? NOBODY) : from));
    }
    let planned = nowMs >= this.movableAtMs ? movesAtOnce : 0;
    return current.map((from, shard) => {
      const to = wanted[shard] ?? NOBODY;
      if (to === from || to === NOBODY || planned === 0) return from;
      planned--;
      this.movableAtMs = nowMs + movePauseMs;
      return to;
    });
  }
}
