import { describe, expect, it } from 'vitest';
import { TestCluster } from '../../test/ownership/test-cluster.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { CLUSTER_SUBJECT } from '../protocol/bus-subjects.js';
import { ClusterRoutes } from './cluster-routes.js';

async function setup() {
  const world = new TestCluster(new FakeClock());
  const routes = new ClusterRoutes(world);
  await routes.start();
  const moved: (readonly number[])[] = [];
  routes.onMoved((shards) => moved.push(shards));
  const announce = async (incarnation: string, shard: number, term: number): Promise<void> => {
    world.bus.publish(CLUSTER_SUBJECT, [{ type: 'owner', incarnation, shards: [{ shard, term }] }]);
    await world.clock.settle();
  };
  const beat = async (incarnation: string, afterMs: number): Promise<void> => {
    await world.clock.advance(afterMs);
    world.bus.publish(CLUSTER_SUBJECT, [{ type: 'heartbeat', incarnation, storeReachable: true, ownedShards: 1 }]);
    await world.clock.settle();
  };
  return { world, routes, moved, announce, beat };
}

describe('the routes of a cluster', () => {
  it('follow the map until somebody says that they own the shard', async () => {
    const { world, routes, moved, announce } = await setup();
    expect(routes.ownerOf(1)).toBeUndefined();
    world.board.place(['a', 'b'], () => 'a');
    expect([routes.ownerOf(1), moved]).toEqual(['a', []]);
    await announce('b', 1, 4);
    expect([routes.ownerOf(1), routes.ownerOf(2), moved]).toEqual(['b', 'a', [[1]]]);
  });

  it('believe the highest term, and tell of each new one once', async () => {
    const { routes, moved, announce } = await setup();
    await announce('a', 1, 4);
    await announce('b', 1, 3);
    await announce('a', 1, 4);
    expect([routes.ownerOf(1), moved]).toEqual(['a', [[1]]]);
    await announce('a', 1, 5);
    expect(moved).toEqual([[1], [1]]);
  });

  it('drop what a process said that left, and what it says late, but keep its term', async () => {
    const { world, routes, announce } = await setup();
    world.membership.show('a', 'b', 'c');
    world.board.place(['a', 'b', 'c'], () => 'a');
    await announce('a', 1, 4);
    world.board.place(['b', 'c'], () => 'b');
    expect(routes.ownerOf(1)).toBe('b');
    await announce('a', 1, 4);
    await announce('c', 1, 3);
    expect(routes.ownerOf(1)).toBe('b');
    await announce('c', 1, 5);
    expect(routes.ownerOf(1)).toBe('c');
  });

  it('know when a node was last heard, whichever it was', async () => {
    const { world, routes, beat } = await setup();
    expect(routes.lastHeardMs).toBe(Number.NEGATIVE_INFINITY);
    await beat('a', 500);
    await world.clock.advance(500);
    expect(world.clock.monotonic() - routes.lastHeardMs).toBe(500);
  });

  it('believe one again that was missed in the registry for a while only', async () => {
    const { world, routes, announce } = await setup();
    world.membership.show('a');
    await announce('a', 1, 4);
    world.membership.show();
    expect(routes.ownerOf(1)).toBeUndefined();
    world.membership.show('a');
    await announce('a', 1, 4);
    expect(routes.ownerOf(1)).toBe('a');
  });

  it('tell the shards of an owner again that is heard after a while, since what was sent to it may be lost', async () => {
    const { routes, moved, announce, beat } = await setup();
    await announce('a', 1, 4);
    await announce('b', 2, 4);
    for (let count = 0; count < 4; count++) for (const node of ['a', 'b']) await beat(node, 250);
    expect(moved).toEqual([[1], [2]]);
    for (let count = 0; count < 3; count++) await beat('b', 500);
    await beat('a', 0);
    expect(moved.slice(2)).toEqual([[1]]);
    expect(routes.ownerOf(1)).toBe('a');
  });

  it('tell all shards again when the bus was lost', async () => {
    const { routes, moved, announce } = await setup();
    await announce('a', 1, 4);
    await announce('b', 2, 4);
    routes.reconnected();
    expect(moved.slice(2)).toEqual([[1, 2]]);
  });
});
