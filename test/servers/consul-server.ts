/** Real Consul of a test's own: one server, or three that elect a leader. */
import { CONSUL_HINT, CONSUL_PORTS, findConsul, launchConsul } from '../../scripts/servers/consul.mjs';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { newFolder, RealServer, startFresh } from '../../scripts/servers/real-server.mjs';

export { CONSUL_HINT, findConsul };

const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

/** One server, which keeps its state over `kill` and `start`. */
class ConsulNode extends RealServer {
  /** Of its HTTP interface: `host:port`. */
  readonly address: string;

  constructor(program: string, host: string, port: number, servers: readonly string[]) {
    const folder = newFolder('consul');
    super(folder, launchConsul({ program, port, folder, address: host, servers }));
    this.address = `${host}:${port}`;
  }
}

export class ConsulServer {
  /** Each to be killed, paused and started by itself. */
  readonly nodes: readonly ConsulNode[];

  private constructor(nodes: readonly ConsulNode[]) {
    this.nodes = nodes;
  }

  /** Starts one server, or three on 127.0.0.1 to 127.0.0.3, on free ports; resolves when there is a leader. */
  static start(program: string, count: 1 | 3 = 1): Promise<ConsulServer> {
    return ConsulServer.startAt(program, ADDRESSES.slice(0, count));
  }

  /** One at each of these addresses of this machine's. */
  static startAt(program: string, servers: readonly string[]): Promise<ConsulServer> {
    return startFresh(async () => {
      const port = await freePorts(CONSUL_PORTS, servers);
      return new ConsulServer(servers.map((host) => new ConsulNode(program, host, port, servers)));
    });
  }

  /** Of the HTTP interface of the first server: `host:port`. */
  get address(): string {
    return this.addresses[0] ?? '';
  }

  get addresses(): readonly string[] {
    return this.nodes.map((node) => node.address);
  }

  /** All servers, at their addresses, with the state that they had. */
  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()));
  }

  /** SIGKILL for all servers. */
  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
  }

  /** SIGSTOP for all servers. */
  pause(): void {
    for (const node of this.nodes) node.pause();
  }

  resume(): void {
    for (const node of this.nodes) node.resume();
  }

  /** All servers killed, and their state removed. */
  async remove(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.remove()));
  }
}
