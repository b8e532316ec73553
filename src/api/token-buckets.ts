import type { Clock } from '../core/clock.js';
import { assert } from '../core/errors.js';
import { keepNewest } from '../core/keep-newest.js';
import { type Rate, rateOf, takeToken, tokenInMs } from '../core/rate.js';

export interface BucketRule {
  /** Tokens that come back, a second. */
  readonly perSecond: number;
  /** Tokens of a full bucket; a new key starts with a full one. */
  readonly burst: number;
}

/** A token bucket a key, for at most `keysMax` keys: the one that was used longest ago makes room. */
export class TokenBuckets {
  private readonly buckets = new Map<string, number>();
  private readonly rate: Rate;
  private readonly clock: Clock;
  private readonly keysMax: number;

  constructor(rule: BucketRule, clock: Clock, keysMax = 10_000) {
    assert(rule.perSecond > 0 && rule.burst >= 1 && keysMax >= 1, 'a bucket fills and holds a token');
    this.rate = rateOf(rule.perSecond, rule.burst);
    this.clock = clock;
    this.keysMax = keysMax;
  }

  /** Takes a token and returns 0, or takes none and returns after how many milliseconds there is one. */
  take(key: string): number {
    const now = Math.trunc(this.clock.monotonic());
    const bucket = this.buckets.get(key) ?? 0;
    const next = takeToken(bucket, now, this.rate);
    this.touch(key, next ?? bucket);
    return next === undefined ? tokenInMs(bucket, now, this.rate) : 0;
  }

  get size(): number {
    return this.buckets.size;
  }

  private touch(key: string, bucket: number): void {
    this.buckets.delete(key);
    this.buckets.set(key, bucket);
    keepNewest(this.buckets, this.keysMax);
  }
}
