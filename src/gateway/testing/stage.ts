import { silentLogger } from '../../core/logger.js';
import { noMetrics } from '../../core/metrics.js';
import { seededRandom } from '../../core/random.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import type { v1 } from '../../protocol/wire.js';
import type { GatewayDeps } from '../gateway.js';
import { SessionHost } from '../session-host.js';
import { SWEEP_MS, Sweeper } from '../sweep.js';
import { FakeCluster } from './fake-cluster.js';
import { FakeSocket } from './fake-socket.js';
import { fakeVerifier } from './fake-verifier.js';

/** A gateway's sessions without sockets, with time and actors in the test's hands. */
export class Stage {
  readonly clock = new FakeClock();
  readonly cluster = new FakeCluster();
  readonly published: string[] = [];
  /** Called as something is published. */
  onPublished: (head: number) => void = () => {};
  readonly host: SessionHost;
  private readonly sweeper: Sweeper;

  constructor(more: Partial<GatewayDeps> = {}) {
    const deps: GatewayDeps = {
      bus: this.cluster,
      verifier: fakeVerifier,
      fallback: async () => ({ status: 404, headers: {}, body: '' }),
      clock: this.clock,
      random: seededRandom(1),
      logger: silentLogger,
      metrics: noMetrics,
      ...more,
    };
    this.host = new SessionHost(deps, ({ channelId, head }) => {
      this.published.push(`${channelId}:${head}`);
      this.onPublished(head);
    });
    this.sweeper = new Sweeper(this.host);
  }

  connect(): FakeSocket {
    return new FakeSocket(this.host);
  }

  /** A socket that has said hello, and the welcome it got. */
  async login(hello: v1.IHello = {}): Promise<{ socket: FakeSocket; welcome: v1.IWelcome; id: string }> {
    const socket = this.connect();
    socket.send({ requestId: 1, hello: { token: 'alice.phone', ...hello } });
    await this.clock.settle();
    const welcome = socket.frames.shift()?.welcome;
    if (!welcome) throw new Error('no welcome');
    return { socket, welcome, id: welcome.sessionId ?? '' };
  }

  async sweeps(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      await this.clock.advance(SWEEP_MS);
      this.sweeper.sweepAll();
      await this.clock.settle();
    }
  }
}
