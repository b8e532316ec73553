import type { Clock } from '../../src/core/clock.js';

/** The clock as one process sees it: when that dies, nothing it asked for comes any more. */
export class ScopedClock implements Clock {
  private readonly clock: Clock;
  private dead = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  now(): number {
    return this.clock.now();
  }

  monotonic(): number {
    return this.clock.monotonic();
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.clock.after(delayMs, () => {
      if (!this.dead) callback();
    });
  }

  defer(callback: () => void): void {
    this.clock.defer(() => {
      if (!this.dead) callback();
    });
  }

  kill(): void {
    this.dead = true;
  }
}
