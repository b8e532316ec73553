import { defer } from './defer.js';

/** Time as a port: what an actor, a gateway or a store knows of it comes from here, so that tests own it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970; may jump either way. */
  now(): number;
  /** Milliseconds since some start; never goes back. Deadlines and intervals use this. */
  monotonic(): number;
  /** Calls back once after `delayMs`; the returned function cancels. Never keeps the process alive by itself. */
  after(delayMs: number, callback: () => void): () => void;
  /**
   * Calls back once what runs now has returned and its promises are settled, in the order asked. What is deferred again and
   * again lets I/O have its turn every millisecond or so: so work goes on in batches.
   */
  defer(callback: () => void): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  defer,
};

/**
 * A monotonic time before any that is compared with it. Whole, and small: such numbers V8 keeps in their place in an object,
 * others beside it.
 */
export const LONG_AGO_MS = -(2 ** 30);

/** Resolves after `delayMs` of the clock's time. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}
