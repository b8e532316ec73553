import { describe, expect, it } from 'vitest';
import { gate } from '../../../test/actors/scripted-store.js';
import { TestCluster, type TestNode } from '../../../test/ownership/test-cluster.js';
import { SHARD_COUNT } from '../../core/ids.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { Around } from '../../storage/memory/memory-storage.js';
import { nodeSubject } from '../edge-link.js';
import { HAND_OVERS } from './releases.js';

const MOVED = 600;

/** A store whose changes of owner wait until they are let go on. */
function heldStore() {
  const waiting: (() => void)[] = [];
  let held = false;
  const around: Around = async (operation, apply) => {
    if (operation.type === 'changeOwners' && held) await new Promise<void>((resolve) => waiting.push(resolve));
    return apply();
  };
  const letGo = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  return {
    around,
    letGo,
    hold: () => {
      held = true;
    },
    free: () => {
      held = false;
      letGo();
    },
  };
}

/** Everything on `a`; then the first shards are placed on `b`. */
async function moving(around: Around): Promise<{ world: TestCluster; a: TestNode; b: TestNode; move: () => void }> {
  const world = new TestCluster(new FakeClock());
  world.board.place(['a', 'b'], () => 'a');
  const a = await world.start('a', around);
  const b = await world.start('b');
  const move = (): void => world.board.place(['a', 'b'], (shard) => (shard < MOVED ? 'b' : 'a'));
  return { world, a, b, move };
}

describe('hand-overs', () => {
  it('are few at once, however many maps and requests come; the other shards are served until their turn', async () => {
    const store = heldStore();
    const { world, a, b, move } = await moving(store.around);
    store.hold();
    for (let again = 0; again < 5; again++) {
      move();
      const shards = Array.from({ length: 100 }, (_, index) => MOVED + 100 * again + index);
      world.bus.publish(nodeSubject('a'), [{ type: 'release_request', incarnation: 'b', shards }]);
      await world.clock.settle();
    }
    expect([a.actors.retired.length, a.ownership.shards.size]).toEqual([
      HAND_OVERS.first,
      SHARD_COUNT - HAND_OVERS.first,
    ]);
    store.free();
    await world.clock.settle();
    expect(b.ownership.shards.size).toBe(MOVED);
    expect(a.actors.retired.length).toBe(MOVED + 500);
  });

  it('begin with the shards whose actors are in memory', async () => {
    const store = heldStore();
    const { world, a, b, move } = await moving(store.around);
    a.actors.hosted = (shard) => shard === 77 || shard === 501;
    store.hold();
    move();
    await world.clock.settle();
    expect(a.actors.retired.slice(0, 2)).toEqual([77, 501]);
    store.free();
    await world.clock.settle();
    expect(b.ownership.shards.size).toBe(MOVED);
  });

  it('are fewer while the store is slow, and more again when it is not', async () => {
    const store = heldStore();
    const { world, a, move } = await moving(store.around);
    move();
    await world.clock.settle();
    store.hold();
    world.board.place(['a', 'b'], () => 'b');
    await world.clock.settle();
    /** Given up here, while the store does not know it yet. */
    const underWay = (): number =>
      world.place.owners().filter((row) => row.incarnation === 'a').length - a.ownership.shards.size;
    const before = underWay();
    for (let round = 0; round < 6; round++) {
      await world.clock.advance(HAND_OVERS.slowMs + 50);
      store.letGo();
      await world.clock.settle();
    }
    expect([before, underWay()]).toEqual([HAND_OVERS.most, HAND_OVERS.least]);
    store.free();
    await world.clock.settle();
    expect(world.place.owners().every((row) => row.incarnation === 'b')).toBe(true);
  });

  it('are not begun for what a newer map leaves here, unless somebody asked', async () => {
    const store = heldStore();
    const { world, a, b, move } = await moving(store.around);
    b.cutFromMap();
    store.hold();
    move();
    await world.clock.settle();
    world.board.place(['a', 'b'], () => 'a');
    store.free();
    await world.clock.advance(1_000);
    expect(a.actors.retired.length).toBe(HAND_OVERS.first);
    expect(a.ownership.shards.size).toBe(SHARD_COUNT);
  });

  it('do not wait for ever for a next owner that says nothing', async () => {
    const { world, a, b, move } = await moving((_operation, apply) => Promise.resolve(apply()));
    b.cutFromBus();
    b.cutFromMap();
    move();
    await world.clock.advance(20_000);
    expect(a.ownership.shards.size).toBeLessThan(SHARD_COUNT - 10 * HAND_OVERS.least);
  });
});

describe('a claim that somebody asks for before its answer is here', () => {
  /** `b` has claimed a shard that the map has given back to `a`; neither that answer nor its next look at the rows came. */
  async function claimInDoubt() {
    const slow = new Map<string, ReturnType<typeof gate>>();
    const wait = async (what: string): Promise<void> => {
      const waits = slow.get(what);
      slow.delete(what);
      await waits?.opened;
    };
    const around: Around = async (operation, apply) => {
      if (operation.type === 'readOwner') await wait('read');
      const answer = apply();
      if (operation.type === 'changeOwners') await wait('claim');
      return answer;
    };
    const world = new TestCluster(new FakeClock());
    world.board.place(['a', 'b'], () => 'a');
    const a = await world.start('a');
    const b = await world.start('b', around);
    const [claim, read] = [gate(), gate()];
    slow.set('claim', claim);
    world.board.place(['a', 'b'], (shard) => (shard === 5 ? 'b' : 'a'));
    await world.clock.settle();
    slow.set('read', read);
    world.board.place(['a', 'b'], () => 'a');
    await world.clock.advance(200);
    return { world, a, b, claim, read };
  }

  it('is not served: its release is under way', async () => {
    const { world, a, b, claim, read } = await claimInDoubt();
    expect([world.ownerOf(5), b.ownership.shards.termOf(5)]).toEqual(['b', undefined]);
    claim.open();
    await world.clock.settle();
    expect([b.ownership.shards.termOf(5), b.actors.recovered]).toEqual([undefined, []]);
    read.open();
    await world.clock.advance(5_000);
    expect([world.ownerOf(5), a.ownership.shards.termOf(5)]).toEqual(['a', world.termOf(5)]);
  });

  it('is not served either when the release was quicker', async () => {
    const { world, b, claim, read } = await claimInDoubt();
    read.open();
    await world.clock.settle();
    claim.open();
    await world.clock.advance(5_000);
    expect([b.ownership.shards.termOf(5), b.actors.recovered, world.ownerOf(5)]).toEqual([undefined, [], 'a']);
  });
});
