/** Nodes that were given one name: a node and its next run, or two machines by mistake. */
import { describe, expect, it } from 'vitest';
import { TestCluster, type TestNode } from '../../../test/ownership/test-cluster.js';
import { ParleyError } from '../../core/errors.js';
import { SHARD_COUNT } from '../../core/ids.js';
import { FakeClock } from '../../core/testing/fake-clock.js';

const cluster = (): TestCluster => new TestCluster(new FakeClock());
const all = (incarnation: string) => () => incarnation;
const owned = (node: TestNode): number => node.ownership.shards.size;

describe('a node that starts', () => {
  it('fences an earlier run of its name', async () => {
    const world = cluster();
    world.place.insertFence('a/1');
    world.membership.show('a/1', 'b/1');
    const started = world.start('a/2');
    await world.clock.advance(2_000);
    await started;
    expect([world.place.fenceOf('a/1'), world.place.fenceOf('b/1'), world.place.fenceOf('a/2')]).toEqual([
      'fenced',
      undefined,
      'live',
    ]);
  });

  it.each(['happens', 'never'] as const)('starts once the store answers it: what it lost %s', async (how) => {
    const world = cluster();
    world.place.insertFence('a/1');
    world.membership.show('a/1');
    const lost: string[] = [];
    const started = world.start('a/2', async ({ type }, apply) => {
      // Twice each, as an outage takes the calls after it as well.
      if (lost.filter((one) => one === type).length === 2) return apply();
      lost.push(type);
      if (how === 'happens') apply();
      throw new ParleyError('timeout');
    });
    await world.clock.advance(10_000);
    await started;
    expect(lost).toEqual(expect.arrayContaining(['fence', 'insertFence', 'readFence']));
    expect([world.place.fenceOf('a/1'), world.place.fenceOf('a/2')]).toEqual(['fenced', 'live']);
  });

  it('fences one whose last words are still under way', async () => {
    const world = cluster();
    world.membership.show('a/1');
    const before = await world.start('a/1');
    await world.clock.advance(1_000);
    world.membership.show('a/1');
    const started = world.start('a/2');
    await world.clock.advance(400);
    before.cutFromBus();
    await world.clock.advance(2_000);
    await started;
    expect([world.place.fenceOf('a/1'), world.place.fenceOf('a/2')]).toEqual(['fenced', 'live']);
  });

  it('does not start under the name of one that lives, and leaves that alone', async () => {
    const world = cluster();
    world.board.place(['a/1'], all('a/1'));
    const first = await world.start('a/1');
    world.membership.show('a/1', 'b/1');
    const refused = expect(world.start('a/2')).rejects.toThrow(
      'A node called a runs already: give each process a name',
    );
    await world.clock.advance(2_000);
    await refused;
    expect([world.place.fenceOf('a/1'), world.place.fenceOf('a/2'), owned(first)]).toEqual([
      'live',
      undefined,
      SHARD_COUNT,
    ]);
  });
});

describe('two nodes of one name that start at once', () => {
  const runsAlready = 'A node called a runs already';

  it('are one afterwards: the later fences the earlier, which hears it and ends', async () => {
    const world = cluster();
    world.membership.show('a/1', 'a/2');
    const refused = expect(world.start('a/1')).rejects.toThrow(runsAlready);
    const second = world.start('a/2');
    await world.clock.advance(10_000);
    await Promise.all([refused, second]);
    expect([world.place.fenceOf('a/1'), world.place.fenceOf('a/2')]).toEqual(['fenced', 'live']);
  });

  it('are one also when the store keeps the later one waiting', async () => {
    const world = cluster();
    world.membership.show('a/1', 'a/2');
    const refused = expect(world.start('a/1')).rejects.toThrow(runsAlready);
    let answers = false;
    const second = world.start('a/2', async (_operation, apply) => {
      if (!answers) throw new ParleyError('timeout');
      return apply();
    });
    await world.clock.advance(10_000);
    answers = true;
    await world.clock.advance(20_000);
    await Promise.all([refused, second]);
    expect([world.place.fenceOf('a/1'), world.place.fenceOf('a/2')]).toEqual(['fenced', 'live']);
  });

  it('are one also when the later one ends before it was heard', async () => {
    const world = cluster();
    world.membership.show('a/1', 'a/2');
    const first = world.start('a/1');
    await world.clock.advance(3_000);
    world.membership.show('a/1');
    await world.clock.advance(10_000);
    await first;
    expect([world.place.fenceOf('a/1'), world.place.fenceOf('a/2')]).toEqual(['live', undefined]);
  });
});
