import { describe, expect, it } from 'vitest';
import type { StoreWrite } from '../../core/store.js';
import { BUCKET_ROWS } from './schema.js';
import { TRIM_QUERIES } from './trim-log.js';
import { PLAN_BOUNDS, planWrites, WRITE_QUERIES } from './write-plan.js';

const row = (log: string, seq: number, bytes = 100): StoreWrite => ({
  type: 'row',
  log,
  row: { seq, epoch: { term: 1, sub: 1 }, body: new Uint8Array(bytes) },
});
const alone = { ...PLAN_BOUNDS, sharedPartitionsMax: 1 };
const sizes = (batch: readonly StoreWrite[], bounds = PLAN_BOUNDS) =>
  planWrites(batch, bounds).requests.map((request) => request.length);

describe('the plan of a batch', () => {
  it('makes one request of what goes to one log, whatever lies between', () => {
    expect(sizes([row('a', 1), row('b', 1), row('a', 2), row('b', 2), row('a', 3)], alone)).toEqual([3, 2]);
  });

  it('takes each bucket of a log, its index and its records for partitions of their own', () => {
    const version = { term: 1, sub: 1, counter: 1 };
    const batch: StoreWrite[] = [
      row('a', BUCKET_ROWS - 1),
      row('a', BUCKET_ROWS),
      { type: 'epoch', log: 'a', entry: { epoch: version, startSeq: 1 } },
      { type: 'record', partition: 'a', record: { key: 'k', version, value: new Uint8Array(1) } },
      { type: 'unrecord', partition: 'a', key: 'j', version },
      { type: 'unrecord', partition: 'active/1', key: 'j', version },
    ];
    expect(sizes(batch, alone)).toEqual([1, 1, 1, 2, 1]);
    expect(sizes(batch)).toEqual([6]);
  });

  it('bounds what is of one partition by rows and by bytes', () => {
    expect(sizes(Array.from({ length: 250 }, (_, i) => row('a', i, 1)))).toEqual([100, 100, 50]);
    expect(sizes(Array.from({ length: 5 }, (_, i) => row('a', i, 100_000)))).toEqual([2, 2, 1]);
    expect(sizes([row('a', 1, 1_000_000)])).toEqual([1]);
  });

  it('lets small requests travel together, below what a server warns of', () => {
    expect(sizes(Array.from({ length: 20 }, (_, i) => row(`log ${i}`, 1, 100)))).toEqual([8, 8, 4]);
    expect(sizes(Array.from({ length: 5 }, (_, i) => row(`log ${i}`, 1, 1_500)))).toEqual([2, 2, 1]);
  });

  it('keeps trims apart, and refuses what breaks the rules of keys', () => {
    const { requests, trims } = planWrites([{ type: 'trim', log: 'a', belowSeq: 5 }, row('a', 7)]);
    expect([requests.length, trims.length]).toEqual([1, 1]);
    expect(() => planWrites([row('nul\0', 1)])).toThrow('a key holds no NUL');
  });

  it('names the write time in every statement', () => {
    const queries = [...Object.values(WRITE_QUERIES), ...Object.values(TRIM_QUERIES)];
    for (const query of queries) expect(query).toMatch(/ USING TIMESTAMP (\?|1|2|3)/);
  });
});
