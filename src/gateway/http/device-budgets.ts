import type { AccessClaims } from '../../core/access-token.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import { rateOf, takeToken, tokenInMs } from '../../core/rate.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';

const REQUEST_RATE = rateOf(LIMITS.sessionFramesPerSecond, LIMITS.sessionFramesBurst);
/** Devices remembered before the idle ones are forgotten. */
const DEVICES_MAX = 10_000;

interface Budget {
  bucket: number;
  inFlight: number;
}

export const deviceKey = ({ userId, deviceId }: Pick<AccessClaims, 'userId' | 'deviceId'>): string =>
  `${userId}/${deviceId}`;

/** Requests that come without a session have the limits of one, by device. */
export class DeviceBudgets {
  private readonly budgets = new Map<string, Budget>();

  /** Takes one request of the device; the returned function says that it is done. Throws `rate_limited` or `overloaded`. */
  take(claims: AccessClaims, nowMs: number): () => void {
    const budget = this.budgetOf(deviceKey(claims), nowMs);
    const bucket = takeToken(budget.bucket, nowMs, REQUEST_RATE);
    if (bucket === undefined) {
      throw new ParleyError('rate_limited', { retryAfterMs: tokenInMs(budget.bucket, nowMs, REQUEST_RATE) });
    }
    if (budget.inFlight >= LIMITS.requestsInFlightPerSessionMax)
      throw new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.queue });
    budget.bucket = bucket;
    budget.inFlight += 1;
    return () => {
      budget.inFlight -= 1;
    };
  }

  private budgetOf(key: string, nowMs: number): Budget {
    const known = this.budgets.get(key);
    if (known !== undefined) return known;
    if (this.budgets.size >= DEVICES_MAX) this.forgetIdle(nowMs);
    const budget = { bucket: 0, inFlight: 0 };
    this.budgets.set(key, budget);
    return budget;
  }

  private forgetIdle(nowMs: number): void {
    for (const [key, { bucket, inFlight }] of this.budgets) {
      if (bucket <= nowMs && inFlight === 0) this.budgets.delete(key);
    }
  }
}
