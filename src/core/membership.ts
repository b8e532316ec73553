/** Which processes live, and where shards are placed. A hint: the store decides ownership. */
export interface ProcessInfo {
  /** One run of one process; never used twice. Also its address on the bus. */
  readonly incarnation: string;
  /** What the operator calls it; the same after a restart. */
  readonly name: string;
  readonly roles: readonly string[];
  /** Gateways: what clients are told to connect to. */
  readonly publicUrl: string | undefined;
  readonly zone: string;
  /** Nodes: its share of the shards beside others'; 0 takes none. Operators may order another. */
  readonly weight: number;
  readonly load: ProcessLoad;
}

/** How busy a process says it is; for ranking only. */
export interface ProcessLoad {
  readonly sessions: number;
  /** p99 of the last seconds, milliseconds. */
  readonly eventLoopDelayMs: number;
  readonly queuedBytes: number;
  readonly draining: boolean;
  /** When this was measured, wall clock, milliseconds. */
  readonly at: number;
}

/** The published map: which node each shard is placed on. */
export interface Placement {
  /** Grows by one with each publication. */
  readonly version: number;
  /** Who published it. */
  readonly coordinator: string;
  /** The nodes that take part. An owner that is not among them is gone: whoever gets its shards fences it. */
  readonly nodes: readonly string[];
  /** By shard: the node's index in `nodes`; −1: nobody. */
  readonly shards: Int16Array;
}

export interface Membership {
  /**
   * Registers this process and keeps it registered until `leave`, also across restarts of the registry. Rejects with
   * `unavailable` when the registry cannot be reached, with `conflict` when it belongs to another cluster.
   */
  join(self: ProcessInfo): Promise<void>;
  /** Replaces this process's load. Others see it a moment later: within a second or so, and `draining` sooner. Before `join`: nothing. */
  report(load: ProcessLoad): void;
  /** The live processes as last known; all of them stay while the registry cannot be reached. */
  processes(): readonly ProcessInfo[];
  /** Called after each change of `processes`, loads aside, in the same turn; returns what stops it. */
  onChange(listener: () => void): () => void;
  /** Others miss this process at once, if the registry can be told; else when its registration lapses. Never rejects. */
  leave(): Promise<void>;
}

/** How one process of a cluster is elected to place the shards, and makes the map known. Costs time at worst. */
export interface PlacementBoard {
  /** The map as last seen; undefined before the first. */
  placement(): Placement | undefined;
  /** Called after each change of it; returns what stops it. */
  onPlacement(listener: () => void): () => void;
  /**
   * Takes part in the election until stopped. Calls back when this process is elected, and when it no longer is, or
   * cannot tell. Two may believe it for a while; `publish` lets one of them through. What stops it calls back first where this
   * process is elected, and resolves when another may be elected, or the registry could not be told. It never rejects.
   */
  campaign(listener: (elected: boolean) => void): () => Promise<void>;
  /**
   * Replaces the map if its version is still `next.version − 1` (0: none yet). False when another came first. Rejects
   * with `unavailable` or `timeout`: in doubt.
   */
  publish(next: Placement): Promise<boolean>;
  /** What operators ordered, as last seen. */
  orders(): NodeOrders;
  /**
   * Replaces the orders by what `change` makes of those that stand; asks it again when another change came first, and rejects
   * with what it throws. Resolves to the new orders. Rejects with `unavailable` or `timeout`: in doubt.
   */
  changeOrders(change: (orders: NodeOrders) => NodeOrders): Promise<NodeOrders>;
}

/** What operators tell the coordinator, by the names of nodes: it outlives their restarts. */
export interface NodeOrders {
  /** Instead of the weight that the node registers with. */
  readonly weights: Readonly<Record<string, number>>;
  /** Take nothing new, and keep what they have. */
  readonly cordoned: readonly string[];
  /** Take nothing new, and give away what they have. */
  readonly draining: readonly string[];
  /** Shard → the node where it belongs, whatever the placement says. */
  readonly pinned: Readonly<Record<string, string>>;
}

export const NO_ORDERS: NodeOrders = { weights: {}, cordoned: [], draining: [], pinned: {} };

/** Where `placement` puts `shard`. */
export function placedOn(placement: Placement | undefined, shard: number): string | undefined {
  const index = placement?.shards[shard] ?? -1;
  return index < 0 ? undefined : placement?.nodes[index];
}
