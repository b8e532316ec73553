import type { ClientClock } from './clock.js';

/** A clock whose timers end together, so that whatever used it holds nothing any more. */
export class ScopedClock implements ClientClock {
  private readonly clock: ClientClock;
  private readonly timers = new Set<() => void>();
  private ended = false;

  constructor(clock: ClientClock) {
    this.clock = clock;
  }

  now(): number {
    return this.clock.now();
  }

  after(delayMs: number, callback: () => void): () => void {
    if (this.ended) return () => {};
    const stop = this.clock.after(delayMs, () => {
      this.timers.delete(stop);
      callback();
    });
    this.timers.add(stop);
    return () => {
      this.timers.delete(stop);
      stop();
    };
  }

  /** Cancels every timer; new ones never call back. */
  end(): void {
    this.ended = true;
    for (const stop of this.timers) stop();
    this.timers.clear();
  }
}
