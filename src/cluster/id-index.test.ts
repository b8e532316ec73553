import { describe, expect, it } from 'vitest';
import { gate, ScriptedStore } from '../../test/actors/scripted-store.js';
import { silentLogger } from '../core/logger.js';
import { type MessageId, makeMessageId } from '../core/message-id.js';
import type { StoreWrite } from '../core/store.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { IdIndex, type IdIndexDeps } from './id-index.js';

const idAt = (timeMs: number, shard = 5, counter = 0): MessageId =>
  makeMessageId(1_700_000_000_000 + timeMs, shard, 1, counter);
const place = (seq: number) => ({ channelId: 'g', seq });

async function setup() {
  const store = new ScriptedStore();
  const clock = new FakeClock();
  const storage = store.open('me');
  await storage.ownership.insertFence('me');
  const open = (term: number, more: Partial<IdIndexDeps> = {}) =>
    new IdIndex({ store: storage.messages, clock, logger: silentLogger, termOf: () => term, ...more });
  return { store, clock, open };
}

describe('the index of message ids', () => {
  it('finds a message before it is written, while it is, and after', async () => {
    const { store, clock, open } = await setup();
    const index = open(1);
    const written = gate();
    index.add(idAt(0), place(7));
    expect(await index.find(idAt(0))).toEqual(place(7));
    store.next('write', { until: written.opened });
    const flushed = index.flush(5);
    expect(await index.find(idAt(0))).toEqual(place(7));
    written.open();
    await flushed;
    expect(await open(2).find(idAt(0))).toEqual(place(7));
    expect(await index.find(idAt(1))).toBeUndefined();
    await clock.settle();
  });

  it('writes all by itself within some seconds, one row for many messages of one time and shard', async () => {
    const { store, clock, open } = await setup();
    const index = open(1);
    for (let i = 0; i < 50; i++) index.add(idAt(i * 10), place(i));
    for (let i = 0; i < 50; i++) index.add(idAt(i * 10, 6), place(100 + i));
    await clock.advance(6_000);
    expect(store.batches.flat()).toHaveLength(2);
    const fresh = open(2);
    for (let i = 0; i < 50; i += 7) {
      expect(await fresh.find(idAt(i * 10))).toEqual(place(i));
      expect(await fresh.find(idAt(i * 10, 6))).toEqual(place(100 + i));
    }
  });

  it('hands over what nobody waits for to be written with something else, and writes at once what somebody waits for', async () => {
    const { store, clock, open } = await setup();
    const behind: StoreWrite[] = [];
    const index = open(1, { writeBehind: async (writes) => void behind.push(...writes) });
    index.add(idAt(0), place(1));
    await clock.advance(6_000);
    expect([behind.length, store.batches.length]).toEqual([1, 0]);
    index.add(idAt(9_000), place(2));
    await index.flush(5);
    expect([behind.length, store.batches.length]).toEqual([1, 1]);
  });

  it('finds messages of one time that several owners and flushes wrote', async () => {
    const { open } = await setup();
    for (let term = 1; term <= 3; term++) {
      const index = open(term);
      for (let i = 0; i < 12; i++) {
        index.add(idAt(term * 100 + i), place(term * 100 + i));
        await index.flush(5);
      }
    }
    const fresh = open(4);
    for (let term = 1; term <= 3; term++)
      for (let i = 0; i < 12; i++) expect(await fresh.find(idAt(term * 100 + i))).toEqual(place(term * 100 + i));
    expect(await fresh.find(idAt(99))).toBeUndefined();
    expect(await fresh.find(idAt(10_000))).toBeUndefined();
  });

  it('keeps what could not be written, says so to who waits, and writes it later', async () => {
    const { store, clock, open } = await setup();
    const index = open(1);
    index.add(idAt(0), place(1));
    store.next('write', { error: 'storage_full' });
    await expect(index.flush(5)).rejects.toMatchObject({ kind: 'storage_full' });
    expect(await index.find(idAt(0))).toEqual(place(1));
    store.next('write', { error: 'unavailable' });
    await clock.advance(12_000);
    expect(await open(2).find(idAt(0))).toEqual(place(1));
  });

  it('has written everything when it is closed', async () => {
    const { store, open } = await setup();
    const index = open(1);
    for (let i = 0; i < 2_500; i++) index.add(idAt(0, 5, i % 64), place(i));
    index.add(idAt(9_000, 6), place(9));
    await index.close();
    expect(store.batches.flat()).toHaveLength(4);
    expect(await open(2).find(idAt(9_000, 6))).toEqual(place(9));
  });

  it('makes a second flush wait for the one under way', async () => {
    const { store, open } = await setup();
    const index = open(1);
    const written = gate();
    store.next('write', { until: written.opened });
    index.add(idAt(0), place(1));
    const order: string[] = [];
    const first = index.flush(5).then(() => order.push('first'));
    index.add(idAt(1), place(2));
    const second = index.flush(5).then(() => order.push('second'));
    written.open();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
    expect(await open(2).find(idAt(1))).toEqual(place(2));
  });
});
