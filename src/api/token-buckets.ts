import type { Clock } from '../core/clock.js';
import { assert } from '../core/errors.js';

export interface BucketRule {
  /** Tokens that come back, a second. */
  readonly perSecond: number;
  /** Tokens of a full bucket; a new key starts with a full one. */
  readonly burst: number;
}

/** What sums of fractions may be off. */
const ROUNDING = 1e-6;

interface Bucket {
  tokens: number;
  /** Monotonic milliseconds when `tokens` was right. */
  at: number;
}

/** A token bucket a key, for at most `keysMax` keys: the one that was used longest ago makes room. */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();
  private readonly rule: BucketRule;
  private readonly clock: Clock;
  private readonly keysMax: number;

  constructor(rule: BucketRule, clock: Clock, keysMax = 10_000) {
    assert(rule.perSecond > 0 && rule.burst >= 1 && keysMax >= 1, 'a bucket fills and holds a token');
    this.rule = rule;
    this.clock = clock;
    this.keysMax = keysMax;
  }

  /** Takes a token and returns 0, or takes none and returns after how many milliseconds there is one. */
  take(key: string): number {
    const now = this.clock.monotonic();
    const { perSecond, burst } = this.rule;
    const bucket = this.buckets.get(key) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    this.touch(key, bucket);
    if (bucket.tokens < 1 - ROUNDING)
      return Math.max(1, Math.ceil(((1 - bucket.tokens) / perSecond) * 1000 - ROUNDING));
    bucket.tokens -= 1;
    return 0;
  }

  get size(): number {
    return this.buckets.size;
  }

  private touch(key: string, bucket: Bucket): void {
    this.buckets.delete(key);
    this.buckets.set(key, bucket);
    if (this.buckets.size <= this.keysMax) return;
    for (const oldest of this.buckets.keys()) {
      this.buckets.delete(oldest);
      return;
    }
  }
}
