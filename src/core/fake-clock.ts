import type { Clock } from './clock.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that moves only when told: for tests and simulation. */
export class FakeClock implements Clock {
  private elapsedMs = 0;
  private wallMs: number;
  private order = 0;
  private timers: Timer[] = [];
  private deferred: (() => void)[] = [];

  constructor(wallMs = 1_700_000_000_000) {
    this.wallMs = wallMs;
  }

  now(): number {
    return this.wallMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.elapsedMs + Math.max(0, delayMs), order: this.order++, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  defer(callback: () => void): void {
    this.deferred.push(callback);
  }

  /** Moves the wall clock alone, as an operator or NTP might. */
  jump(byMs: number): void {
    this.wallMs += byMs;
  }

  /** Runs all that is ready now, promises included, until nothing is. Stops with an error after 100,000 rounds. */
  async settle(): Promise<void> {
    for (let round = 0, quiet = 0; quiet < 3; round++) {
      if (round > 100_000) throw new Error('the fake clock never settles');
      const ready = this.deferred;
      this.deferred = [];
      for (const callback of ready) callback();
      await new Promise<void>((resolve) => setImmediate(resolve));
      quiet = ready.length === 0 && this.deferred.length === 0 ? quiet + 1 : 0;
    }
  }

  /** Lets `ms` pass, firing timers in order and settling after each. */
  async advance(ms: number): Promise<void> {
    const end = this.elapsedMs + ms;
    await this.settle();
    for (;;) {
      const next = this.timers
        .filter((timer) => timer.at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)
        .at(0);
      if (next === undefined) break;
      this.timers = this.timers.filter((other) => other !== next);
      this.pass(next.at - this.elapsedMs);
      next.callback();
      await this.settle();
    }
    this.pass(end - this.elapsedMs);
  }

  private pass(ms: number): void {
    this.elapsedMs += ms;
    this.wallMs += ms;
  }
}
