import type { Clock } from '../core/clock.js';
import { rateOf, takeToken } from '../core/rate.js';

const RATE = rateOf(1, 10);

/** Lets one through a second, ten at once: whoever is refused again and again fills no disk. */
export class Seldom {
  private readonly clock: Clock;
  private bucket = 0;
  private leftOut = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** How many were left out since the last one that was let through; undefined: this one is left out. */
  take(): number | undefined {
    const next = takeToken(this.bucket, Math.trunc(this.clock.monotonic()), RATE);
    if (next === undefined) {
      this.leftOut++;
      return undefined;
    }
    this.bucket = next;
    const { leftOut } = this;
    this.leftOut = 0;
    return leftOut;
  }
}
