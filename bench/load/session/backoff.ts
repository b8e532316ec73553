import { type BackoffSpan, backoffMs as spanBackoffMs } from '../../../src/core/backoff.js';
import type { Random } from '../../../src/core/random.js';

/** Of connections and of refused sends. */
const AGAIN: BackoffSpan = { firstMs: 250, mostMs: 5_000 };
export const BACKOFF_MIN_MS = AGAIN.firstMs;

export const backoffMs = (attempts: number, random: Random): number => spanBackoffMs(AGAIN, attempts, random);
