/** Which processes live, and where shards are placed. A hint: the store decides ownership. */
export interface ProcessInfo {
  /** One run of one process; never used twice. Also its address on the bus. */
  readonly incarnation: string;
  readonly roles: readonly string[];
  /** Gateways: what clients are told to connect to. */
  readonly publicUrl: string | undefined;
  readonly zone: string;
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

export interface Membership {
  /** Registers this process and keeps it registered until `leave`. */
  join(self: ProcessInfo): Promise<void>;
  /** Replaces this process's load. */
  report(load: ProcessLoad): void;
  /** The live processes as last known. */
  processes(): readonly ProcessInfo[];
  /** The incarnation that should own `shard`, as last published; undefined while nobody does. */
  ownerHint(shard: number): string | undefined;
  /** Called after each change of either; returns what stops it. */
  onChange(listener: () => void): () => void;
  leave(): Promise<void>;
}
