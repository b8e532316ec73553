/** A token bucket as one number: the generic cell rate algorithm (ITU-T I.371), times in whole milliseconds. */
export interface Rate {
  /** Time that one token takes to come back. */
  readonly intervalMs: number;
  /** How far ahead of time a bucket may be spent. */
  readonly toleranceMs: number;
}

export function rateOf(perSecond: number, burst: number): Rate {
  const intervalMs = 1000 / perSecond;
  return { intervalMs, toleranceMs: (burst - 1) * intervalMs };
}

/** The bucket's next value after one token is taken, or undefined when there is none. A new bucket is 0. */
export function takeToken(bucket: number, nowMs: number, rate: Rate): number | undefined {
  const start = Math.max(bucket, nowMs);
  return start - nowMs > rate.toleranceMs ? undefined : start + rate.intervalMs;
}

/** How long until the bucket has a token again, milliseconds, at least 1. */
export function tokenInMs(bucket: number, nowMs: number, rate: Rate): number {
  return Math.max(1, Math.ceil(bucket - nowMs - rate.toleranceMs));
}
