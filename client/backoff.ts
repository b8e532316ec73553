import type { ClientRandom } from './clock.js';

const BACKOFF_MS = 500;
const BACKOFF_MAX_MS = 30_000;

/**
 * How long to wait before attempt `failures + 1`: exponential, full jitter (M. Brooker, "Exponential Backoff and
 * Jitter", 2015), at least what the server asked for.
 */
export function backoffMs(failures: number, random: ClientRandom, atLeastMs = 0): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** Math.min(failures, 10));
  return Math.ceil(atLeastMs + random.fraction() * ceiling);
}
