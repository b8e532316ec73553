/**
 * Where the shards belong. Each shard ranks the nodes by weighted rendezvous hashing (Thaler and Ravishankar, "A name-based
 * mapping scheme for rendezvous", 1996; weights after Schindelhauer and Schomaker, "Weighted distributed hash tables", 2005),
 * and no node has more than its share by more than SLACK (Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with bounded
 * loads", 2018). What stands already stays where that allows it: a shard moves when its node is gone or has too many, or when
 * another has too few, and then to, or from, the node that it ranks highest.
 */
import { SHARD_COUNT } from '../core/ids.js';

export interface PlacementNode {
  /** The operator's name, which outlives a restart: what is hashed, so that a node that comes back gets its shards again. */
  readonly name: string;
  /** Its share beside others'; 0 takes none. */
  readonly weight: number;
}

export const NOBODY = -1;
const SLACK = 0.05;
const HELD_NOWHERE = new Int16Array(SHARD_COUNT).fill(NOBODY);

interface Bounds {
  readonly most: number;
  readonly least: number;
}

/**
 * By shard: the index of its node in `nodes`, or NOBODY when no node has a weight. `current` is the same for where they are
 * now (NOBODY: nowhere, or on a node that is gone). `held`, the same for where they stay whatever the weights (NOBODY: they do
 * not): the rest is shared as if it were all. The same arguments give the same answer, whatever the order of `nodes`
 * but for their indexes. Every node ends between 5 % below and 5 % above its share of that, rounded outwards.
 */
export function placeShards(
  nodes: readonly PlacementNode[],
  current: Int16Array,
  held: Int16Array = HELD_NOWHERE,
): Int16Array {
  const total = nodes.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return Int16Array.from(held);
  const shared = new Balance(nodes, total, current, held).settle();
  return held.map((node, shard) => (node === NOBODY ? (shared[shard] ?? NOBODY) : node));
}

class Balance {
  private readonly nodes: readonly PlacementNode[];
  private readonly seeds: readonly number[];
  private readonly bounds: readonly Bounds[];
  /** The shards that are shared. */
  private readonly shards: readonly number[];
  private readonly placed: Int16Array;
  private readonly counts: number[];

  constructor(nodes: readonly PlacementNode[], total: number, current: Int16Array, held: Int16Array) {
    this.nodes = nodes;
    this.shards = Array.from(held.keys()).filter((shard) => held[shard] === NOBODY);
    this.seeds = nodes.map(({ name }) => hashOf(name));
    this.bounds = nodes.map(({ weight }) => {
      const share = (this.shards.length * weight) / total;
      return { most: Math.ceil(share * (1 + SLACK)), least: Math.floor(share * (1 - SLACK)) };
    });
    this.placed = Int16Array.from(current, (node) => ((nodes[node]?.weight ?? 0) > 0 ? node : NOBODY));
    this.counts = nodes.map(() => 0);
    for (const shard of this.shards) this.count(this.placed[shard] ?? NOBODY, 1);
  }

  settle(): Int16Array {
    for (const shard of this.shardsOn(NOBODY)) this.move(shard, this.bestWithRoom(shard));
    const byName = Array.from(this.nodes.keys()).sort((a, b) => (this.nameOf(a) < this.nameOf(b) ? -1 : 1));
    for (const node of byName) this.shed(node);
    for (const node of byName) this.fill(node);
    return this.placed;
  }

  /** Parts with what it has too many of, those that rank it lowest. */
  private shed(node: number): void {
    const surplus = this.countOf(node) - this.boundsOf(node).most;
    if (surplus <= 0) return;
    const lowest = this.shardsOn(node).sort((a, b) => this.rank(a, node) - this.rank(b, node) || a - b);
    for (const shard of lowest.slice(0, surplus)) this.move(shard, this.bestWithRoom(shard));
  }

  /** Takes what it lacks from those that have more than their least, the shards that rank it highest. */
  private fill(node: number): void {
    if (this.countOf(node) >= this.boundsOf(node).least) return;
    const highest = [...this.shards].sort((a, b) => this.rank(b, node) - this.rank(a, node) || a - b);
    for (const shard of highest) {
      if (this.countOf(node) >= this.boundsOf(node).least) return;
      const from = this.placed[shard] ?? NOBODY;
      if (from !== node && from !== NOBODY && this.countOf(from) > this.boundsOf(from).least) this.move(shard, node);
    }
  }

  /** There is always one: the most of all nodes together are at least all shards that are shared. */
  private bestWithRoom(shard: number): number {
    let best = NOBODY;
    let bestRank = Number.NEGATIVE_INFINITY;
    for (let node = 0; node < this.nodes.length; node++) {
      if (this.countOf(node) >= this.boundsOf(node).most) continue;
      const rank = this.rank(shard, node);
      if (rank > bestRank) [best, bestRank] = [node, rank];
    }
    return best;
  }

  /** Weighted rendezvous: −weight / ln(u), with u between 0 and 1 from the hash of shard and node. */
  private rank(shard: number, node: number): number {
    const u = (mix((this.seeds[node] ?? 0) ^ Math.imul(shard + 1, 0x9e3779b1)) + 0.5) / 2 ** 32;
    return -(this.nodes[node]?.weight ?? 0) / Math.log(u);
  }

  private shardsOn(node: number): number[] {
    return this.shards.filter((shard) => this.placed[shard] === node);
  }

  private move(shard: number, to: number): void {
    const from = this.placed[shard] ?? NOBODY;
    this.count(from, -1);
    this.count(to, 1);
    this.placed[shard] = to;
  }

  private count(node: number, change: number): void {
    if (node !== NOBODY) this.counts[node] = this.countOf(node) + change;
  }

  private countOf(node: number): number {
    return this.counts[node] ?? 0;
  }

  private nameOf(node: number): string {
    return this.nodes[node]?.name ?? '';
  }

  private boundsOf(node: number): Bounds {
    return this.bounds[node] ?? { most: 0, least: 0 };
  }
}

/** FNV-1a (Fowler, Noll, Vo), 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return mix(hash);
}

/** Murmur3's finalizer: every bit of the input changes half of the output's. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
