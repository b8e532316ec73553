import { describe, expect, it } from 'vitest';
import { NO_ORDERS, type NodeOrders, type Placement, type ProcessInfo, placedOn } from '../../core/membership.js';
import { COORDINATOR_OPTIONS, CoordinatorState, type Seen } from './decide.js';

const node = (name: string, run = 1, more: Partial<ProcessInfo> = {}): ProcessInfo => ({
  incarnation: `${name}/${run}`,
  name,
  roles: ['node'],
  publicUrl: undefined,
  zone: '',
  weight: 1,
  load: { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 },
  ...more,
});
const draining = (name: string): ProcessInfo => {
  const info = node(name);
  return { ...info, load: { ...info.load, draining: true } };
};

/** A coordinator and all that it sees, by hand. */
class World {
  nowMs = 0;
  unsure = false;
  orders: NodeOrders = NO_ORDERS;
  placement: Placement | undefined;
  nodes: ProcessInfo[] = [];
  readonly silentSinceMs = new Map<string, number>();
  readonly withoutStore = new Set<string>();
  maps = 0;
  private state = new CoordinatorState(COORDINATOR_OPTIONS);

  /** Another coordinator takes over, which remembers nothing. */
  succeed(): void {
    this.state = new CoordinatorState(COORDINATOR_OPTIONS);
  }

  look(): void {
    const seen: Seen = {
      nowMs: this.nowMs,
      placement: this.placement,
      nodes: this.nodes,
      unsure: this.unsure,
      orders: this.orders,
      health: {
        silentSinceMs: (incarnation) => this.silentSinceMs.get(incarnation),
        withoutStore: (incarnation) => this.withoutStore.has(incarnation),
      },
    };
    const next = this.state.decide(seen);
    if (next === undefined) return;
    this.maps++;
    this.placement = { ...next, version: (this.placement?.version ?? 0) + 1, coordinator: 'test' };
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 100) {
      this.nowMs += 100;
      this.look();
    }
  }

  /** A cluster of these that has come to rest. */
  with(...nodes: ProcessInfo[]): this {
    this.nodes = nodes;
    this.pass(10_000);
    return this;
  }

  kill(incarnation: string): void {
    this.silentSinceMs.set(incarnation, this.nowMs);
    this.nodes = this.nodes.filter((info) => info.incarnation !== incarnation);
  }

  countOf(incarnation: string): number {
    const index = this.placement?.nodes.indexOf(incarnation) ?? -1;
    return [...(this.placement?.shards ?? [])].filter((owner) => owner === index).length;
  }

  ownerOf(shard: number): string | undefined {
    return placedOn(this.placement, shard);
  }
}

