/** One incarnation of the embedded form: a node, and the gateway beside it, on the shared store. */

import { ChatNode } from '../../src/cluster/chat-node.js';
import { EdgeLink } from '../../src/cluster/edge-link.js';
import { soleOwnership } from '../../src/cluster/ownership/sole-ownership.js';
import { soleOwner } from '../../src/cluster/routes.js';
import { silentLogger } from '../../src/core/logger.js';
import { noMetrics } from '../../src/core/metrics.js';
import type { PeopleDirectory } from '../../src/core/people.js';
import type { FakeClock } from '../../src/core/testing/fake-clock.js';
import { activateActor } from '../../src/node/activate-actor.js';
import { type BusEnvelope, type EdgeEnvelope, isPushEnvelope } from '../../src/protocol/bus-messages.js';
import { pushSubject } from '../../src/protocol/bus-subjects.js';
import type { Dispatch } from '../../src/push/dispatch.js';
import type { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { openMemory } from '../../src/storage/memory/memory-storage.js';
import type { Faults } from './faults.js';
import { FaultyBus, unreliably } from './faulty-bus.js';
import { type Pushed, simulatedDispatch } from './pushing.js';
import { ScopedClock } from './scoped-clock.js';

export interface Surroundings {
  readonly clock: FakeClock;
  readonly place: MemoryPlace;
  readonly people: PeopleDirectory;
  readonly faults: Faults;
  /** As the store of a cluster: a fenced owner's writes are taken, and only its fence read tells. */
  readonly fencesWrites: boolean;
  readonly pushed: Pushed[];
}

export class SimulatedProcess {
  readonly incarnation: string;
  readonly edge: EdgeLink;
  /** What the gateway's sessions get, by session id. */
  readonly sessions = new Map<string, (envelope: EdgeEnvelope) => void>();
  dead = false;
  readonly moves = 0;
  private readonly node: ChatNode;
  private readonly bus: FaultyBus<BusEnvelope>;
  private readonly dispatch: Dispatch;
  private readonly clock: ScopedClock;

  constructor(incarnation: string, { clock, place, people, faults, fencesWrites, pushed }: Surroundings) {
    this.incarnation = incarnation;
    this.clock = new ScopedClock(clock);
    const bus = new FaultyBus<BusEnvelope>(this.clock, faults);
    const routes = soleOwner(incarnation);
    const around = faults.around(!fencesWrites, () => this.dead);
    const storage = openMemory({ place, incarnation, fencesWrites, around });
    this.node = new ChatNode({
      incarnation,
      storage,
      ownership: soleOwnership({ incarnation, storage, clock: this.clock }),
      bus,
      routes,
      people,
      clock: this.clock,
      logger: silentLogger,
      metrics: noMetrics,
      activate: activateActor,
      pushSubjectOf: () => pushSubject(incarnation),
      onFenced: () => this.kill(),
    });
    // What actors tell each other within a process does not pass the bus; in a cluster it would.
    const { tell } = this.node.host;
    this.node.host.tell = (actor, notice, onlyIfActive) =>
      unreliably(faults, this.clock, () => tell.call(this.node.host, actor, notice, onlyIfActive));
    this.edge = new EdgeLink(bus, routes, this.clock, incarnation);
    this.bus = bus;
    this.dispatch = simulatedDispatch({ incarnation, clock: this.clock, faults, actors: this.edge, pushed });
    this.edge.onEnvelope((envelope) => {
      if ('sessionId' in envelope) this.sessions.get(envelope.sessionId)?.(envelope);
    });
  }

  async start(): Promise<void> {
    await this.bus.subscribe(pushSubject(this.incarnation), (envelopes) => {
      for (const envelope of envelopes) if (isPushEnvelope(envelope)) this.dispatch.receive(envelope);
    });
    await this.edge.start();
    await this.node.start();
  }

  /** Dies without a word, wherever it is. */
  kill(): void {
    this.dead = true;
    this.clock.kill();
    this.sessions.clear();
  }
}
