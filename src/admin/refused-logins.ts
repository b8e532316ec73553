import type { Clock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import { Seldom } from './seldom.js';

/** Tells the log who came without a token or certificate that counts: one line a second at most, and how many it left out. */
export class RefusedLogins {
  private readonly seldom: Seldom;
  private readonly logger: Logger;

  constructor(clock: Clock, logger: Logger) {
    this.seldom = new Seldom(clock);
    this.logger = logger;
  }

  tell(from: string, method: string): void {
    const leftOut = this.seldom.take();
    if (leftOut !== undefined) this.logger.warn({ from, method, leftOut }, 'an operator was not let in');
  }
}
