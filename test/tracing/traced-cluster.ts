/** Two nodes and two gateways on a bus of bytes under a fake clock, each with a tracer of its own, and an operator beside them. */
import { journey } from '../../src/admin/handlers/journey.js';
import { busEnvelopeCodec } from '../../src/cluster/bus/envelope-codec.js';
import { MemoryBus } from '../../src/cluster/bus/memory/memory-bus.js';
import { ChatNode } from '../../src/cluster/chat-node.js';
import { ClusterRoutes } from '../../src/cluster/cluster-routes.js';
import { Coordinator } from '../../src/cluster/coordinator/coordinator.js';
import { EdgeLink } from '../../src/cluster/edge-link.js';
import { MemoryRegistry, type RegistryLink } from '../../src/cluster/membership/testing/memory-registry.js';
import { OperationsAsker } from '../../src/cluster/operations/asker.js';
import { OperationsDesk } from '../../src/cluster/operations/desk.js';
import type { ProcessOperations } from '../../src/cluster/operations/process-operations.js';
import { clusterOwnership } from '../../src/cluster/ownership/cluster-ownership.js';
import { hashOf } from '../../src/core/ids.js';
import { silentLogger } from '../../src/core/logger.js';
import type { ProcessInfo } from '../../src/core/membership.js';
import { noMetrics } from '../../src/core/metrics.js';
import { seededRandom } from '../../src/core/random.js';
import { FakeClock } from '../../src/core/testing/fake-clock.js';
import { SessionHost } from '../../src/gateway/session-host.js';
import { FakeSocket } from '../../src/gateway/testing/fake-socket.js';
import { fakeVerifier } from '../../src/gateway/testing/fake-verifier.js';
import { activateActor } from '../../src/node/activate-actor.js';
import type { admin } from '../../src/protocol/admin-messages.js';
import type { BusEnvelope } from '../../src/protocol/bus-messages.js';
import { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import { openMemory } from '../../src/storage/memory/memory-storage.js';
import { SpanRing } from '../../src/tracing/span-ring.js';
import { Tracer } from '../../src/tracing/tracer.js';
import { FakePeople } from '../actors/fixture.js';

const NO_LOAD = { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 };
const SPANS_KEPT = 500;

/** What every process of it has. */
interface Process {
  readonly incarnation: string;
  readonly link: RegistryLink;
  readonly routes: ClusterRoutes;
  readonly spans: SpanRing;
  readonly tracing: Tracer;
}

export class TracedCluster {
  readonly clock = new FakeClock();
  readonly people = new FakePeople();
  private readonly bus = new MemoryBus<BusEnvelope>(this.clock, { codec: busEnvelopeCodec(1024 * 1024) });
  private readonly registry = new MemoryRegistry({ clock: this.clock });
  private readonly place = new MemoryPlace();
  private readonly gateways = new Map<string, SessionHost>();
  private readonly rate: number;
  private operator: { readonly asker: OperationsAsker; readonly edge: EdgeLink } | undefined;

  /** `rate`: the share of requests that gateways trace by themselves. */
  constructor(rate: number, ...userIds: string[]) {
    this.rate = rate;
    this.people.add(...userIds);
  }

  async start(): Promise<this> {
    const starts = [this.startNode('node1'), this.startNode('node2')];
    for (const name of ['gateway1', 'gateway2']) starts.push(this.startGateway(name));
    starts.push(this.startOperator());
    const started = Promise.all(starts);
    await this.clock.advance(5_000);
    await started;
    return this;
  }

  private async begin(incarnation: string, role: string): Promise<Process> {
    const { bus, clock } = this;
    const link = this.registry.connect(clock);
    const routes = new ClusterRoutes({ bus, board: link, membership: link, clock });
    const spans = new SpanRing(SPANS_KEPT);
    const random = seededRandom(hashOf(incarnation));
    const tracing = new Tracer({ clock, random, rate: this.rate, sinks: [spans] });
    await routes.start();
    const info: ProcessInfo = {
      ...{ incarnation, name: incarnation, roles: [role], publicUrl: undefined, zone: '', weight: 1, load: NO_LOAD },
    };
    await link.join(info);
    return { incarnation, link, routes, spans, tracing };
  }

  private async answerOperators({ incarnation, spans }: Process, more: Partial<ProcessOperations>): Promise<void> {
    const operations = { report: () => ({}), spans, ...more };
    await new OperationsDesk({ bus: this.bus, incarnation, operations, logger: silentLogger }).start();
  }

  private async startNode(incarnation: string): Promise<void> {
    const { bus, clock, people, place } = this;
    const process = await this.begin(incarnation, 'node');
    const { link, routes, tracing } = process;
    const common = { incarnation, bus, clock, logger: silentLogger, metrics: noMetrics };
    const storage = openMemory({ place, incarnation, fencesWrites: false });
    const node = new ChatNode({
      ...{ ...common, storage, routes, people, tracing },
      ownership: clusterOwnership({ ...common, name: incarnation, storage, board: link, membership: link }),
      activate: activateActor,
      onFenced: () => undefined,
    });
    await new Coordinator({ ...common, membership: link, board: link }).start();
    await node.start();
    await this.answerOperators(process, { node: node.operations });
  }

  private async startGateway(incarnation: string): Promise<void> {
    const process = await this.begin(incarnation, 'gateway');
    const edge = new EdgeLink(this.bus, process.routes, this.clock, incarnation);
    await edge.start();
    const { clock } = this;
    const common = { clock, random: seededRandom(hashOf(incarnation)), logger: silentLogger, metrics: noMetrics };
    const fallback = async () => ({ status: 404, headers: {}, body: '' });
    const { tracing } = process;
    const host = new SessionHost({ ...common, bus: edge, verifier: fakeVerifier, fallback, tracing }, () => undefined);
    this.gateways.set(incarnation, host);
    await this.answerOperators(process, {});
  }

  private async startOperator(): Promise<void> {
    const { bus, clock } = this;
    const { link, routes, incarnation: name } = await this.begin('admin1', 'admin');
    const edge = new EdgeLink(bus, routes, clock, name);
    await edge.start();
    const asker = new OperationsAsker({ bus, membership: link, board: link, clock, name });
    await asker.start();
    this.operator = { asker, edge };
    const desk = { bus, incarnation: name, operations: { report: () => ({}) }, logger: silentLogger };
    await new OperationsDesk(desk).start();
  }

  /** A device's socket that has said hello; `who` as in `alice.phone`. */
  async connect(gateway: string, who: string): Promise<FakeSocket> {
    const host = this.gateways.get(gateway);
    if (host === undefined) throw new Error(`there is no ${gateway}`);
    const socket = new FakeSocket(host, who);
    socket.send({ requestId: 1, hello: { token: who } });
    await this.clock.advance(500);
    socket.read();
    return socket;
  }

  async journey(messageId: string): Promise<admin.IJourney> {
    if (this.operator === undefined) throw new Error('not started');
    const { asker, edge: actors } = this.operator;
    const answer = journey({ asker, actors, logger: silentLogger }, { messageId });
    answer.catch(() => undefined);
    await this.clock.advance(3_000);
    return answer;
  }
}
