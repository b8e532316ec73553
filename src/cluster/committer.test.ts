import { describe, expect, it } from 'vitest';
import { gate, ScriptedStore } from '../../test/actors/scripted-store.js';
import { silentLogger } from '../core/logger.js';
import type { StoreWrite } from '../core/store.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { Committer, type FlushOptions } from './committer.js';

const row = (seq: number): StoreWrite => ({
  type: 'row',
  log: 'channel:x',
  row: { seq, epoch: { term: 1, sub: 1 }, body: Uint8Array.of(seq) },
});

async function setup(fencesWrites = true, flushing: FlushOptions = { flushesMax: 1 }) {
  const store = new ScriptedStore();
  const clock = new FakeClock();
  const storage = store.open('me', fencesWrites);
  await storage.ownership.insertFence('me');
  const outcomes: string[] = [];
  let fenced = 0;
  const committer = new Committer({
    storage,
    incarnation: 'me',
    clock,
    logger: silentLogger,
    ...flushing,
    onFenced: () => fenced++,
  });
  const submit = (seq: number) =>
    committer.submit({
      writes: [row(seq)],
      committed: () => outcomes.push(`committed ${seq}`),
      refused: (error) => outcomes.push(`${error.kind} ${seq}`),
    });
  return { store, clock, committer, outcomes, submit, fencedCount: () => fenced };
}

