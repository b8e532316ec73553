import { describe, expect, it } from 'vitest';
import { ScriptedStore } from '../../test/actors/scripted-store.js';
import type { ActorContext } from '../actors/runtime/actor.js';
import { ParleyError } from '../core/errors.js';
import { type ActorId, shardOf } from '../core/ids.js';
import { silentLogger } from '../core/logger.js';
import { activeEntry, inactiveEntry, recoverActiveSets } from './active-set.js';

const A: ActorId = 'channel:a~b';
const shard = shardOf(A);
const context = (term: number, sub = 1, id: ActorId = A): ActorContext => ({
  id,
  epoch: { term, sub },
  alive: true,
  requestTick: () => undefined,
  end: () => undefined,
  crash: () => undefined,
});

async function setup() {
  const store = new ScriptedStore();
  const storage = store.open('me');
  await storage.ownership.insertFence('me');
  const woken: ActorId[] = [];
  const recover = (term: number, refuse?: ParleyError) =>
    recoverActiveSets(
      storage.messages,
      [{ shard, term }],
      async (actor) => {
        if (refuse !== undefined) throw refuse;
        woken.push(actor);
      },
      silentLogger,
    );
  return { store, recover, woken };
}

describe('the active set', () => {
  it('has whom an earlier owner listed woken once, and takes the entry off', async () => {
    const { store, recover, woken } = await setup();
    store.place.apply([activeEntry(context(1), 1)]);
    expect(await recover(2)).toEqual({ woken: 1, left: [] });
    expect(await recover(2)).toEqual({ woken: 0, left: [] });
    expect(woken).toEqual([A]);
  });

  it('asks the store nothing of a shard that nobody has owned before', async () => {
    const { store, recover } = await setup();
    store.next('readRecords', { error: 'unavailable' });
    expect(await recover(1)).toEqual({ woken: 0, left: [] });
    expect((await recover(2)).left).toHaveLength(1);
  });

  it('leaves alone whom this term lists itself', async () => {
    const { store, recover, woken } = await setup();
    store.place.apply([activeEntry(context(2), 1)]);
    await recover(2);
    expect(woken).toEqual([]);
    await recover(3);
    expect(woken).toEqual([A]);
  });

  it('forgets whoever took itself off, whatever arrives late', async () => {
    const { store, recover, woken } = await setup();
    store.place.apply([inactiveEntry(context(1), 2), activeEntry(context(1), 1)]);
    await recover(2);
    expect(woken).toEqual([]);
    store.place.apply([activeEntry(context(1, 2), 1)]);
    await recover(2);
    expect(woken).toEqual([A]);
  });

  it('keeps the entry of an actor that cannot be activated, and says so', async () => {
    const { store, recover, woken } = await setup();
    store.place.apply([activeEntry(context(1), 1)]);
    expect(await recover(2, new ParleyError('unavailable'))).toEqual({ woken: 0, left: [{ shard, term: 2 }] });
    expect(await recover(2)).toEqual({ woken: 1, left: [] });
    expect(woken).toEqual([A]);
  });

  it('comes back to a shard whose set could not be read or written', async () => {
    const { store, recover } = await setup();
    store.place.apply([activeEntry(context(1), 1)]);
    store.next('readRecords', { error: 'unavailable' });
    expect((await recover(2)).left).toHaveLength(1);
    store.next('write', { error: 'timeout' });
    expect((await recover(2)).left).toHaveLength(1);
    expect(await recover(2)).toEqual({ woken: 1, left: [] });
  });

  it('is read whole, however many are listed', async () => {
    const { store, recover, woken } = await setup();
    const ids = Array.from({ length: 450 }, (_, i): ActorId => `user:u${i}`);
    // What counts is the partition, so all are listed as of one shard.
    const entries = ids.map((id) => {
      const write = activeEntry(context(1, 1, id), 1);
      return write.type === 'record' ? { ...write, partition: `active/${shard}` } : write;
    });
    store.place.apply(entries);
    expect((await recover(2)).woken).toBe(450);
    expect(new Set(woken)).toEqual(new Set(ids));
  });
});
