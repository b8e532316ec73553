import { expect, it } from 'vitest';
import { backoffMs } from './backoff.js';
import { seededRandom } from './random.js';

const SPAN = { firstMs: 100, mostMs: 1_000 };

it('doubles from failure to failure up to the longest pause, and stays there for ever', () => {
  const pauses = [0, 1, 2, 3, 4, 5, 10_000].map((earlier) => backoffMs(SPAN, earlier));
  expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
});

it('is at random between half of that and the whole', () => {
  const at = (fraction: number) => ({ ...seededRandom(1), fraction: () => fraction });
  expect([0, 0.5, 1].map((fraction) => backoffMs(SPAN, 2, at(fraction)))).toEqual([200, 300, 400]);
});
