import type { Clock } from '../../core/clock.js';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that a test moves. `turn` ends the event loop's turn: what was deferred runs. */
export class FakeClock implements Clock {
  private time = 1_000_000;
  private timers: Timer[] = [];
  private deferred: (() => void)[] = [];

  now(): number {
    return 1_700_000_000_000 + this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.time + delayMs, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  defer(callback: () => void): void {
    this.deferred.push(callback);
  }

  /** Lets promises settle and runs what was deferred, until nothing is left. */
  async turn(): Promise<void> {
    for (;;) {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      const callbacks = this.deferred;
      if (callbacks.length === 0) return;
      this.deferred = [];
      for (const callback of callbacks) callback();
    }
  }

  /** Moves time, calling each timer that is due at its time. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((other) => other !== due);
      this.time = Math.max(this.time, due.at);
      due.callback();
      await this.turn();
    }
    this.time = end;
    await this.turn();
  }
}
