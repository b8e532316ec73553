import { describe, expect, it } from 'vitest';
import { TestCluster, type TestNode } from '../../../test/ownership/test-cluster.js';
import { ParleyError } from '../../core/errors.js';
import { SHARD_COUNT } from '../../core/ids.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { Around, StoreOperation } from '../../storage/memory/memory-storage.js';
import { nodeSubject } from '../edge-link.js';

/** The answer of the next operation of that type is lost: it happens now, later, or never. */
function losing(type: StoreOperation['type']) {
  const lost = { next: undefined as 'happens' | 'later' | 'never' | undefined, late: () => {} };
  const around: Around = async (operation, apply) => {
    const how = operation.type === type ? lost.next : undefined;
    if (how === undefined) return apply();
    lost.next = undefined;
    if (how === 'happens') apply();
    if (how === 'later') lost.late = () => void apply();
    throw new ParleyError('timeout');
  };
  return { lost, around };
}

const cluster = (): TestCluster => new TestCluster(new FakeClock());
const all = (incarnation: string) => () => incarnation;
const owned = (node: TestNode): number => node.ownership.shards.size;

describe('a node of a cluster', () => {
  it('claims what the map gives it, serves it, and wakes what owes work', async () => {
    const world = cluster();
    world.board.place(['a', 'b'], (shard) => (shard % 2 === 0 ? 'a' : 'b'));
    const a = await world.start('a');
    const b = await world.start('b');
    expect([owned(a), owned(b)]).toEqual([SHARD_COUNT / 2, SHARD_COUNT / 2]);
    expect(a.actors.recovered).toHaveLength(SHARD_COUNT / 2);
    expect([a.ownership.shards.termOf(2), a.ownership.shards.termOf(3), world.ownerOf(3)]).toEqual([1, undefined, 'b']);
  });

  it('gives up what the map places elsewhere, once its actors have finished, and fences nobody', async () => {
    const world = cluster();
    world.board.place(['a', 'b'], all('a'));
    const a = await world.start('a');
    const b = await world.start('b');
    let finish: () => void = () => undefined;
    a.actors.finished = new Promise((resolve) => {
      finish = resolve;
    });
    world.board.place(['a', 'b'], (shard) => (shard < 10 ? 'b' : 'a'));
    await world.clock.advance(500);
    expect([world.ownerOf(3), a.ownership.shards.termOf(3), owned(b)]).toEqual(['a', 1, 0]);
    expect(a.ownership.shards.nextEpoch('user:bob')).toBeDefined();
    finish();
    await world.clock.settle();
    expect([owned(a), owned(b), world.ownerOf(3), world.termOf(3)]).toEqual([SHARD_COUNT - 10, 10, 'b', 2]);
    expect([a.actors.ended.length, world.place.fenceOf('a')]).toEqual([10, 'live']);
  });

  it('cuts actors that do not finish in time, before the store hears of the release', async () => {
    const world = cluster();
    world.board.place(['a', 'b'], all('a'));
    const a = await world.start('a');
    const b = await world.start('b');
    a.actors.finished = new Promise(() => undefined);
    world.board.place(['a', 'b'], (shard) => (shard === 5 ? 'b' : 'a'));
    await world.clock.advance(900);
    expect([world.ownerOf(5), a.actors.ended]).toEqual(['a', []]);
    await world.clock.advance(200);
    expect([world.ownerOf(5), a.actors.ended, owned(b)]).toEqual(['b', [5], 1]);
  });

  it('has no shard wait for the actors of many others', async () => {
    const world = cluster();
    world.board.place(['a', 'b'], all('a'));
    const a = await world.start('a');
    const b = await world.start('b');
    a.actors.finished = new Promise(() => undefined);
    a.actors.slow = (shard) => shard === 3;
    world.board.place(['a', 'b'], (shard) => (shard < 200 ? 'b' : 'a'));
    await world.clock.settle();
    expect([owned(b) >= 190, world.ownerOf(3), world.ownerOf(199)]).toEqual([true, 'a', 'b']);
    await world.clock.advance(1_100);
    expect([owned(b), world.ownerOf(3)]).toEqual([200, 'b']);
  });

  it('claims at once what it hears was released, whatever else it waits for', async () => {
    const world = cluster();
    world.board.place(['a', 'b'], all('a'));
    await world.start('a');
    let waits = false;
    const b = await world.start('b', async (operation, apply) => {
      if (operation.type === 'readOwners' && waits) await new Promise(() => undefined);
      return apply();
    });
    waits = true;
    world.board.place(['a', 'b'], (shard) => (shard < 200 ? 'b' : 'a'));
    await world.clock.settle();
    expect([owned(b), world.ownerOf(7)]).toEqual([200, 'b']);
  });

  it('fences an owner that the map no longer lists and nobody hears, and claims its shards', async () => {
    const world = cluster();
    world.board.place(['a', 'b'], all('a'));
    const a = await world.start('a');
    const b = await world.start('b');
    await world.clock.advance(3_000);
    a.cutFromBus();
    a.cutFromMap();
    world.board.place(['b'], all('b'));
    await world.clock.advance(1_000);
    expect(world.place.fenceOf('a')).toBe('live');
    await world.clock.advance(3_000);
    expect([world.place.fenceOf('a'), owned(b), world.termOf(7)]).toEqual(['fenced', SHARD_COUNT, 2]);
    expect(a.actors.isFenced).toBe(true);
  });

  it('claims first what somebody waits for, also when they begin to in the middle of the claims', async () => {
    const world = cluster();
    const claimed: number[] = [];
    const answers: (() => void)[] = [];
    const a = await world.start('a', async (operation, apply) => {
      const result = apply();
      if (operation.type !== 'changeOwners') return result;
      claimed.push(...operation.changes.map(({ shard }) => shard));
      await new Promise<void>((resolve) => answers.push(resolve));
      return result;
    });
    a.ownership.wanted(4_000);
    world.board.place(['a'], all('a'));
    await world.clock.settle();
    expect(claimed[0]).toBe(4_000);
    const underWay = claimed.length;
    expect(underWay).toBeLessThan(64);
    for (const shard of [3_000, 3_500]) a.ownership.wanted(shard);
    answers.shift()?.();
    await world.clock.settle();
    expect(claimed.slice(underWay)).toEqual([3_000, 3_500]);
    for (let answer = answers.shift(); answer !== undefined; answer = answers.shift()) {
      answer();
      await world.clock.settle();
    }
    expect(owned(a)).toBe(SHARD_COUNT);
  });

  it('never fences one that it hears, though an old map does not list it, but asks it', async () => {
    const world = cluster();
    world.board.place(['a', 'b'], all('a'));
    const a = await world.start('a');
    const b = await world.start('b');
    a.actors.finished = new Promise(() => undefined);
    world.board.place(['b'], all('b'));
    await world.clock.advance(10_000);
    expect([world.place.fenceOf('a'), owned(a), owned(b)]).toEqual(['live', 0, SHARD_COUNT]);
  });

  it('fences nobody while it does not hear itself: it may be the one that is cut off', async () => {
    const world = cluster();
    world.board.place(['a', 'b'], all('a'));
    const a = await world.start('a');
    const b = await world.start('b');
    await world.clock.advance(3_000);
    a.cutFromMap();
    b.cutFromBus();
    world.board.place(['b'], all('b'));
    await world.clock.advance(20_000);
    expect([world.place.fenceOf('a'), owned(a)]).toEqual(['live', SHARD_COUNT]);
  });

  it('asks a live owner again until it answers', async () => {
    const world = cluster();
    world.board.place(['a', 'b'], all('a'));
    const a = await world.start('a');
    a.cutFromBus();
    a.cutFromMap();
    world.board.place(['a', 'b'], all('b'));
    const asked: number[] = [];
    await world.bus.subscribe(nodeSubject('a'), (envelopes) => {
      for (const envelope of envelopes) if (envelope.type === 'release_request') asked.push(envelope.shards.length);
    });
    await world.start('b');
    await world.clock.advance(5_000);
    expect(asked.length).toBeGreaterThan(3);
    expect(world.place.fenceOf('a')).toBe('live');
  });

  it('hears once a second, however idle, that it was fenced', async () => {
    const world = cluster();
    const a = await world.start('a');
    world.place.fence('a');
    await world.clock.advance(1_100);
    expect(a.actors.isFenced).toBe(true);
  });
});

