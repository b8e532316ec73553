/** One incarnation of a node or a gateway of a simulated cluster, with what can be done to it. */
import { activateChannel } from '../../src/actors/channel/actor.js';
import { activateUser } from '../../src/actors/user/actor.js';
import type { MemoryBus } from '../../src/cluster/bus/memory/memory-bus.js';
import { ChatNode } from '../../src/cluster/chat-node.js';
import { ClusterRoutes } from '../../src/cluster/cluster-routes.js';
import { Coordinator } from '../../src/cluster/coordinator/coordinator.js';
import { EdgeLink } from '../../src/cluster/edge-link.js';
import type { MemoryRegistry, RegistryLink } from '../../src/cluster/membership/memory/memory-registry.js';
import { clusterOwnership } from '../../src/cluster/ownership/cluster-ownership.js';
import type { Bus } from '../../src/core/bus.js';
import { ParleyError } from '../../src/core/errors.js';
import type { FakeClock } from '../../src/core/fake-clock.js';
import { silentLogger } from '../../src/core/logger.js';
import type { ProcessInfo } from '../../src/core/membership.js';
import { noMetrics } from '../../src/core/metrics.js';
import type { PeopleDirectory } from '../../src/core/people.js';
import type { Storage } from '../../src/core/store.js';
import type { BusEnvelope, EdgeEnvelope } from '../../src/protocol/bus-messages.js';
import type { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { type Around, openMemory } from '../../src/storage/memory/memory-storage.js';
import type { DeviceGateway } from './device.js';
import type { Faults } from './faults.js';
import { unreliably } from './faulty-bus.js';
import { PausableClock } from './pausable-clock.js';

export interface ClusterSurroundings {
  readonly clock: FakeClock;
  readonly place: MemoryPlace;
  readonly bus: MemoryBus<BusEnvelope>;
  readonly registry: MemoryRegistry;
  readonly people: PeopleDirectory;
  readonly faults: Faults;
  /** What the store does to everybody: a mutation of the protocol, or nothing. */
  readonly lie: (storage: Storage, incarnation: string) => Storage;
}

const NO_LOAD = { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 };

/** What every process has: its time, its way to the bus and to the registry. */
class ClusterProcess {
  readonly incarnation: string;
  readonly clock: PausableClock;
  readonly link: RegistryLink;
  readonly bus: Bus<BusEnvelope>;
  readonly routes: ClusterRoutes;
  cutFromBus = false;
  cutFromStore = false;
  protected readonly around: ClusterSurroundings;

  constructor(incarnation: string, around: ClusterSurroundings) {
    this.incarnation = incarnation;
    this.around = around;
    this.clock = new PausableClock(around.clock);
    this.link = around.registry.connect(this.clock);
    this.bus = this.ownBus();
    const { bus, link, clock } = this;
    this.routes = new ClusterRoutes({ bus, board: link, membership: link, clock });
  }

  get dead(): boolean {
    return this.clock.dead;
  }

  private ownBus(): Bus<BusEnvelope> {
    const { bus, faults, clock } = this.around;
    return {
      publish: (subject, envelopes) => {
        if (this.cutFromBus || this.dead) return;
        for (const envelope of envelopes) unreliably(faults, clock, () => bus.publish(subject, [envelope]));
      },
      subscribe: (subject, handler) =>
        bus.subscribe(subject, (envelopes) => {
          if (!this.cutFromBus) this.clock.whenRunning(() => handler(envelopes));
        }),
      flush: (deadlineMs) => bus.flush(deadlineMs),
      close: () => Promise.resolve(),
    };
  }

  info(role: string): ProcessInfo {
    const { incarnation } = this;
    const name = incarnation.split('/')[0] ?? incarnation;
    return { incarnation, name, roles: [role], publicUrl: undefined, zone: '', weight: 1, load: NO_LOAD };
  }

  /** Dies without a word, wherever it is. */
  kill(): void {
    this.clock.kill();
    this.link.setReachable(false);
  }

  heal(): void {
    this.clock.resume();
    this.cutFromBus = false;
    this.cutFromStore = false;
    if (!this.dead) this.link.setReachable(true);
  }
}

export class SimulatedNode extends ClusterProcess {
  readonly node: ChatNode;
  draining = false;
  private readonly coordinator: Coordinator;

  constructor(incarnation: string, around: ClusterSurroundings) {
    super(incarnation, around);
    const { place, people, faults } = around;
    const { bus, link, clock, routes } = this;
    const common = { incarnation, bus, clock, logger: silentLogger, metrics: noMetrics };
    const plain = openMemory({ place, incarnation, fencesWrites: false, around: this.ownStore(faults) });
    const storage = around.lie(plain, incarnation);
    const name = incarnation.split('/')[0] ?? incarnation;
    this.node = new ChatNode({
      ...common,
      ...{ storage, routes, people, flushesMax: 3 },
      ownership: clusterOwnership({ ...common, name, storage, board: link, membership: link }),
      activate: (host) => (context) =>
        context.id.startsWith('user:') ? activateUser(host, context) : activateChannel(host, context),
      onFenced: () => this.kill(),
    });
    this.coordinator = new Coordinator({ ...common, membership: link, board: link });
  }

  private ownStore(faults: Faults): Around {
    const inner = faults.around(true, () => this.dead);
    return async (operation, apply) => {
      await this.clock.running();
      if (this.cutFromStore) throw new ParleyError('timeout');
      try {
        return await inner(operation, apply);
      } finally {
        await this.clock.running();
      }
    };
  }

  async start(): Promise<void> {
    await this.routes.start();
    await this.link.join(this.info('node'));
    await this.coordinator.start();
    await this.node.start();
  }

  async drain(): Promise<void> {
    this.draining = true;
    this.link.report({ ...NO_LOAD, draining: true });
    await this.node.drain(8_000);
    await this.coordinator.stop();
    await this.link.leave();
    this.kill();
  }
}

export class SimulatedGateway extends ClusterProcess implements DeviceGateway {
  readonly edge: EdgeLink;
  readonly sessions = new Map<string, (envelope: EdgeEnvelope) => void>();
  moves = 0;

  constructor(incarnation: string, around: ClusterSurroundings) {
    super(incarnation, around);
    this.edge = new EdgeLink(this.bus, this.routes, this.clock, incarnation);
    this.edge.onEnvelope((envelope) => {
      if ('sessionId' in envelope) this.sessions.get(envelope.sessionId)?.(envelope);
    });
    this.edge.onMoved(() => {
      this.moves++;
    });
  }

  async start(): Promise<void> {
    await this.routes.start();
    await this.link.join(this.info('gateway'));
    await this.edge.start();
  }

  override kill(): void {
    super.kill();
    this.sessions.clear();
  }
}
