import type { Random } from '../core/random.js';

/** The system's randomness costs microseconds a call, whatever is asked for: many ids share one. */
const POOL_BYTES = 1_024;

/** Random ids in hexadecimal. */
export class TraceIds {
  private readonly random: Random;
  private pool = Buffer.alloc(0);
  private at = 0;

  constructor(random: Random) {
    this.random = random;
  }

  next(bytes: 8 | 16): string {
    if (this.at + bytes > this.pool.length) {
      this.pool = Buffer.from(this.random.bytes(POOL_BYTES));
      this.at = 0;
    }
    const id = this.pool.toString('hex', this.at, this.at + bytes);
    this.at += bytes;
    return id;
  }
}
