import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger as logger } from '../../core/logger.js';
import type { Placement, PlacementBoard, ProcessInfo } from '../../core/membership.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { busEnvelopeCodec } from '../bus/envelope-codec.js';
import { MemoryBus } from '../bus/memory/memory-bus.js';
import { StaticMembership } from '../membership/static/static-membership.js';
import { type Gathered, OperationsAsker } from './asker.js';
import { OperationsDesk } from './desk.js';

const LOAD = { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 };

function processOf(incarnation: string): ProcessInfo {
  const [role = ''] = incarnation.split('-');
  return {
    ...{ incarnation, name: incarnation, roles: [role], publicUrl: undefined, zone: '', weight: 1 },
    load: LOAD,
  };
}

/** An admin process, what it sees, and the processes that answer it. */
class Cluster {
  readonly clock = new FakeClock();
  private readonly bus = new MemoryBus<BusEnvelope>(this.clock, { codec: busEnvelopeCodec(65_536) });
  private registered: readonly ProcessInfo[] = [];
  private placement: Placement | undefined;
  private changed = (): void => undefined;
  readonly asker: OperationsAsker;

  constructor() {
    const membership = Object.assign(new StaticMembership(), {
      processes: () => this.registered,
      onChange: (listener: () => void) => {
        this.changed = listener;
        return () => undefined;
      },
    });
    const board = { placement: () => this.placement } as unknown as PlacementBoard;
    this.asker = new OperationsAsker({ bus: this.bus, clock: this.clock, name: 'admin-1', membership, board });
  }

  async answers(...incarnations: readonly string[]): Promise<readonly OperationsDesk[]> {
    const operations = { report: () => ({}) };
    const desks = incarnations.map(
      (incarnation) => new OperationsDesk({ bus: this.bus, incarnation, operations, logger }),
    );
    for (const desk of desks) await desk.start();
    return desks;
  }

  /** What the registry has from here on. */
  register(...incarnations: readonly string[]): void {
    this.registered = incarnations.map(processOf);
    this.changed();
  }

  place(...nodes: readonly string[]): void {
    this.placement = { version: 1, coordinator: 'node-1', nodes, shards: new Int16Array() };
  }

  /** Who answered, who was silent, and after how long all was known. */
  async ask(): Promise<readonly [readonly string[], readonly string[], number]> {
    const fromMs = this.clock.monotonic();
    let result: { readonly gathered: Gathered; readonly atMs: number } | undefined;
    const asked = this.asker.askAll({ report: {} }).then((gathered) => {
      result = { gathered, atMs: this.clock.monotonic() };
    });
    await this.clock.settle();
    if (result === undefined) await this.clock.advance(2_000);
    await asked;
    const { answers = [], silent = [] } = result?.gathered ?? {};
    return [answers.map(({ incarnation }) => incarnation), silent, (result?.atMs ?? 0) - fromMs];
  }
}

describe('a question to all', () => {
  let cluster: Cluster;

  beforeEach(async () => {
    cluster = new Cluster();
    await cluster.asker.start();
  });

  it('ends as soon as all who are registered have answered', async () => {
    await cluster.answers('gateway-1', 'node-1');
    cluster.register('gateway-1', 'node-1');
    expect(await cluster.ask()).toEqual([['gateway-1', 'node-1'], [], 0]);
  });

  it('waits for a node that the map has, though the registry has lost it', async () => {
    await cluster.answers('node-1');
    cluster.register('node-1');
    cluster.place('node-1', 'node-2');
    expect(await cluster.ask()).toEqual([['node-1'], ['node-2'], 2_000]);
    await cluster.answers('node-2');
    expect(await cluster.ask()).toEqual([['node-1', 'node-2'], [], 0]);
  });

  it('waits for whoever was registered a moment ago, and no longer once that is some seconds past', async () => {
    await cluster.answers('node-1');
    cluster.register('gateway-1', 'node-1');
    cluster.register('node-1');
    expect(await cluster.ask()).toEqual([['node-1'], ['gateway-1'], 2_000]);
    expect(cluster.asker.mayLive('gateway-1')).toBe(true);
    await cluster.clock.advance(3_000);
    expect(cluster.asker.mayLive('gateway-1')).toBe(false);
    expect(await cluster.ask()).toEqual([['node-1'], [], 0]);
  });

  it('waits no more for whoever said that it stops, though registry and map still have it', async () => {
    const [gone] = await cluster.answers('node-2');
    await cluster.answers('node-1');
    cluster.register('node-1', 'node-2');
    cluster.place('node-1', 'node-2');
    gone?.stop();
    expect(await cluster.ask()).toEqual([['node-1'], [], 0]);
    expect(cluster.asker.mayLive('node-2')).toBe(false);
  });

  it('hears who answers until the deadline when nobody is known', async () => {
    await cluster.answers('gateway-1', 'gateway-2');
    expect(await cluster.ask()).toEqual([['gateway-1', 'gateway-2'], [], 2_000]);
  });
});
