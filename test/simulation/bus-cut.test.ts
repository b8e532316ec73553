/** Nodes that the bus alone does not reach: registry and store know them as living. */
import { describe, expect, it, vi } from 'vitest';
import { MemoryBus } from '../../src/cluster/bus/memory/memory-bus.js';
import { MemoryRegistry } from '../../src/cluster/membership/testing/memory-registry.js';
import { userActor } from '../../src/core/ids.js';
import { seededRandom } from '../../src/core/random.js';
import { FakeClock } from '../../src/core/testing/fake-clock.js';
import type { BusEnvelope } from '../../src/protocol/bus-messages.js';
import { v1 } from '../../src/protocol/wire.js';
import { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { FakePeople } from '../actors/fixture.js';
import { SimulatedGateway, SimulatedNode } from './cluster-process.js';
import { Faults } from './faults.js';
import { honest } from './short-cuts.js';

// Few shards, so that it is quick.
vi.mock('../../src/core/ids.js', async (original) => {
  const ids = await original<typeof import('../../src/core/ids.js')>();
  const shardOf: typeof ids.shardOf = (actor) => ids.shardOf(actor) % 32;
  return { ...ids, SHARD_COUNT: 32, shardOf };
});

const USERS = Array.from({ length: 60 }, (_, index) => `user${index}`);
const REPLACED_MS = 25_000;

async function startCluster() {
  const clock = new FakeClock();
  const place = new MemoryPlace();
  const faults = new Faults(seededRandom(1), clock, place, {});
  faults.heal();
  const people = new FakePeople();
  people.add(...USERS);
  const registry = new MemoryRegistry({ clock });
  const around = {
    ...{ clock, place, registry, people, faults, shortCut: honest, logs: [], pushed: [] },
    buses: [0, 1, 2].map(() => new MemoryBus<BusEnvelope>(clock)),
  };
  const nodes = [0, 1, 2].map((index) => new SimulatedNode(`node${index}/1`, around));
  const gateway = new SimulatedGateway('gateway', around);
  for (const one of [...nodes, gateway]) void one.start();
  await clock.advance(10_000);
  /** How many of the users are answered. */
  const served = async (): Promise<number> => {
    let answered = 0;
    for (const user of USERS) {
      const caller = { userId: user, deviceId: 'phone', sessionId: '' };
      const body = { type: 'listChannels', value: v1.ListChannels.create() } as const;
      gateway.edge.ask(userActor(user), { type: 'request', caller, body }, 5_000).then(
        () => answered++,
        () => undefined,
      );
    }
    await clock.advance(6_000);
    return answered;
  };
  const coordinator = () => nodes.find(({ incarnation }) => incarnation === registry.coordinator);
  return { clock, registry, nodes, served, coordinator };
}

describe('a node that the bus does not reach, and nothing else', () => {
  it('is replaced, and is fenced', async () => {
    const { clock, registry, nodes, served, coordinator } = await startCluster();
    expect(await served()).toBe(USERS.length);
    const victim = nodes.find((node) => node !== coordinator());
    if (victim === undefined) throw new Error('all of them coordinate');
    victim.cutFromBus = true;
    await clock.advance(REPLACED_MS);
    expect([victim.dead, registry.current?.nodes.includes(victim.incarnation)]).toEqual([true, false]);
    expect(await served()).toBe(USERS.length);
  });

  it('is replaced also if it is the coordinator', async () => {
    const { clock, nodes, served, coordinator } = await startCluster();
    const victim = coordinator();
    if (victim === undefined) throw new Error('nobody coordinates');
    victim.cutFromBus = true;
    await clock.advance(REPLACED_MS);
    expect(victim.dead).toBe(true);
    expect([coordinator() !== victim, nodes.filter(({ dead }) => dead).length]).toEqual([true, 1]);
    expect(await served()).toBe(USERS.length);
  });

  it('has another one coordinate soon, which replaces who dies meanwhile', async () => {
    const { clock, registry, nodes, coordinator } = await startCluster();
    const deaf = coordinator();
    if (deaf === undefined) throw new Error('nobody coordinates');
    deaf.cutFromBus = true;
    await clock.advance(5_500);
    const next = coordinator();
    expect(next).not.toBe(deaf);
    const victim = nodes.find((node) => node !== deaf && node !== next);
    victim?.kill();
    await clock.advance(4_000);
    expect(registry.current?.nodes).not.toContain(victim?.incarnation);
  });
});

describe('a coordinator on the smaller side of a bus in pieces', () => {
  it('gives its place to one that hears more, and is replaced', async () => {
    const { clock, registry, nodes, served, coordinator } = await startCluster();
    const alone = coordinator();
    if (alone === undefined) throw new Error('nobody coordinates');
    alone.side = 1;
    await clock.advance(2 * REPLACED_MS);
    expect([alone.dead, registry.current?.nodes.includes(alone.incarnation)]).toEqual([true, false]);
    expect([coordinator() !== undefined, nodes.filter(({ dead }) => dead).length]).toEqual([true, 1]);
    expect(await served()).toBe(USERS.length);
  });

  it('is nobody while none hears half of the nodes, and nobody is replaced; afterwards one coordinates again', async () => {
    const { clock, registry, nodes, served, coordinator } = await startCluster();
    const before = registry.current?.version;
    for (const [side, node] of nodes.entries()) node.side = side;
    await clock.advance(120_000);
    expect([coordinator(), nodes.some(({ dead }) => dead)]).toEqual([undefined, false]);
    for (const node of nodes) node.side = 0;
    await clock.advance(20_000);
    expect([registry.current?.version, coordinator() !== undefined]).toEqual([before, true]);
    expect(await served()).toBe(USERS.length);
  });
});

it('with all nodes cut off from the bus, nobody is replaced, and one coordinates again afterwards', async () => {
  const { clock, registry, nodes, served, coordinator } = await startCluster();
  const before = registry.current?.version;
  for (const node of nodes) node.cutFromBus = true;
  await clock.advance(120_000);
  expect([coordinator(), nodes.some(({ dead }) => dead)]).toEqual([undefined, false]);
  for (const node of nodes) node.cutFromBus = false;
  await clock.advance(20_000);
  expect([registry.current?.version, coordinator() !== undefined]).toEqual([before, true]);
  expect(await served()).toBe(USERS.length);
});
