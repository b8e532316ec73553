import { describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import { silentLogger } from '../core/logger.js';
import type { StoreWrite } from '../core/store.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { MemoryPlace } from '../storage/memory/memory-place.js';
import { openMemory } from '../storage/memory/memory-storage.js';
import { Committer } from './committer.js';

const row = (log: string, seq: number): StoreWrite => ({
  type: 'row',
  log,
  row: { seq, epoch: { term: 1, sub: 1 }, body: Uint8Array.of(1) },
});

/** A store of many partitions, some of which are away. */
async function setup(flushesMax = 8) {
  const clock = new FakeClock();
  const away = new Set<string>();
  const attempts: string[][] = [];
  const place = new MemoryPlace();
  const storage = openMemory({
    ...{ place, incarnation: 'me', fencesWrites: false },
    around: async (operation, apply) => {
      if (operation.type !== 'write') return apply();
      const logs = operation.batch.flatMap((write) => ('log' in write ? [write.log] : []));
      attempts.push(logs);
      if (logs.some((log) => away.has(log))) throw new ParleyError('unavailable');
      return apply();
    },
  });
  await storage.ownership.insertFence('me');
  const outcomes: string[] = [];
  let fenced = 0;
  const committer = new Committer({
    ...{ storage, incarnation: 'me', clock, logger: silentLogger },
    ...{ flushesMax, flushEveryMs: 2, flushCommitsMax: 1_000, onFenced: () => fenced++ },
  });
  const submit = (log: string, seq: number): void =>
    committer.submit({
      writes: [row(log, seq)],
      committed: () => outcomes.push(`${log} ${seq}`),
      refused: (error) => outcomes.push(`${error.kind} ${log} ${seq}`),
    });
  return { clock, place, away, attempts, outcomes, committer, submit, fencedCount: () => fenced };
}

describe('a flush of which a part is in doubt', () => {
  it('is repeated log by log: the others are committed soon, and later ones without delay', async () => {
    const { clock, away, outcomes, submit } = await setup();
    away.add('bad');
    submit('good', 1);
    submit('bad', 1);
    submit('fine', 1);
    await clock.advance(50);
    expect(outcomes).toEqual(['good 1', 'fine 1']);
    submit('bad', 2);
    submit('good', 2);
    await clock.settle();
    expect(outcomes.slice(2)).toEqual(['good 2']);
  });

  it('holds up no other log, however long it lasts and however much comes for the one in doubt', async () => {
    const { clock, away, outcomes, submit } = await setup();
    away.add('bad');
    for (let seq = 1; seq <= 60; seq++) {
      submit('bad', seq);
      for (let log = 0; log < 10; log++) submit(`log${log}`, seq);
      await clock.advance(1_000);
    }
    expect(outcomes).toHaveLength(600);
  });

  it('commits what came for the log meanwhile after it, in order, in one write at a time', async () => {
    const { clock, away, attempts, outcomes, committer, submit } = await setup();
    away.add('bad');
    submit('bad', 1);
    submit('good', 1);
    await clock.advance(100);
    for (const seq of [2, 3, 4]) submit('bad', seq);
    await clock.advance(10_000);
    expect([committer.idle, outcomes]).toEqual([false, ['good 1']]);
    expect(attempts.length).toBeLessThan(15);
    away.clear();
    await clock.advance(2_000);
    expect(outcomes.slice(1)).toEqual(['bad 1', 'bad 2', 'bad 3', 'bad 4']);
    expect(committer.idle).toBe(true);
    submit('bad', 5);
    await clock.settle();
    expect(outcomes.at(-1)).toBe('bad 5');
  });

  it('is repeated whole where the store has one writer: nothing overtakes it', async () => {
    const { clock, away, attempts, outcomes, submit } = await setup(1);
    away.add('bad');
    submit('bad', 1);
    submit('good', 1);
    await clock.settle();
    submit('good', 2);
    await clock.advance(10_000);
    expect([outcomes, new Set(attempts.map((logs) => logs.join()))]).toEqual([[], new Set(['bad,good'])]);
    away.clear();
    await clock.advance(2_000);
    expect(outcomes).toEqual(['bad 1', 'good 1', 'good 2']);
  });

  it('commits nothing of it once the fence is lost', async () => {
    const { clock, place, away, outcomes, submit, fencedCount } = await setup();
    away.add('bad');
    submit('bad', 1);
    await clock.advance(1_000);
    place.fence('me');
    away.clear();
    await clock.advance(10_000);
    expect([outcomes, fencedCount()]).toEqual([[], 1]);
  });

  it('refuses a programmer’s error among what came meanwhile, and commits the others', async () => {
    const { clock, away, outcomes, committer, submit } = await setup();
    away.add('bad');
    submit('bad', 1);
    await clock.advance(100);
    submit('bad', -1);
    submit('bad', 2);
    away.clear();
    await clock.advance(5_000);
    expect(outcomes).toEqual(['bad 1', 'internal bad -1', 'bad 2']);
    expect(committer.idle).toBe(true);
  });

  it('takes no more records of a log than a bound allows, while it is in doubt', async () => {
    const { clock, away, outcomes, submit, committer } = await setup();
    away.add('bad');
    submit('bad', 1);
    await clock.advance(50);
    const record = (): Promise<void> => committer.commit([row('bad', 2)]);
    const waiting = Array.from({ length: 999 }, record);
    await expect(record()).rejects.toMatchObject({ kind: 'overloaded', retryAfterMs: 500 });
    submit('bad', 3); // rows have a bound of their own
    away.clear();
    await clock.advance(10_000);
    await Promise.all([...waiting, record(), clock.advance(1)]);
    expect(outcomes).toEqual(['bad 1', 'bad 3']);
  });
});
