import { describe, expect, it } from 'vitest';
import { ScriptedStore } from '../../test/actors/scripted-store.js';
import { SHARD_COUNT, shardOf, userActor } from '../core/ids.js';
import { messageIdTime } from '../core/message-id.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { soleOwnership } from './ownership/sole-ownership.js';

const BOB = userActor('bob');

function setup() {
  const store = new ScriptedStore();
  const clock = new FakeClock();
  const table = (incarnation: string, storage = store.open(incarnation)) => {
    const ownership = soleOwnership({ incarnation, storage, clock });
    const actors = {
      recover: async () => {},
      hosts: () => false,
      retire: async () => {},
      end: () => {},
      fenced: () => {},
    };
    return Object.assign(ownership.shards, { claimAll: () => ownership.start(actors) });
  };
  return { store, clock, table };
}

describe('the shards of a process', () => {
  it('are none before it claims them, and all of them after', async () => {
    const { table } = setup();
    const first = table('first');
    expect(first.nextEpoch(BOB)).toBeUndefined();
    expect(first.idsOf(BOB)).toBeUndefined();
    await first.claimAll();
    expect([...first.shards]).toHaveLength(SHARD_COUNT);
    expect(first.termOf(shardOf(BOB))).toBe(1);
  });

  it('give each activation an epoch that none had before, over restarts too', async () => {
    const { table } = setup();
    const first = table('first');
    await first.claimAll();
    expect([first.nextEpoch(BOB), first.nextEpoch(BOB)]).toEqual([
      { term: 1, sub: 1 },
      { term: 1, sub: 2 },
    ]);
    const second = table('second');
    await second.claimAll();
    expect(second.nextEpoch(BOB)).toEqual({ term: 2, sub: 1 });
  });

  it('are taken from an owner that was fenced before', async () => {
    const { store, table } = setup();
    await table('first').claimAll();
    await table('second').claimAll();
    expect([store.place.fenceOf('first'), store.place.fenceOf('second')]).toEqual(['fenced', 'live']);
    const order = store.calls.map(({ type }) => type).slice(-4);
    expect(order).toEqual(['readOwners', 'fence', 'insertFence', 'changeOwners']);
  });

  it('are not served when another process claimed them meanwhile', async () => {
    const { store, table } = setup();
    const storage = store.open('late');
    const readOwners = async () => {
      const rows = await storage.ownership.readOwners();
      await table('quick').claimAll();
      return rows;
    };
    const late = table('late', { ...storage, ownership: { ...storage.ownership, readOwners } });
    await expect(late.claimAll()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(late.nextEpoch(BOB)).toBeUndefined();
  });

  it('issue message ids above those of earlier owners, although the clock went back', async () => {
    const { table, clock } = setup();
    const first = table('first');
    await first.claimAll();
    const before = first.idsOf(BOB)?.next(undefined);
    clock.jump(-3_600_000);
    const second = table('second');
    await second.claimAll();
    const after = second.idsOf(BOB)?.next(undefined);
    expect(after !== undefined && before !== undefined && after.greaterThan(before)).toBe(true);
    expect(messageIdTime(after ?? before ?? expect.fail())).toBeGreaterThan(clock.now());
  });

  it('are given up together with their actors, unless they are served under a later term', async () => {
    const { table } = setup();
    const shards = table('first');
    await shards.claimAll();
    const ended: number[] = [];
    const shard = shardOf(BOB);
    shards.giveUp(shard, 0, 0, (given) => ended.push(given));
    expect([ended, shards.termOf(shard)]).toEqual([[], 1]);
    shards.giveUp(shard, 1, 0, (given) => ended.push(given));
    expect([ended, shards.termOf(shard), shards.nextEpoch(BOB)]).toEqual([[shard], undefined, undefined]);
  });
});
