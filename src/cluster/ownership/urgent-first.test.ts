import { describe, expect, it } from 'vitest';
import { urgentFirst } from './urgent-first.js';

const rows = (...shards: readonly number[]) => shards.map((shard) => ({ shard }));
const shardsOf = (run: readonly { readonly shard: number }[] | undefined) => run?.map(({ shard }) => shard);

describe('rows, the urgent ones first', () => {
  it('come in runs, each once, in order', () => {
    const runs = [...urgentFirst(rows(5, 1, 4, 2, 3), new Set(), 2)];
    expect(runs.map(shardsOf)).toEqual([[5, 1], [4, 2], [3]]);
  });

  it('are the urgent ones by themselves while there are any, also of those that became so meanwhile', () => {
    const urgent = new Set([3]);
    const runs = urgentFirst(rows(1, 2, 3, 4, 5, 6), urgent, 2);
    expect(shardsOf(runs.next().value ?? undefined)).toEqual([3]);
    expect(shardsOf(runs.next().value ?? undefined)).toEqual([1, 2]);
    urgent.add(6).add(2).add(77);
    expect(shardsOf(runs.next().value ?? undefined)).toEqual([6]);
    expect(shardsOf(runs.next().value ?? undefined)).toEqual([4, 5]);
    expect(runs.next().done).toBe(true);
  });
});
