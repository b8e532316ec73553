import { beforeEach, describe, expect, it } from 'vitest';
import { gate, ScriptedStore } from '../../test/actors/scripted-store.js';
import { silentLogger } from '../core/logger.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { Committer } from './committer.js';

let store: ScriptedStore;
let clock: FakeClock;
let committer: Committer;
let seq = 0;
let outcomes: string[];

function submit(log: string, patient: boolean): void {
  const name = `${log}${++seq}`;
  committer.submit({
    writes: [{ type: 'row', log, row: { seq, epoch: { term: 1, sub: 1 }, body: new Uint8Array(1) } }],
    patient,
    committed: () => outcomes.push(name),
    refused: () => outcomes.push(`refused ${name}`),
  });
}

/** The logs of each flush so far, a letter a row. */
const flushes = (): string[] =>
  store.batches.map((batch) => batch.map((write) => (write.type === 'row' ? write.log : '?')).join(''));

/** A flush that somebody waits for, and that takes so long. */
async function flushFor(ms: number): Promise<void> {
  const { opened, open } = gate();
  store.next('write', { until: opened });
  submit('c', false);
  await clock.advance(ms);
  open();
  await clock.settle();
}

describe('what nobody waits for, on a store that writes pages', () => {
  beforeEach(async () => {
    store = new ScriptedStore();
    clock = new FakeClock();
    outcomes = [];
    seq = 0;
    const storage = store.open('me');
    await storage.ownership.insertFence('me');
    const logger = silentLogger;
    committer = new Committer({
      ...{ storage, incarnation: 'me', clock, logger, flushesMax: 1, holdMaxMs: 1_000 },
      onFenced: () => undefined,
    });
  });

  it('goes with the next flush while flushes are short', async () => {
    await flushFor(5);
    submit('a', true);
    await flushFor(1);
    expect(flushes()).toEqual(['c', 'ca']);
  });

  it('is held in proportion to what a flush takes, log by log, and goes with what came for its log meanwhile', async () => {
    await flushFor(10); // from here on 400 ms
    submit('a', true);
    await clock.advance(200);
    submit('b', true);
    submit('a', true);
    await flushFor(10);
    await clock.advance(189);
    expect(flushes()).toEqual(['c', 'c']);
    await clock.advance(1);
    expect(flushes()).toEqual(['c', 'c', 'aa', 'b']); // that flush was short: nothing is held after it
    expect(outcomes).toEqual(['c1', 'c5', 'a2', 'a4', 'b3']);
    expect(committer.idle).toBe(true);
  });

  it('is held for holdMaxMs at most, and by itself goes then', async () => {
    await flushFor(500);
    submit('a', true);
    await clock.advance(999);
    expect(flushes()).toEqual(['c']);
    expect(committer.idle).toBe(false);
    await clock.advance(1);
    expect(flushes()).toEqual(['c', 'a']);
  });

  it('goes before what somebody waits for of the same log', async () => {
    await flushFor(10);
    submit('a', true);
    submit('b', true);
    submit('a', false);
    await clock.settle();
    expect(flushes()).toEqual(['c', 'aa']);
    expect(outcomes).toEqual(['c1', 'a2', 'a4']);
  });

  it('is not held more than the bound of all logs allows', async () => {
    await flushFor(10);
    submit('a', true);
    submit('a', true);
    for (let log = 0; log < 50_000; log++) submit('b', true);
    await flushFor(10);
    expect(flushes()).toEqual(['c', 'caa']);
  });

  it('is held no more once it is told to hurry', async () => {
    await flushFor(10);
    submit('a', true);
    committer.hurry();
    await clock.settle();
    submit('a', true);
    await clock.advance(20);
    expect(flushes()).toEqual(['c', 'a', 'a']);
  });
});
