/**
 * Which requests are traced, decided once, where they come in. A share of all; of messages also the first one of each second,
 * so that a quiet server shows every journey and a busy one pays for one a second more; and those whose client asks, within a
 * bound, since anybody can ask.
 */
import type { Clock } from '../core/clock.js';
import { LIMITS } from '../core/limits.js';
import type { Random } from '../core/random.js';
import { rateOf, takeToken } from '../core/rate.js';

const ASKED_RATE = rateOf(LIMITS.tracesAskedPerSecond, LIMITS.tracesAskedBurst);
const MESSAGES_APART_MS = 1_000;

export class Sampler {
  private readonly rate: number;
  private readonly clock: Clock;
  private readonly random: Random;
  /** Requests until the next one of the share: randomness is asked once a sampled request, not once a request. */
  private left: number;
  private messageAtMs = Number.NEGATIVE_INFINITY;
  private askedBucket = 0;

  /** `rate`: the share, 0 to 1; at 0 only what clients ask for is traced. */
  constructor(rate: number, clock: Clock, random: Random) {
    this.rate = rate;
    this.clock = clock;
    this.random = random;
    this.left = this.gap();
  }

  /** `asked`: the client did; `message`: it is one. */
  takes(asked: boolean, message: boolean): boolean {
    if (this.rate > 0) {
      if (--this.left <= 0) {
        this.left = this.gap();
        return true;
      }
      if (message && this.isFirstOfSecond()) return true;
    }
    return asked && this.mayAsk();
  }

  private isFirstOfSecond(): boolean {
    const now = this.clock.monotonic();
    if (now - this.messageAtMs < MESSAGES_APART_MS) return false;
    this.messageAtMs = now;
    return true;
  }

  private mayAsk(): boolean {
    const bucket = takeToken(this.askedBucket, Math.trunc(this.clock.monotonic()), ASKED_RATE);
    if (bucket === undefined) return false;
    this.askedBucket = bucket;
    return true;
  }

  /** Geometric: as if each request were drawn for by itself. */
  private gap(): number {
    if (this.rate >= 1) return 1;
    if (this.rate <= 0) return Number.POSITIVE_INFINITY;
    return 1 + Math.floor(Math.log(1 - this.random.fraction()) / Math.log(1 - this.rate));
  }
}