describe('a claim whose outcome is not known', () => {
  it.each(['happens', 'never'] as const)('is never served: the shard is claimed anew (it %s)', async (how) => {
    const world = cluster();
    const { lost, around } = losing('changeOwners');
    const a = await world.start('a', around);
    lost.next = how;
    world.board.place(['a'], (shard) => (shard === 3 ? 'a' : ''));
    await world.clock.settle();
    expect(owned(a)).toBe(0);
    await world.clock.advance(1_000);
    expect([a.ownership.shards.termOf(3), world.termOf(3)]).toEqual(how === 'happens' ? [2, 2] : [1, 1]);
  });

  it('that lands late does not stand in the way of the next owner, who asks for the shard', async () => {
    const world = cluster();
    const { lost, around } = losing('changeOwners');
    const a = await world.start('a', around);
    lost.next = 'later';
    world.board.place(['a', 'b'], (shard) => (shard === 3 ? 'a' : ''));
    await world.clock.settle();
    world.board.place(['a', 'b'], (shard) => (shard === 3 ? 'b' : ''));
    lost.late();
    expect([world.ownerOf(3), owned(a)]).toEqual(['a', 0]);
    const b = await world.start('b');
    await world.clock.advance(1_000);
    expect([world.ownerOf(3), owned(a), owned(b), world.place.fenceOf('a')]).toEqual(['b', 0, 1, 'live']);
  });

  it('is given up for good once somebody else asked for the shard, also when the answer comes after that', async () => {
    const world = cluster();
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let first = true;
    const a = await world.start('a', async (operation, apply) => {
      const result = apply();
      if (operation.type === 'changeOwners' && first) {
        first = false;
        await held;
      }
      return result;
    });
    world.board.place(['a', 'b'], (shard) => (shard === 3 ? 'a' : ''));
    await world.clock.settle();
    expect(world.ownerOf(3)).toBe('a');
    world.bus.publish(nodeSubject('a'), [{ type: 'release_request', incarnation: 'b', shards: [3] }]);
    await world.clock.settle();
    expect(world.ownerOf(3)).toBeUndefined();
    answer();
    await world.clock.settle();
    expect(owned(a)).toBe(0);
  });
});