describe('the committer', () => {
  it('makes one write and one fence read of everything that is submitted in one turn, and commits it in order', async () => {
    const { store, clock, outcomes, submit, committer } = await setup();
    for (const seq of [1, 2, 3]) submit(seq);
    expect(committer.idle).toBe(false);
    await clock.settle();
    expect(store.batches).toHaveLength(1);
    expect(store.count('readFence')).toBe(1);
    expect(outcomes).toEqual(['committed 1', 'committed 2', 'committed 3']);
    expect(committer.idle).toBe(true);
  });

  it('lets what nobody waits for share a later flush, in order, and writes it by itself before long', async () => {
    const { store, clock, outcomes, submit, committer } = await setup();
    const patiently = (seq: number) =>
      committer.submit({
        writes: [row(seq)],
        patient: true,
        committed: () => outcomes.push(`committed ${seq}`),
        refused: () => undefined,
      });
    patiently(1);
    await clock.settle();
    expect(store.batches).toHaveLength(0);
    submit(2);
    await clock.settle();
    expect(outcomes).toEqual(['committed 1', 'committed 2']);
    expect(store.batches).toHaveLength(1);
    patiently(3);
    await clock.settle();
    expect(committer.idle).toBe(false);
    await clock.advance(20);
    expect(outcomes.at(-1)).toBe('committed 3');
    expect([committer.idle, store.batches.length]).toEqual([true, 2]);
  });

  it.each([
    { many: 1_000, flushCommitsMax: 100, parts: 10 },
    { many: 200_000, flushCommitsMax: 10_000, parts: 20 },
  ])('writes $many that waited in parts of $flushCommitsMax, in order', async ({ many, flushCommitsMax, parts }) => {
    const { store, clock, outcomes, submit } = await setup(true, { flushesMax: 1, flushCommitsMax });
    const outage = gate();
    store.next('write', { answerAfter: outage.opened });
    submit(0);
    await clock.settle();
    const wanted = Array.from({ length: many }, (_, i) => i + 1);
    for (const seq of wanted) submit(seq);
    outage.open();
    await clock.settle();
    expect(store.batches.map((batch) => batch.length)).toEqual([
      1,
      ...Array.from({ length: parts }, () => flushCommitsMax),
    ]);
    expect(outcomes).toEqual([0, ...wanted].map((seq) => `committed ${seq}`));
  });

  it('starts the fence read only when the write is complete', async () => {
    const { store, clock, outcomes, submit } = await setup();
    const durable = gate();
    store.next('write', { answerAfter: durable.opened });
    submit(1);
    await clock.settle();
    expect(store.count('readFence')).toBe(0);
    durable.open();
    await clock.settle();
    expect(store.calls.map((call) => call.type).slice(-2)).toEqual(['write', 'readFence']);
    expect(outcomes).toEqual(['committed 1']);
  });

  it('counts for a write no fence read that started before the write was complete', async () => {
    const { store, clock, outcomes, submit } = await setup();
    const first = gate();
    store.next('readFence', { answerAfter: first.opened });
    submit(1);
    await clock.settle();
    submit(2);
    submit(3);
    await clock.settle();
    expect(store.batches).toHaveLength(2);
    first.open();
    await clock.settle();
    expect(store.count('readFence')).toBe(2);
    expect(outcomes).toEqual(['committed 1', 'committed 2', 'committed 3']);
  });

  it('has one write under way, and gathers what comes meanwhile for the next', async () => {
    const { store, clock, outcomes, submit } = await setup();
    const durable = gate();
    store.next('write', { until: durable.opened });
    submit(1);
    await clock.settle();
    submit(2);
    submit(3);
    await clock.settle();
    expect(store.batches).toHaveLength(1);
    durable.open();
    await clock.settle();
    expect(store.batches.map((batch) => batch.length)).toEqual([1, 2]);
    expect(outcomes).toEqual(['committed 1', 'committed 2', 'committed 3']);
  });

  it('begins the next of several flushes some time after the one that is under way, and at once when none is', async () => {
    const { store, clock, outcomes, submit } = await setup(true, { flushesMax: 3, flushEveryMs: 2 });
    const durable = gate();
    store.next('write', { until: durable.opened });
    submit(1);
    await clock.settle();
    expect(store.batches).toHaveLength(1);
    submit(2);
    await clock.advance(1);
    submit(3);
    await clock.settle();
    expect(store.batches).toHaveLength(1);
    await clock.advance(1);
    expect(store.batches.map((batch) => batch.length)).toEqual([1, 2]);
    expect(outcomes).toEqual(['committed 2', 'committed 3']);
    durable.open();
    await clock.settle();
    submit(4);
    await clock.settle();
    expect(store.batches).toHaveLength(3);
    expect(outcomes).toEqual(['committed 2', 'committed 3', 'committed 1', 'committed 4']);
  });

  it.each([
    ['that happened', true],
    ['that did not happen', false],
  ])('repeats a write in doubt %s as the same rows, until it is decided', async (_, applied) => {
    const { store, clock, outcomes, submit } = await setup();
    store.next('write', { error: 'timeout', applied });
    store.next('write', { error: 'unavailable', applied });
    submit(1);
    await clock.settle();
    submit(2);
    await clock.settle();
    expect(outcomes).toEqual([]);
    await clock.advance(5_000);
    expect(store.batches).toEqual([[row(1)], [row(1)], [row(1)], [row(2)]]);
    expect(outcomes).toEqual(['committed 1', 'committed 2']);
  });

  it('refuses what a full store did not take, and goes on with what comes after', async () => {
    const { store, clock, outcomes, submit } = await setup();
    store.next('write', { error: 'storage_full' });
    submit(1);
    submit(2);
    await clock.settle();
    submit(3);
    await clock.settle();
    expect(outcomes).toEqual(['storage_full 1', 'storage_full 2', 'committed 3']);
  });

  it('repeats no programmer’s error: what asked for it is refused, and the others of its flush are committed', async () => {
    const { store, clock, outcomes, submit, committer } = await setup();
    submit(1);
    committer.submit({
      writes: [row(-1)],
      committed: () => outcomes.push('committed -1'),
      refused: (error) => outcomes.push(`${error.kind} -1`),
    });
    submit(2);
    await clock.settle();
    submit(3);
    await clock.advance(60_000);
    expect(outcomes).toEqual(['committed 1', 'internal -1', 'committed 2', 'committed 3']);
    expect(store.batches.length).toBeLessThan(10);
    expect(committer.idle).toBe(true);
  });

  it('crashes the process on a programmer’s error in a fence read, of which nobody can tell whose it is', async () => {
    const { store, clock, outcomes, submit } = await setup();
    store.next('readFence', { error: 'internal' });
    submit(1);
    await expect(clock.settle()).rejects.toThrow('Something went wrong here.');
    await clock.advance(60_000);
    expect(outcomes).toEqual([]);
    expect(store.count('readFence')).toBe(1);
  });

  it('asks for its fence again when the answer does not come, and commits nothing before', async () => {
    const { store, clock, outcomes, submit } = await setup();
    store.next('readFence', { error: 'unavailable' });
    store.next('readFence', { error: 'timeout' });
    submit(1);
    await clock.settle();
    expect(outcomes).toEqual([]);
    await clock.advance(1_000);
    expect(outcomes).toEqual(['committed 1']);
  });

  it('commits nothing that became durable after it was fenced, and nothing ever after', async () => {
    const { store, clock, outcomes, submit, fencedCount } = await setup(false);
    const durable = gate();
    store.next('write', { answerAfter: durable.opened });
    submit(1);
    await clock.settle();
    store.place.fence('me');
    durable.open();
    await clock.settle();
    submit(2);
    await clock.advance(10_000);
    expect(outcomes).toEqual([]);
    expect(fencedCount()).toBe(1);
  });

  it('takes the store’s word that it is fenced', async () => {
    const { store, clock, outcomes, submit, fencedCount } = await setup(true);
    store.place.fence('me');
    submit(1);
    await clock.advance(10_000);
    expect(outcomes).toEqual([]);
    expect(fencedCount()).toBe(1);
  });

  it('tells the others of a flush although one of them throws', async () => {
    const { clock, outcomes, submit, committer } = await setup();
    committer.submit({
      writes: [row(1)],
      committed: () => {
        throw new Error('a programmer’s error');
      },
      refused: () => undefined,
    });
    submit(2);
    await clock.settle();
    submit(3);
    await clock.settle();
    expect(outcomes).toEqual(['committed 2', 'committed 3']);
  });
});
