/** A map and a registry that tests set by hand, and nodes on one store that follow them. */

import type { OwnedTerm } from '../../src/cluster/active-set.js';
import { MemoryBus } from '../../src/cluster/bus/memory/memory-bus.js';
import { nodeSubject } from '../../src/cluster/edge-link.js';
import { clusterOwnership } from '../../src/cluster/ownership/cluster-ownership.js';
import type { OwnedActors, Ownership } from '../../src/cluster/ownership/ownership.js';
import { SHARD_COUNT } from '../../src/core/ids.js';
import { silentLogger } from '../../src/core/logger.js';
import {
  type Membership,
  NO_ORDERS,
  type NodeOrders,
  type Placement,
  type PlacementBoard,
  type ProcessInfo,
} from '../../src/core/membership.js';
import { noMetrics } from '../../src/core/metrics.js';
import type { FakeClock } from '../../src/core/testing/fake-clock.js';
import { patiently } from '../../src/node/patiently.js';
import type { BusEnvelope } from '../../src/protocol/bus-messages.js';
import { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { type Around, openMemory } from '../../src/storage/memory/memory-storage.js';

/** A board whose map is given, not elected. */
export class GivenBoard implements PlacementBoard {
  private current: Placement | undefined;
  private readonly listeners = new Set<() => void>();

  placement(): Placement | undefined {
    return this.current;
  }

  onPlacement(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  campaign(): () => Promise<void> {
    return () => Promise.resolve();
  }

  publish(next: Placement): Promise<boolean> {
    this.show(next);
    return Promise.resolve(true);
  }

  orders(): NodeOrders {
    return NO_ORDERS;
  }

  changeOrders(change: (orders: NodeOrders) => NodeOrders): Promise<NodeOrders> {
    return Promise.resolve(change(NO_ORDERS));
  }

  show(next: Placement): void {
    this.current = next;
    for (const listener of this.listeners) listener();
  }

  /** Places each shard on the node that `choose` names; '' for nobody. */
  place(nodes: readonly string[], choose: (shard: number) => string): void {
    const shards = Int16Array.from({ length: SHARD_COUNT }, (_, shard) => nodes.indexOf(choose(shard)));
    this.show({ version: (this.current?.version ?? 0) + 1, coordinator: 'test', nodes, shards });
  }
}

class GivenMembership implements Membership {
  private infos: readonly ProcessInfo[] = [];
  private readonly listeners = new Set<() => void>();

  join(): Promise<void> {
    return Promise.resolve();
  }

  report(): void {}

  processes(): readonly ProcessInfo[] {
    return this.infos;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  leave(): Promise<void> {
    return Promise.resolve();
  }

  /** `name/run` for each process, the incarnation. */
  show(...incarnations: readonly string[]): void {
    this.infos = incarnations.map((incarnation) => ({
      incarnation,
      name: incarnation.split('/')[0] ?? incarnation,
      roles: ['node'],
      publicUrl: undefined,
      zone: '',
      weight: 1,
      load: { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 },
    }));
    for (const listener of this.listeners) listener();
  }
}

/** What a node's ownership did to its actors. */
class RecordedActors implements OwnedActors {
  readonly recovered: OwnedTerm[] = [];
  readonly retired: number[] = [];
  readonly ended: number[] = [];
  hosted: (shard: number) => boolean = () => false;
  isFenced = false;
  /** Holds `retire` up, until its deadline or this. */
  finished: Promise<void> = Promise.resolve();
  /** Whose actors `finished` is about. */
  slow: (shard: number) => boolean = () => true;
  private readonly clock: FakeClock;

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  recover(owned: readonly OwnedTerm[]): Promise<void> {
    this.recovered.push(...owned);
    return Promise.resolve();
  }

  hosts(shard: number): boolean {
    return this.hosted(shard);
  }

  retire(shard: number, deadlineMs: number): Promise<void> {
    this.retired.push(shard);
    if (!this.slow(shard)) return Promise.resolve();
    return Promise.race([this.finished, new Promise<void>((resolve) => this.clock.after(deadlineMs, resolve))]);
  }

  end(shard: number): void {
    this.ended.push(shard);
  }

  fenced(): void {
    this.isFenced = true;
  }
}

export interface TestNode {
  readonly incarnation: string;
  readonly ownership: Ownership;
  readonly actors: RecordedActors;
  /** From here on it hears nothing, and nothing is heard of it. */
  cutFromBus(): void;
  /** From here on it knows the map as it is now. */
  cutFromMap(): void;
}

/** Nodes on one store, one bus, one map. */
export class TestCluster {
  readonly clock: FakeClock;
  readonly place = new MemoryPlace();
  readonly bus: MemoryBus<BusEnvelope>;
  readonly board = new GivenBoard();
  readonly membership = new GivenMembership();

  constructor(clock: FakeClock) {
    this.clock = clock;
    this.bus = new MemoryBus(clock);
  }

  async start(incarnation: string, around?: Around): Promise<TestNode> {
    const { clock, place, membership } = this;
    const board = new GivenBoard();
    const map = this.board.placement();
    if (map !== undefined) board.show(map);
    const cutFromMap = this.board.onPlacement(() => {
      const next = this.board.placement();
      if (next !== undefined) board.show(next);
    });
    let cut = false;
    const bus = {
      publish: (subject: string, envelopes: readonly BusEnvelope[]) => {
        if (!cut) this.bus.publish(subject, envelopes);
      },
      subscribe: (subject: string, handler: (envelopes: readonly BusEnvelope[]) => void) =>
        this.bus.subscribe(subject, (envelopes) => {
          if (!cut) handler(envelopes);
        }),
      flush: (deadlineMs: number) => this.bus.flush(deadlineMs),
      close: () => this.bus.close(),
    };
    const storage = openMemory({
      place,
      incarnation,
      fencesWrites: false,
      ...(around === undefined ? {} : { around }),
    });
    const name = incarnation.split('/')[0] ?? incarnation;
    const ownership = clusterOwnership({
      ...{ name, incarnation, storage, bus, board, membership, clock },
      logger: silentLogger,
      metrics: noMetrics,
      patiently: (attempt) =>
        patiently('the store', attempt, { clock, logger: silentLogger, waitsFor: () => undefined }),
    });
    const actors = new RecordedActors(clock);
    await bus.subscribe(nodeSubject(incarnation), (envelopes) => {
      for (const envelope of envelopes)
        if (envelope.type === 'release_request' || envelope.type === 'released') ownership.receive(envelope);
    });
    const started = ownership.start(actors);
    await clock.settle();
    await started;
    return {
      ...{ incarnation, ownership, actors },
      cutFromMap,
      cutFromBus: () => {
        cut = true;
      },
    };
  }

  ownerOf(shard: number): string | undefined {
    return this.place.owners().find((row) => row.shard === shard)?.incarnation;
  }

  termOf(shard: number): number {
    return this.place.owners().find((row) => row.shard === shard)?.term ?? 0;
  }
}