describe('a release whose outcome is not known', () => {
  it.each(['happens', 'later', 'never'] as const)('ends the term for good, and is repeated (it %s)', async (how) => {
    const world = cluster();
    const { lost, around } = losing('changeOwners');
    world.board.place(['a', 'b'], (shard) => (shard === 3 ? 'a' : ''));
    const a = await world.start('a', around);
    const b = await world.start('b');
    lost.next = how;
    world.board.place(['a', 'b'], (shard) => (shard === 3 ? 'b' : ''));
    await world.clock.settle();
    expect([a.actors.ended, owned(a)]).toEqual([[3], 0]);
    world.board.place(['a', 'b'], (shard) => (shard === 3 ? 'a' : ''));
    await world.clock.advance(3_000);
    lost.late();
    expect(a.ownership.shards.termOf(3)).toBeGreaterThan(1);
    expect([a.ownership.shards.termOf(3), 'a', owned(b)]).toEqual([world.termOf(3), world.ownerOf(3), 0]);
  });
});

describe('a shard given up because somebody asked', () => {
  it('is left to them for a while, and claimed again when they do not take it', async () => {
    const world = cluster();
    world.board.place(['a', 'b'], all('a'));
    const a = await world.start('a');
    world.bus.publish(nodeSubject('a'), [{ type: 'release_request', incarnation: 'b', shards: [3] }]);
    await world.clock.advance(2_000);
    expect([a.ownership.shards.termOf(3), world.ownerOf(3)]).toEqual([undefined, undefined]);
    await world.clock.advance(1_500);
    expect([a.ownership.shards.termOf(3), world.ownerOf(3)]).toEqual([2, 'a']);
  });
});

describe('a planned drain', () => {
  it('lets the coordinator move the shards first, and gives up the rest when there is nobody to', async () => {
    const world = cluster();
    world.board.place(['a', 'b'], all('a'));
    const a = await world.start('a');
    const b = await world.start('b');
    const drained = a.ownership.drain(5_000);
    await world.clock.advance(1_000);
    expect(owned(a)).toBe(SHARD_COUNT);
    world.board.place(['a', 'b'], all('b'));
    await world.clock.advance(100);
    await drained;
    expect([owned(a), owned(b), world.place.fenceOf('a')]).toEqual([0, SHARD_COUNT, 'live']);
    world.board.place(['b'], all('b'));
    const alone = b.ownership.drain(5_000);
    await world.clock.advance(200);
    await alone;
    expect([owned(b), world.ownerOf(9)]).toEqual([0, undefined]);
  });
});