describe('the coordinator', () => {
  it('waits until the nodes have gathered, then publishes one map and no other', () => {
    const world = new World();
    world.nodes = [node('a')];
    world.pass(900);
    world.nodes = [node('a'), node('b')];
    world.pass(900);
    expect(world.placement).toBeUndefined();
    world.pass(60_000);
    expect([world.maps, world.placement?.nodes]).toEqual([1, ['a/1', 'b/1']]);
  });

  it('calls a node gone only once both signs of life have been missing for the hold-down', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    world.silentSinceMs.set('b/1', world.nowMs);
    world.pass(9_000);
    expect(world.placement?.nodes).toContain('b/1');
    world.silentSinceMs.clear();
    world.nodes = [node('a'), node('c')];
    world.pass(30_000);
    expect([world.maps, world.placement?.nodes]).toEqual([1, ['a/1', 'b/1', 'c/1']]);
    world.silentSinceMs.set('b/1', world.nowMs);
    world.pass(900);
    expect(world.placement?.nodes).toContain('b/1');
    world.pass(100);
    expect(world.placement?.nodes).toEqual(['a/1', 'c/1']);
  });

  it('calls a node gone that is registered and has been silent for ten seconds, for the hold-down', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    world.silentSinceMs.set('b/1', world.nowMs);
    world.pass(10_900);
    expect(world.placement?.nodes).toContain('b/1');
    world.pass(100);
    expect([world.placement?.nodes, world.countOf('a/1') + world.countOf('c/1')]).toEqual([['a/1', 'c/1'], 4096]);
    world.silentSinceMs.clear();
    world.pass(100);
    expect(world.placement?.nodes).toContain('b/1');
  });

  it('calls one of two nodes gone that is silent: it hears itself, so the other one is cut off', () => {
    const world = new World().with(node('a'), node('b'));
    world.silentSinceMs.set('b/1', world.nowMs);
    world.pass(11_000);
    expect([world.placement?.nodes, world.countOf('a/1')]).toEqual([['a/1'], 4096]);
  });

  it('moves nothing while it hears fewer than half of those that are registered', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    for (const other of ['b/1', 'c/1']) world.silentSinceMs.set(other, world.nowMs);
    world.pass(60_000);
    expect(world.maps).toBe(1);
  });

  it('calls no more gone of those that are silent than of those that died', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const world = new World().with(...names.map((name) => node(name)));
    for (const name of names.slice(3)) world.silentSinceMs.set(`${name}/1`, world.nowMs);
    world.pass(15_000);
    expect(world.placement?.nodes).toHaveLength(4);
    world.pass(10_000);
    expect(world.placement?.nodes).toEqual(['a/1', 'b/1', 'c/1']);
  });

  it('places the shards of a node that is gone at once, all of them', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    world.kill('b/1');
    world.pass(1_000);
    expect([world.maps, world.countOf('a/1') + world.countOf('c/1')]).toEqual([2, 4096]);
  });

  it('moves nothing else together with such shards, nor within a second: their claims come first', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    const had = world.countOf('a/1') + world.countOf('c/1');
    world.kill('b/1');
    world.nodes.push(node('d'));
    world.nowMs += 1_000;
    world.succeed();
    world.pass(1_000);
    expect([world.maps, world.placement?.nodes]).toEqual([2, ['a/1', 'c/1', 'd/1']]);
    expect(world.countOf('a/1') + world.countOf('c/1')).toBeGreaterThanOrEqual(had);
    const newcomers = world.countOf('d/1');
    world.orders = { ...NO_ORDERS, draining: ['a'] };
    world.pass(100);
    expect(world.countOf('d/1')).toBeGreaterThan(newcomers);
  });

  it('calls at most a third of the nodes gone within one window', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const world = new World().with(...names.map((name) => node(name)));
    for (const name of names.slice(1)) world.kill(`${name}/1`);
    world.pass(5_000);
    expect(world.placement?.nodes).toHaveLength(4);
    world.pass(10_000);
    expect(world.placement?.nodes).toHaveLength(3);
  });

  it('calls a node gone again, at once, when the map that left it out was not published', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    const { placement } = world;
    world.kill('b/1');
    world.pass(1_000);
    expect(world.placement?.nodes).toEqual(['a/1', 'c/1']);
    world.placement = placement;
    world.pass(100);
    expect(world.placement?.nodes).toEqual(['a/1', 'c/1']);
  });

  it('waits longer while the registry has just been lost', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    world.unsure = true;
    world.kill('b/1');
    world.pass(4_900);
    expect(world.placement?.nodes).toContain('b/1');
    world.pass(100);
    expect(world.placement?.nodes).not.toContain('b/1');
  });

  it('calls a node gone that says that it cannot reach the store', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    world.withoutStore.add('c/1');
    world.pass(900);
    expect(world.placement?.nodes).toContain('c/1');
    world.pass(200);
    expect(world.placement?.nodes).not.toContain('c/1');
    const { maps } = world;
    world.pass(5_000);
    expect([world.placement?.nodes, world.maps]).toEqual([['a/1', 'b/1'], maps]);
    world.withoutStore.clear();
    world.pass(1_000);
    expect(world.placement?.nodes).toContain('c/1');
  });

  it('takes such a node back once it reaches the store again, and not before', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    world.withoutStore.add('c/1');
    world.pass(5_000);
    expect([world.maps, world.placement?.nodes]).toEqual([2, ['a/1', 'b/1']]);
    world.withoutStore.clear();
    world.pass(100);
    expect(world.placement?.nodes).toEqual(['a/1', 'b/1', 'c/1']);
  });

  it('gives a node that was restarted its shards again, at once', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    const had = world.placement?.shards.filter((owner) => owner === 1).length;
    world.kill('b/1');
    world.nodes.push(node('b', 2));
    world.pass(100);
    expect([world.placement?.nodes, world.countOf('b/2')]).toEqual([['a/1', 'c/1', 'b/2'], had]);
  });

  it('leaves the shards with a node that is heard, whoever registers under its name and is not heard', () => {
    const world = new World().with(node('a'), node('b'));
    const had = world.countOf('b/1');
    world.silentSinceMs.set('b/2', 0);
    world.nodes = [node('a'), node('b', 2)];
    world.pass(5_000);
    expect([world.countOf('b/1'), world.countOf('b/2')]).toEqual([had, 0]);
    world.silentSinceMs.set('b/1', world.nowMs);
    world.silentSinceMs.delete('b/2');
    world.look();
    expect([world.countOf('b/1'), world.countOf('b/2')]).toEqual([0, had]);
  });

  it('moves shards to a newcomer in steps, and no other shards', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    const before = [...(world.placement?.shards ?? [])].map((owner) => world.placement?.nodes[owner]);
    world.nodes.push(node('d'));
    world.pass(100);
    expect(world.countOf('d/1')).toBe(COORDINATOR_OPTIONS.movesAtOnce);
    world.pass(5_000);
    expect(world.countOf('d/1')).toBeGreaterThanOrEqual(972);
    const after = [...(world.placement?.shards ?? [])].map((owner) => world.placement?.nodes[owner]);
    expect(after.every((owner, shard) => owner === before[shard] || owner === 'd/1')).toBe(true);
  });

  it('takes everything from a node that drains, in steps, and keeps it among the nodes until it leaves', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    world.nodes = [node('a'), draining('b'), node('c')];
    world.pass(2_500);
    expect([world.countOf('b/1'), world.placement?.nodes]).toEqual([0, ['a/1', 'b/1', 'c/1']]);
    world.kill('b/1');
    world.pass(1_000);
    expect(world.placement?.nodes).toEqual(['a/1', 'c/1']);
  });

  it('leaves the shards where they are when there is nobody to give them to', () => {
    const world = new World().with(node('a'));
    world.nodes = [draining('a')];
    world.pass(5_000);
    expect(world.countOf('a/1')).toBe(4096);
  });

  it('gives a cordoned node nothing new and takes nothing from it', () => {
    const world = new World().with(node('a'), node('b'));
    const before = world.countOf('a/1');
    world.orders = { ...NO_ORDERS, cordoned: ['a'] };
    world.pass(5_000);
    expect(world.countOf('a/1')).toBe(before);
    world.kill('b/1');
    world.nodes.push(node('c'));
    world.pass(10_000);
    expect([world.countOf('a/1'), world.countOf('c/1')]).toEqual([before, 4096 - before]);
  });

  it('gives a newcomer its share of what cordoned nodes do not keep', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    world.orders = { ...NO_ORDERS, cordoned: ['a'] };
    world.pass(5_000);
    const kept = world.countOf('a/1');
    world.nodes.push(node('d'));
    world.pass(20_000);
    expect(world.countOf('a/1')).toBe(kept);
    expect(Math.abs(world.countOf('d/1') / ((4096 - kept) / 3) - 1)).toBeLessThan(0.06);
  });

  it('moves nothing when a node is cordoned, nor when that is taken back', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    const before = [...(world.placement?.shards ?? [])];
    for (const cordoned of [['a'], []]) {
      world.orders = { ...NO_ORDERS, cordoned };
      world.pass(10_000);
      expect([...(world.placement?.shards ?? [])]).toEqual(before);
    }
  });

  it('empties a node that operators drain, and fills it again when they take that back', () => {
    const world = new World().with(node('a'), node('b'));
    world.orders = { ...NO_ORDERS, draining: ['a'] };
    world.pass(10_000);
    expect([world.countOf('a/1'), world.countOf('b/1')]).toEqual([0, 4096]);
    world.orders = NO_ORDERS;
    world.pass(10_000);
    expect(world.countOf('a/1')).toBeGreaterThan(1_900);
  });

  it('keeps a pinned shard where operators put it while that node lives, and follows ordered weights', () => {
    const world = new World().with(node('a'), node('b'));
    const shard = world.placement?.shards.indexOf(0) ?? -1;
    world.orders = { ...NO_ORDERS, pinned: { [shard]: 'b' } };
    world.pass(2_000);
    expect(world.ownerOf(shard)).toBe('b/1');
    world.orders = { ...world.orders, weights: { a: 3 } };
    world.pass(20_000);
    expect(world.countOf('a/1')).toBeGreaterThan(2_900);
    expect(world.ownerOf(shard)).toBe('b/1');
    world.kill('b/1');
    world.pass(5_000);
    expect(world.countOf('a/1')).toBe(4096);
  });

  it('empties a node that is about to stop, cordoned or with pinned shards as it may be', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    world.orders = { ...NO_ORDERS, cordoned: ['a'], pinned: { 7: 'b' } };
    world.pass(5_000);
    expect([world.countOf('a/1') > 0, world.ownerOf(7)]).toEqual([true, 'b/1']);
    world.nodes = [draining('a'), draining('b'), node('c')];
    world.pass(10_000);
    expect([world.countOf('a/1'), world.countOf('b/1')]).toEqual([0, 0]);
  });

  it('gives nothing to such a node once it has left the registry, while it is not called gone yet', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    world.orders = { ...NO_ORDERS, pinned: { 7: 'b' } };
    world.nodes = [node('a'), draining('b'), node('c')];
    world.pass(5_000);
    const { maps } = world;
    world.nodes = [node('a'), node('c')];
    world.pass(2_000);
    expect([world.countOf('b/1'), world.maps]).toEqual([0, maps]);
  });

  it('gives shards to a node that registers with a weight of 0 once operators order another', () => {
    const world = new World().with(node('a'), node('b', 1, { weight: 0 }));
    expect(world.countOf('b/1')).toBe(0);
    world.orders = { ...NO_ORDERS, weights: { b: 1 } };
    world.pass(10_000);
    expect(world.countOf('b/1')).toBeGreaterThan(1_900);
    world.orders = { ...world.orders, draining: ['a'] };
    world.pass(10_000);
    expect([world.countOf('a/1'), world.countOf('b/1')]).toEqual([0, 4096]);
  });

  it('moves nothing while the registry flaps', () => {
    const world = new World().with(node('a'), node('b'), node('c'));
    for (let flap = 0; flap < 20; flap++) {
      world.nodes = flap % 2 === 0 ? [] : [node('a'), node('b'), node('c')];
      world.pass(700);
    }
    expect(world.maps).toBe(1);
  });
});
