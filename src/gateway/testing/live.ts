import { once } from 'node:events';
import WebSocket from 'ws';
import { type Clock, systemClock } from '../../core/clock.js';
import type { HttpHandler } from '../../core/http.js';
import { silentLogger } from '../../core/logger.js';
import { noMetrics } from '../../core/metrics.js';
import { systemRandom } from '../../core/random.js';
import { decodeServerFrame, encodeClientFrame, encodeClientFrameJson } from '../../protocol/codec.js';
import type { v1 } from '../../protocol/wire.js';
import type { Gateway, GatewayOptions } from '../gateway.js';
import { startGateway } from '../server.js';
import { FakeCluster } from './fake-cluster.js';
import { fakeVerifier } from './fake-verifier.js';

/** A gateway on a real port of this machine, with actors of the test's making. */
export interface Live {
  readonly gateway: Gateway;
  readonly cluster: FakeCluster;
  readonly url: string;
  /** The kinds of what operators are told, in order. */
  readonly happened: readonly string[];
}

const echo: HttpHandler = async ({ method, url, body, headers, remoteAddress }) => ({
  status: 200,
  headers: { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] },
  body: JSON.stringify({ method, url, text: Buffer.from(body).toString(), probe: headers['x-probe'], remoteAddress }),
});

export async function goLive(
  options: Partial<GatewayOptions> = {},
  clock: Clock = systemClock,
  fallback: HttpHandler = echo,
): Promise<Live> {
  const cluster = new FakeCluster();
  const happened: string[] = [];
  const gateway = await startGateway(
    {
      bus: cluster,
      verifier: fakeVerifier,
      fallback,
      clock,
      random: systemRandom,
      logger: silentLogger,
      metrics: noMetrics,
      happened: (kind) => happened.push(kind),
    },
    { host: '127.0.0.1', port: 0, tls: undefined, allowedOrigins: [], trustedProxies: [], ...options },
  );
  return { gateway, cluster, url: `127.0.0.1:${gateway.port}`, happened };
}

/** A WebSocket client that queues what it receives. */
export class Client {
  readonly socket: WebSocket;
  private readonly frames: v1.ServerFrame[] = [];
  private readonly waiting: ((frame: v1.ServerFrame) => void)[] = [];
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      const frame = isBinary ? decodeServerFrame(data) : jsonFrame(data);
      const next = this.waiting.shift();
      if (next === undefined) this.frames.push(frame);
      else next(frame);
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  static async connect(live: Live, subprotocol = 'parley.v1.protobuf', headers = {}): Promise<Client> {
    const socket = new WebSocket(`ws://${live.url}/v1/connect`, subprotocol, { headers });
    const client = new Client(socket);
    await once(socket, 'open');
    return client;
  }

  /** Connects and says hello; resolves with the welcome read. */
  static async login(live: Live, hello: v1.IHello = {}, subprotocol = 'parley.v1.protobuf'): Promise<Client> {
    const client = await Client.connect(live, subprotocol);
    client.send({ requestId: 1, hello: { token: 'alice.phone', ...hello } });
    client.welcome = (await client.next()).welcome ?? undefined;
    return client;
  }

  welcome: v1.IWelcome | undefined;

  get sessionId(): string {
    return this.welcome?.sessionId ?? '';
  }

  send(frame: v1.IClientFrame): void {
    const json = this.socket.protocol === 'parley.v1.json';
    this.socket.send(json ? encodeClientFrameJson(frame) : encodeClientFrame(frame));
  }

  next(): Promise<v1.ServerFrame> {
    const frame = this.frames.shift();
    return frame !== undefined ? Promise.resolve(frame) : new Promise((resolve) => this.waiting.push(resolve));
  }
}

function jsonFrame(data: Buffer): v1.ServerFrame {
  return JSON.parse(data.toString()) as v1.ServerFrame;
}
