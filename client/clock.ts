/** Time and chance as ports, so that tests own both. */
export interface ClientClock {
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void;
}

export interface ClientRandom {
  /** In [0, 1). */
  fraction(): number;
  /** `count` bytes nobody can guess. */
  bytes(count: number): Uint8Array;
}

export const browserClock: ClientClock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

export const browserRandom: ClientRandom = {
  fraction: () => Math.random(),
  bytes: (count) => globalThis.crypto.getRandomValues(new Uint8Array(count)),
};
