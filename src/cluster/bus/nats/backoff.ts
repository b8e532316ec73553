import type { Random } from '../../../core/random.js';

const FIRST_MS = 100;
const LONGEST_MS = 1_000;

/** The time between attempts: growing, and at random between half and whole, so that a cluster does not come all at once. */
export class Backoff {
  private readonly random: Random;
  private failures = 0;

  constructor(random: Random) {
    this.random = random;
  }

  failed(): void {
    this.failures++;
  }

  succeeded(): void {
    this.failures = 0;
  }

  get delayMs(): number {
    const wholeMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.failures, 10));
    return Math.round(wholeMs * (0.5 + this.random.fraction() / 2));
  }
}
