import { expect, it } from 'vitest';
import { until } from './until.js';

it('asks until it is so, and no more', async () => {
  let asked = 0;
  await until('the third time', () => ++asked === 3, { everyMs: 0 });
  expect(asked).toBe(3);
});

it('gives up after its time, and names what it waited for, as it is then', async () => {
  let asked = 0;
  const isNever = async (): Promise<boolean> => ++asked === 0;
  await expect(until(() => `asked ${asked} times`, isNever, { withinMs: -1 })).rejects.toThrow(
    /^not within .*: asked 1 times$/,
  );
});
