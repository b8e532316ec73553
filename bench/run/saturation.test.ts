import { expect, it } from 'vitest';
import type { Measurement } from './measure.js';
import { saturate } from './saturation.js';

function measurement(rate: number, limit: number): Measurement {
  const quick = { p50Ms: 1, p99Ms: rate > limit ? 900 : 10, maxMs: 1_000 };
  return {
    rate,
    seconds: 1,
    sent: rate,
    delivered: rate,
    refused: 0,
    repeated: 0,
    refusals: {},
    lost: 0,
    doubled: 0,
    closed: 0,
    delivery: quick,
    acknowledgement: quick,
    microsecondsPerMessage: 1,
    serverShare: 1,
    generatorShare: 0.5,
    generatorLateP99Ms: 1,
    generatorDelayP99Ms: 1,
    generatorWasBottleneck: false,
  };
}

it('finds the highest rate that holds to within an eighth', async () => {
  const { rate, beyond } = await saturate(1_000, 50_000, async (asked) => measurement(asked, 5_000));
  expect(rate).toBeGreaterThan(4_300);
  expect(rate).toBeLessThanOrEqual(5_000);
  expect(beyond?.rate).toBeGreaterThan(5_000);
});

it('stops at the highest rate it may try', async () => {
  const { rate, beyond, tried } = await saturate(1_000, 2_000, async (asked) => measurement(asked, 1e9));
  expect([rate, beyond, tried.length]).toEqual([1_500, undefined, 2]);
});

it('says 0 when not even a small rate holds', async () => {
  expect((await saturate(1_000, 50_000, async (asked) => measurement(asked, 10))).rate).toBe(0);
});

it('does not call a rate held at which sends had to be repeated', async () => {
  const offer = async (asked: number): Promise<Measurement> => ({
    ...measurement(asked, 50_000),
    repeated: asked > 1_200 ? 1 : 0,
  });
  const { rate, beyond } = await saturate(1_000, 50_000, offer);
  expect(rate).toBeLessThanOrEqual(1_200);
  expect(beyond?.repeated).toBe(1);
});

it('tries a rate that was not held again as often as it may, so that one pause is not the limit', async () => {
  let offered = 0;
  const pausing = async (asked: number) => measurement(asked, ++offered === 1 ? 0 : 5_000);
  const { rate, beyond } = await saturate(1_000, 50_000, pausing, 2);
  expect(rate).toBeGreaterThan(4_300);
  expect(beyond?.rate).toBeGreaterThan(5_000);
});
