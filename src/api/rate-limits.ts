import type { Clock } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import { type BucketRule, TokenBuckets } from './token-buckets.js';

/** What is limited, and by whom it is counted. Addresses are generous: many people share one. */
export const API_LIMITS = {
  signUpPerAddress: { perSecond: 0.5, burst: 50 },
  loginPerAddress: { perSecond: 20, burst: 200 },
  loginPerAccount: { perSecond: 0.5, burst: 20 },
  refreshPerAddress: { perSecond: 20, burst: 500 },
  searchPerAddress: { perSecond: 20, burst: 100 },
  searchPerAccount: { perSecond: 5, burst: 30 },
  namesPerAccount: { perSecond: 5, burst: 60 },
  /** Each is remembered wherever tokens are checked, whether or not there was such a device. */
  logoutPerAccount: { perSecond: 0.2, burst: 60 },
  /** All requests with an access token together. */
  requestPerAccount: { perSecond: 50, burst: 200 },
} as const satisfies Record<string, BucketRule>;

export type ApiLimitName = keyof typeof API_LIMITS;
export type ApiLimits = Readonly<Record<ApiLimitName, BucketRule>>;

export interface RateLimits {
  /** Counts one use of `key`. Throws `rate_limited` with the time to come back. */
  take(limit: ApiLimitName, key: string): void;
}

export function createRateLimits(limits: ApiLimits, clock: Clock): RateLimits {
  const buckets = new Map<string, TokenBuckets>();
  for (const [name, rule] of Object.entries(limits)) buckets.set(name, new TokenBuckets(rule, clock));
  return {
    take(limit, key) {
      const retryAfterMs = buckets.get(limit)?.take(key) ?? 0;
      if (retryAfterMs > 0) throw new ParleyError('rate_limited', { retryAfterMs });
    },
  };
}
