import type { Random } from '../../src/core/random.js';

/** Of connections and of refused sends: doubling between these, with jitter. */
export const BACKOFF_MIN_MS = 250;
const BACKOFF_MAX_MS = 5_000;

export function backoffMs(attempts: number, random: Random): number {
  const mostMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** attempts);
  return mostMs * (0.5 + random.fraction() / 2);
}
