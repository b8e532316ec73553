import type { ClientClock, ClientRandom } from '../clock.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Lets everything that waits for a promise go on. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Time that moves only when a test says so. */
export class FakeClock implements ClientClock {
  private time = 1_700_000_000_000;
  private nextOrder = 0;
  private readonly timers = new Set<Timer>();

  now(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { at: this.time + delayMs, order: this.nextOrder++, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  get pending(): number {
    return this.timers.size;
  }

  /** Moves on by `durationMs`, calling back in the order of time and letting promises settle after each. */
  async advance(durationMs: number): Promise<void> {
    const until = this.time + durationMs;
    await settle();
    for (;;) {
      const due = [...this.timers].filter((timer) => timer.at <= until);
      const next = due.sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
      await settle();
    }
    this.time = until;
  }
}

/** Always the same fraction; bytes that count up. */
export function fixedRandom(fraction: number): ClientRandom {
  let next = 0;
  return {
    fraction: () => fraction,
    bytes: (count) => Uint8Array.from({ length: count }, (_, index) => (index === count - 1 ? next++ & 255 : 7)),
  };
}
