import { expect, it } from 'vitest';
import { eachBounded } from './bounded.js';

/** Work that ends when told. */
function workbench() {
  const begun: number[] = [];
  const ends = new Map<number, { resolve: () => void; reject: (cause: Error) => void }>();
  const work = (item: number): Promise<void> => {
    begun.push(item);
    return new Promise((resolve, reject) => ends.set(item, { resolve, reject }));
  };
  return {
    begun,
    work,
    end: (item: number) => ends.get(item)?.resolve(),
    fail: (item: number) => ends.get(item)?.reject(new Error(`${item}`)),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('does so many at a time, in order of start', async () => {
  const { begun, work, end } = workbench();
  const all = eachBounded([1, 2, 3], 2, work);
  expect(begun).toEqual([1, 2]);
  end(2);
  await settled();
  expect(begun).toEqual([1, 2, 3]);
  end(1);
  end(3);
  await all;
});

it('rejects with the first failure once nothing is under way any more, and begins nothing after it', async () => {
  const { begun, work, end, fail } = workbench();
  let outcome = 'open';
  const all = eachBounded([1, 2, 3, 4, 5], 3, work).catch(({ message }: Error) => {
    outcome = message;
  });
  fail(2);
  await settled();
  fail(1);
  await settled();
  expect([outcome, begun]).toEqual(['open', [1, 2, 3]]);
  end(3);
  await all;
  expect([outcome, begun]).toEqual(['2', [1, 2, 3]]);
});
