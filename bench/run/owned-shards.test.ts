import { expect, it } from 'vitest';
import { SHARD_COUNT } from '../../src/core/ids.js';
import { untilOwned } from './owned-shards.js';

it('waits until the nodes own every shard together, and gives up with what each owns', async () => {
  let asked = 0;
  const counts = async (): Promise<number[]> => [SHARD_COUNT - 1, ++asked - 1];
  await untilOwned(counts, 10_000);
  expect(asked).toBe(2);
  await expect(untilOwned(async () => [1, 2], -1)).rejects.toThrow(`of ${SHARD_COUNT} shards are owned: 1 2`);
});
