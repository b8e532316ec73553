import type { Random } from './random.js';

/** Milliseconds, both above 0: of the first pause, and what no pause exceeds. */
export interface BackoffSpan {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * How long to wait before the next attempt, milliseconds: twice as long after each failure in a row, of which `earlier` came
 * before this one. With `random` it is between half of that and the whole, so that not everybody comes at once ("equal jitter"
 * in M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 */
export function backoffMs({ firstMs, mostMs }: BackoffSpan, earlier: number, random?: Random): number {
  const wholeMs = Math.min(mostMs, firstMs * 2 ** earlier);
  return random === undefined ? wholeMs : wholeMs * (0.5 + random.fraction() / 2);
}
