/** Two machines whose nodes were given one name, each started again by its system when it ends. */
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

it('the node that was there first keeps its shards, however often another is started under its name', async () => {
  const clock = new FakeClock();
  const place = new MemoryPlace();
  const faults = new Faults(seededRandom(1), clock, place, {});
  faults.heal();
  const around = {
    ...{ clock, place, faults, people: new FakePeople(), shortCut: honest, logs: [], pushed: [] },
    registry: new MemoryRegistry({ clock }),
    buses: [new MemoryBus<BusEnvelope>(clock)],
  };
  const start = (run: number): SimulatedNode => {
    const node = new SimulatedNode(`node/${run}`, around);
    node.start().catch(() => node.kill());
    return node;
  };
  const first = start(1);
  await clock.advance(15_000);
  for (let run = 2; run <= 7; run++) {
    const second = start(run);
    await clock.advance(4_000);
    expect([first.dead, second.dead]).toEqual([false, true]);
  }
  expect(place.owners().map(({ incarnation, term }) => `${incarnation} ${term}`)).toEqual(
    Array.from({ length: SHARD_COUNT }, () => 'node/1 1'),
  );
});
