/** One incarnation of a node or a gateway of a simulated cluster, with what can be done to it. */
import type { ActorHost } from '../../src/cluster/actor-host.js';
import type { MemoryBus } from '../../src/cluster/bus/memory/memory-bus.js';
import { ChatNode } from '../../src/cluster/chat-node.js';
import { ClusterRoutes } from '../../src/cluster/cluster-routes.js';
import { Coordinator } from '../../src/cluster/coordinator/coordinator.js';
import { Departed } from '../../src/cluster/departed.js';
import { EdgeLink } from '../../src/cluster/edge-link.js';
import type { MemoryRegistry, RegistryLink } from '../../src/cluster/membership/testing/memory-registry.js';
import { OwnedLog } from '../../src/cluster/owned-log.js';
import { clusterOwnership } from '../../src/cluster/ownership/cluster-ownership.js';
import type { Bus } from '../../src/core/bus.js';
import { ParleyError } from '../../src/core/errors.js';
import { type ActorId, userOf } from '../../src/core/ids.js';
import { LIMITS } from '../../src/core/limits.js';
import { silentLogger } from '../../src/core/logger.js';
import type { ProcessInfo } from '../../src/core/membership.js';
import { noMetrics } from '../../src/core/metrics.js';
import type { PeopleDirectory } from '../../src/core/people.js';
import type { FakeClock } from '../../src/core/testing/fake-clock.js';
import { activateActor } from '../../src/node/activate-actor.js';
import { patiently } from '../../src/node/patiently.js';
import { pushSubjectOf } from '../../src/node/push-subject.js';
import { type BusEnvelope, type EdgeEnvelope, isPushEnvelope } from '../../src/protocol/bus-messages.js';
import { pushSubject } from '../../src/protocol/bus-subjects.js';
import type { Dispatch } from '../../src/push/dispatch.js';
import type { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { type Around, openMemory } from '../../src/storage/memory/memory-storage.js';
import type { DeviceGateway } from './device.js';
import type { Faults } from './faults.js';
import { unreliably } from './faulty-bus.js';
import { PausableClock } from './pausable-clock.js';
import { type Pushed, simulatedDispatch } from './pushing.js';
import { type Detour, instead, type ShortCut } from './short-cuts.js';

export interface ClusterSurroundings {
  readonly clock: FakeClock;
  readonly place: MemoryPlace;
  /** One for each side of a split network: who is on another side hears nothing of it. */
  readonly buses: readonly MemoryBus<BusEnvelope>[];
  readonly registry: MemoryRegistry;
  readonly people: PeopleDirectory;
  readonly faults: Faults;
  /** What every node does otherwise than it should: a mutation of the protocol, or nothing. */
  readonly shortCut: ShortCut;
  readonly logs: readonly ActorId[];
  readonly pushed: Pushed[];
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
  /** On which side of a split network it is. */
  side = 0;
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
    const { buses, faults, clock } = this.around;
    return {
      publish: (subject, envelopes) => {
        const bus = buses[this.side];
        if (this.cutFromBus || this.dead) return;
        for (const envelope of envelopes) unreliably(faults, clock, () => bus?.publish(subject, [envelope]));
      },
      subscribe: async (subject, handler) => {
        const on = (side: number) => (envelopes: readonly BusEnvelope[]) => {
          if (!this.cutFromBus && side === this.side) this.clock.whenRunning(() => handler(envelopes));
        };
        const all = await Promise.all(buses.map((bus, side) => bus.subscribe(subject, on(side))));
        return {
          unsubscribe: () => {
            for (const one of all) one.unsubscribe();
          },
        };
      },
      flush: async (deadlineMs) => {
        await Promise.all(buses.map((bus) => bus.flush(deadlineMs)));
      },
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

  /** Cuts it off with whoever else is on that side, the registry stays on side 0; and back. */
  moveTo(side: number): void {
    this.side = side;
    if (!this.dead) this.link.setReachable(side === 0);
  }

  heal(): void {
    this.clock.resume();
    this.side = 0;
    this.cutFromBus = false;
    this.cutFromStore = false;
    if (!this.dead) this.link.setReachable(true);
  }
}

function openingBy({ opening }: Detour, host: ActorHost): ActorHost {
  if (opening === undefined) return host;
  const openLog: ActorHost['openLog'] = ({ id, epoch }, headHint, replay) => {
    const ports = opening(id, epoch, host);
    const logDeps = { ...ports, openPositionsMax: LIMITS.openPositionsMax, patient: userOf(id) !== undefined };
    return OwnedLog.activate(logDeps, id, epoch, headHint, replay);
  };
  return instead(host, { openLog });
}

export class SimulatedNode extends ClusterProcess {
  readonly node: ChatNode;
  draining = false;
  private readonly coordinator: Coordinator;

  constructor(incarnation: string, around: ClusterSurroundings) {
    super(incarnation, around);
    const { place, people, faults, logs } = around;
    const { bus, link, clock, routes } = this;
    const below = (bound: number): number => faults.below(bound);
    const detour = around.shortCut({ incarnation, clock, place, logs, below });
    const common = { incarnation, bus, clock, logger: silentLogger, metrics: noMetrics };
    const plain = openMemory({ place, incarnation, fencesWrites: false, around: this.ownStore(faults) });
    const storage = detour.storage?.(plain) ?? plain;
    const name = incarnation.split('/')[0] ?? incarnation;
    const opening = { clock, logger: silentLogger, waitsFor: () => undefined };
    const persist = (attempt: () => Promise<void>) => patiently('the store', attempt, opening);
    const ownership = clusterOwnership({
      ...{ ...common, name, storage, board: link, membership: link },
      patiently: persist,
    });
    detour.shards?.(ownership.shards);
    this.node = new ChatNode({
      ...common,
      patiently: persist,
      ...{ storage, ownership, routes, people, departed: new Departed(link) },
      flushing: { flushesMax: 3, flushEveryMs: 2 },
      pushSubjectOf: pushSubjectOf(link),
      activate: (host) => activateActor(openingBy(detour, host)),
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
        if (operation.type === 'changeOwners') return await faults.doubtfully(() => inner(operation, apply));
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

/** A process of the push role: what it knows goes with it. */
export class SimulatedPush extends ClusterProcess {
  private readonly edge: EdgeLink;
  private readonly dispatch: Dispatch;

  constructor(incarnation: string, around: ClusterSurroundings) {
    super(incarnation, around);
    const { clock, bus, routes } = this;
    const { faults, pushed } = around;
    this.edge = new EdgeLink(bus, routes, clock, incarnation);
    this.dispatch = simulatedDispatch({ incarnation, clock, faults, actors: this.edge, pushed });
  }

  async start(): Promise<void> {
    await this.routes.start();
    await this.edge.start();
    await this.bus.subscribe(pushSubject(this.incarnation), (envelopes) => {
      for (const envelope of envelopes) if (isPushEnvelope(envelope)) this.dispatch.receive(envelope);
    });
    await this.link.join(this.info('push'));
  }
}
