import type { Clock } from '../clock.js';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that moves only when told: for tests and simulation. */
export class FakeClock implements Clock {
  private elapsedMs = 0;
  private wallMs: number;
  /** Soonest first, those of one moment as they were set. */
  private readonly timers: Timer[] = [];
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
    const timer = { at: this.elapsedMs + Math.max(0, delayMs), callback };
    this.timers.splice(this.placeOf(timer.at), 0, timer);
    return () => {
      const place = this.timers.indexOf(timer);
      if (place >= 0) this.timers.splice(place, 1);
    };
  }

  defer(callback: () => void): void {
    this.deferred.push(callback);
  }

  /** How many timers wait. */
  get pending(): number {
    return this.timers.length;
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
      const [next] = this.timers;
      if (next === undefined || next.at > end) break;
      this.timers.shift();
      this.pass(next.at - this.elapsedMs);
      next.callback();
      await this.settle();
    }
    this.pass(end - this.elapsedMs);
  }

  /** Behind all timers of that moment and before: found by halves, as a test may set ten thousand. */
  private placeOf(at: number): number {
    let [from, to] = [0, this.timers.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.timers[middle]?.at ?? 0) <= at) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  private pass(ms: number): void {
    this.elapsedMs += ms;
    this.wallMs += ms;
  }
}
