import { expect, it } from 'vitest';
import type { OperationsAsker } from '../../cluster/operations/asker.js';
import type { Bus } from '../../core/bus.js';
import { NO_ORDERS, type NodeOrders, type Placement, type ProcessInfo } from '../../core/membership.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { ClusterObserver, type ObserverDeps } from './cluster-observer.js';

const LOAD = { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 };

function processOf(name: string, draining = false): ProcessInfo {
  const load = { ...LOAD, draining };
  return { incarnation: `${name}-x`, name, roles: ['node'], publicUrl: undefined, zone: '', weight: 1, load };
}

function mapOf(version: number, coordinator: string): Placement {
  return { version, coordinator, nodes: ['node-1-x'], shards: new Int16Array(1) };
}

/** A cluster of what the test says. */
class Cluster {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  processes: ProcessInfo[] = [processOf('node-1'), processOf('node-2')];
  map = mapOf(1, 'node-1-x');
  orders: NodeOrders = NO_ORDERS;
  private hear: (envelopes: readonly BusEnvelope[]) => void = () => undefined;

  async observe(): Promise<void> {
    const shards = { answers: [{ incarnation: 'node-1-x', answer: { shards: { shards: [7, 8], terms: [3, 3] } } }] };
    const subscribe = (_: string, handler: typeof this.hear): Promise<{ unsubscribe(): void }> => {
      this.hear = handler;
      return Promise.resolve({ unsubscribe: () => undefined });
    };
    const deps = {
      clock: this.clock,
      membership: { processes: () => this.processes },
      board: { placement: () => this.map, orders: () => this.orders },
      bus: { subscribe } as unknown as Bus<BusEnvelope>,
      asker: { askAll: () => Promise.resolve({ ...shards, silent: [] }) } as unknown as OperationsAsker,
    } as unknown as ObserverDeps;
    const observer = new ClusterObserver(deps, (type, subject, text) => this.told.push(`${type} ${subject}: ${text}`));
    await observer.start();
  }

  owns(incarnation: string, ...shards: { shard: number; term: number }[]): void {
    this.hear([{ type: 'owner', incarnation, shards }]);
  }

  async later(): Promise<string[]> {
    await this.clock.advance(1_000);
    return this.told.splice(0);
  }
}

it('tells nothing of how things were when it began', async () => {
  const cluster = new Cluster();
  await cluster.observe();
  cluster.owns('node-1-x', { shard: 7, term: 3 }, { shard: 8, term: 3 });
  expect(await cluster.later()).toEqual([]);
});

it('tells who came, drains and left, what map there is and who made it, and what was ordered', async () => {
  const cluster = new Cluster();
  await cluster.observe();
  cluster.processes = [processOf('node-1', true), processOf('node-3')];
  cluster.map = mapOf(2, 'node-3-x');
  cluster.orders = { ...NO_ORDERS, cordoned: ['node-1'] };
  expect(await cluster.later()).toEqual([
    'process_draining node-1: node-1-x gives away what it has.',
    'process_joined node-3: node-3-x has joined as node.',
    'process_left node-2: node-2-x has left.',
    'orders_changed : They are {"weights":{},"cordoned":["node-1"],"draining":[],"pinned":{}} now.',
    'map_published node-3: Version 2 places the shards on 1 nodes.',
    'coordinator_elected node-3: node-3-x places the shards now.',
  ]);
  expect(await cluster.later()).toEqual([]);
});

it('tells who owns which shards newly, many in one event', async () => {
  const cluster = new Cluster();
  await cluster.observe();
  cluster.owns('node-2-x', { shard: 7, term: 4 }, { shard: 8, term: 2 });
  expect(await cluster.later()).toEqual(['owner_changed node-2: It owns shard 7 (term 4) now.']);
  const many = Array.from({ length: 9 }, (_, at) => ({ shard: 20 + at, term: 1 }));
  cluster.owns('node-2-x', ...many);
  cluster.owns('node-2-x', ...many);
  const [told, ...more] = await cluster.later();
  expect(told).toMatch(/^owner_changed node-2: It owns 9 more shards, 20 \(term 1\), .*24 \(term 1\) …, now\.$/);
  expect(more).toEqual([]);
});
