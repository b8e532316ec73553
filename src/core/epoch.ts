import { assert } from './errors.js';

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

/**
 * A version fits 63 bits, since a store may keep it as a write time. 18 bits of term: a claim of a shard every hour for 30
 * years. 24 of sub: 30,000 activations a day in one shard for 500 days without a claim. 21 of counter: a record every 10 s
 * for 240 days by one activation.
 */
export const TERM_BITS = 18;
export const SUB_BITS = 24;
export const COUNTER_BITS = 21;
export const TERM_MAX = 2 ** TERM_BITS - 1;
export const SUB_MAX = 2 ** SUB_BITS - 1;
export const COUNTER_MAX = 2 ** COUNTER_BITS - 1;

/** The next counter of an activation. Throws once they are used up: the actor crashes, and goes on under the next sub. */
export function counterAfter(counter: number): number {
  assert(counter < COUNTER_MAX, 'an activation has counters left');
  return counter + 1;
}
