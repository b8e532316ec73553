import { type Clock, sleep, systemClock } from '../../../src/core/clock.js';

const AT_ONCE = 50;

/**
 * Works through a list, evenly over a time, some at once. `work` is told when its item was due, on the monotonic clock:
 * that is before now where those at work are as many as may be.
 */
export async function spread<Item>(
  items: readonly Item[],
  overSeconds: number,
  work: (item: Item, dueMs: number) => Promise<void>,
  clock: Clock = systemClock,
): Promise<void> {
  const started = clock.monotonic();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const dueMs = started + (index / items.length) * overSeconds * 1000;
      if (dueMs > clock.monotonic()) await sleep(clock, dueMs - clock.monotonic());
      await work(items[index] as Item, dueMs);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
