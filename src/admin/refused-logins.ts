import type { Clock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import { rateOf, takeToken } from '../core/rate.js';

/** Somebody who guesses tokens fills no disk. */
const RATE = rateOf(1, 10);

/** Tells the log who came without a token or certificate that counts: one line a second at most, and how many it left out. */
export class RefusedLogins {
  private readonly clock: Clock;
  private readonly logger: Logger;
  private bucket = 0;
  private leftOut = 0;

  constructor(clock: Clock, logger: Logger) {
    this.clock = clock;
    this.logger = logger;
  }

  tell(from: string, method: string): void {
    const next = takeToken(this.bucket, Math.trunc(this.clock.monotonic()), RATE);
    if (next === undefined) {
      this.leftOut++;
      return;
    }
    this.bucket = next;
    this.logger.warn({ from, method, leftOut: this.leftOut }, 'an operator was not let in');
    this.leftOut = 0;
  }
}
