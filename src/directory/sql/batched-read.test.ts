import { expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { BatchedRead } from './batched-read.js';

function setup(waitingMax = 100) {
  const batches: (readonly number[])[] = [];
  const ends: ((failure?: Error) => void)[] = [];
  const reads = new BatchedRead<number, string>({
    batchMax: 3,
    batchesAtOnce: 1,
    waitingMax,
    read: (keys) => {
      batches.push(keys);
      return new Promise((resolve, reject) => {
        ends.push((failure) =>
          failure === undefined
            ? resolve(new Map(keys.filter((key) => key > 0).map((key) => [key, `value ${key}`])))
            : reject(failure),
        );
      });
    },
  });
  return { batches, ends, reads };
}

it('asks together for what came while another batch was under way, each key once, no batch above its most', async () => {
  const { batches, ends, reads } = setup();
  const asked = [1, 2, 3, 2, 0, 4].map((key) => reads.get(key));
  expect(batches).toEqual([[1]]);
  ends[0]?.();
  expect(await asked[0]).toBe('value 1');
  expect(batches[1]).toEqual([2, 3, 0]);
  ends[1]?.();
  expect(await Promise.all(asked.slice(1, 5))).toEqual(['value 2', 'value 3', 'value 2', undefined]);
  expect(batches[2]).toEqual([4]);
});

it('begins each read after it was asked for: what is under way already is not shared', async () => {
  const { batches, ends, reads } = setup();
  const [before, after] = [reads.get(1), reads.get(1)];
  ends[0]?.();
  await before;
  expect(batches).toEqual([[1], [1]]);
  ends[1]?.();
  expect(await after).toBe('value 1');
});

it('fails a batch alone, and goes on', async () => {
  const { ends, reads } = setup();
  const [one, two] = [reads.get(1), reads.get(2)];
  ends[0]?.(new ParleyError('unavailable'));
  await expect(one).rejects.toMatchObject({ kind: 'unavailable' });
  ends[1]?.();
  expect(await two).toBe('value 2');
});

it('refuses with `overloaded` what finds no room to wait', async () => {
  const { ends, reads } = setup(1);
  const [one, two] = [reads.get(1), reads.get(2)];
  await expect(reads.get(3)).rejects.toMatchObject({ kind: 'overloaded' });
  ends[0]?.();
  await one;
  ends[1]?.();
  expect(await two).toBe('value 2');
});
