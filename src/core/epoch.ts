/** One activation of one actor: the shard's claim (`term`), then a count within it (`sub`). Ordered as a pair. */
export interface Epoch {
  readonly term: number;
  readonly sub: number;
}

/** Below, equal or above zero as `a` is before, the same as or after `b`. */
export function compareEpochs(a: Epoch, b: Epoch): number {
  return a.term - b.term || a.sub - b.sub;
}

/** Orders what one owner writes over another's, and its own writes among each other. Never from a clock. */
export interface Version extends Epoch {
  readonly counter: number;
}

export function compareVersions(a: Version, b: Version): number {
  return compareEpochs(a, b) || a.counter - b.counter;
}
