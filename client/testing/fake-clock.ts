import type { ClientRandom } from '../clock.js';

export { FakeClock } from '../../src/core/testing/fake-clock.js';

/** Lets everything that waits for a promise go on. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Always the same fraction; bytes that count up. */
export function fixedRandom(fraction: number): ClientRandom {
  let next = 0;
  return {
    fraction: () => fraction,
    bytes: (count) => Uint8Array.from({ length: count }, (_, index) => (index === count - 1 ? next++ & 255 : 7)),
  };
}
