/** A node whose store goes away between its opening and the node's start. */
import { expect, it } from 'vitest';
import { MemoryBus } from '../../src/cluster/bus/memory/memory-bus.js';
import { MemoryRegistry } from '../../src/cluster/membership/testing/memory-registry.js';
import { SHARD_COUNT } from '../../src/core/ids.js';
import { seededRandom } from '../../src/core/random.js';
import { FakeClock } from '../../src/core/testing/fake-clock.js';
import type { BusEnvelope } from '../../src/protocol/bus-messages.js';
import { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { FakePeople } from '../actors/fixture.js';
import { SimulatedNode } from './cluster-process.js';
import { Faults } from './faults.js';
import { honest } from './short-cuts.js';

it('a node that its store does not answer as it starts waits for it, and serves then', async () => {
  const clock = new FakeClock();
  const place = new MemoryPlace();
  const faults = new Faults(seededRandom(1), clock, place, {});
  faults.heal();
  const node = new SimulatedNode('node/1', {
    ...{ clock, place, faults, people: new FakePeople(), shortCut: honest, logs: [], pushed: [] },
    registry: new MemoryRegistry({ clock }),
    buses: [new MemoryBus<BusEnvelope>(clock)],
  });
  node.cutFromStore = true;
  let outcome = 'starts';
  node.start().then(
    () => (outcome = 'started'),
    () => (outcome = 'refused'),
  );
  await clock.advance(30_000);
  expect([outcome, place.fenceOf('node/1')]).toEqual(['starts', undefined]);
  node.cutFromStore = false;
  await clock.advance(15_000);
  expect([outcome, place.owners().filter(({ incarnation }) => incarnation === 'node/1').length]).toEqual([
    'started',
    SHARD_COUNT,
  ]);
});
