/** Time as a port: what an actor, a gateway or a store knows of it comes from here, so that tests own it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970; may jump either way. */
  now(): number;
  /** Milliseconds since some start; never goes back. Deadlines and intervals use this. */
  monotonic(): number;
  /** Calls back once after `delayMs`; the returned function cancels. Never keeps the process alive by itself. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back in a later turn of the event loop, in the order asked; what yields to I/O between batches. */
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
  defer: (callback) => void setImmediate(callback),
};

/** Resolves after `delayMs` of the clock's time. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}
