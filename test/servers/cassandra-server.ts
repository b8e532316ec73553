/** Real Cassandra of a test's own: one node, or three with a third of the ring each. */
import { CASSANDRA_HINT, findCassandra, launchCassandra, THREE_TOKENS } from '../../scripts/servers/cassandra.mjs';
import { seesThreeReplicas } from '../../scripts/servers/cql.mjs';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { newFolder, RealServer, startFresh } from '../../scripts/servers/real-server.mjs';
import type { NetworkHost } from '../network/network.js';

export { CASSANDRA_HINT, findCassandra };

/** What runs it: `findCassandra()`. */
export type CassandraProgram = NonNullable<ReturnType<typeof findCassandra>>;

/** The one that Cassandra makes where it asks for passwords. */
export const FIRST_USER = { username: 'cassandra', password: 'cassandra' };

const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
/** Of a host that nothing else runs on. */
const OWN_PORT = 9042;
const HEAP_MEGABYTES = 384;
const TOGETHER_MS = 60_000;
const LOOK_AGAIN_MS = 100;

interface NodePlace {
  readonly host: NetworkHost | undefined;
  readonly tls: string | undefined;
  readonly address: string;
  readonly token: string | undefined;
  readonly seeds: readonly string[];
  readonly port: number;
  readonly storagePort: number;
}

class CassandraNode extends RealServer {
  readonly address: string;
  readonly port: number;

  constructor(program: CassandraProgram, { token, host, tls, ...place }: NodePlace) {
    const folder = newFolder('cassandra');
    const options = {
      ...program,
      ...place,
      ...(tls && { tls }),
      folder,
      quickStart: true,
      heapMegabytes: HEAP_MEGABYTES,
    };
    const launch = launchCassandra(token === undefined ? options : { ...options, token });
    super(folder, { ...launch, ...host?.inside(launch.program, launch.args) });
    this.address = place.address;
    this.port = place.port;
  }

  get contactPoint(): string {
    return `${this.address}:${this.port}`;
  }
}

export class CassandraServer {
  /** Each to be killed, paused and started by itself. */
  readonly nodes: readonly CassandraNode[];

  /** Where they run, one each, if not on this one. */
  readonly hosts: readonly NetworkHost[];

  private constructor(nodes: readonly CassandraNode[], hosts: readonly NetworkHost[]) {
    this.nodes = nodes;
    this.hosts = hosts;
  }

  /**
   * Starts one node, or three on 127.0.0.1 to 127.0.0.3, on free ports; resolves when every node reaches every other. One node
   * may ask for passwords and speak TLS, with the certificate and key of a PEM file: see FIRST_USER.
   */
  static start(
    program: CassandraProgram,
    count: 1 | 3 = 1,
    { tls }: { readonly tls?: string } = {},
  ): Promise<CassandraServer> {
    const addresses = ADDRESSES.slice(0, count);
    return startFresh(async () => {
      const port = await freePorts(2, addresses);
      const shared = { port, storagePort: port + 1, seeds: addresses, tls };
      return new CassandraServer(
        addresses.map((address, i) => nodeAt(program, { ...shared, address, host: undefined }, i)),
        [],
      );
    });
  }

  /** One node on each of these hosts, one or three. */
  static async startOn(program: CassandraProgram, hosts: readonly NetworkHost[]): Promise<CassandraServer> {
    const seeds = hosts.map(({ address }) => address);
    const shared = { port: OWN_PORT, storagePort: OWN_PORT + 1, seeds, tls: undefined };
    const nodes = hosts.map((host, i) => nodeAt(program, { ...shared, address: host.address, host }, i));
    const server = new CassandraServer(nodes, hosts);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.remove();
      throw error;
    }
  }

  /** Of all nodes, as the driver takes them: `address:port`. */
  get contactPoints(): readonly string[] {
    return this.nodes.map((node) => node.contactPoint);
  }

  get dataCenter(): string {
    return 'datacenter1';
  }

  /** All nodes at once, at their addresses, with the data that they had. */
  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()));
    if (this.nodes.length > 1) await this.together();
  }

  private async together(): Promise<void> {
    for (const end = Date.now() + TOGETHER_MS; ; ) {
      const seen = await Promise.all(this.nodes.map(seesThreeReplicas));
      if (seen.every((sees) => sees)) return;
      if (Date.now() > end) throw new Error('the nodes of Cassandra do not reach each other');
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** SIGKILL for all nodes. */
  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
  }

  /** All nodes killed, and their data removed. */
  async remove(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.remove()));
  }
}

const nodeAt = (program: CassandraProgram, place: Omit<NodePlace, 'token'>, index: number): CassandraNode =>
  new CassandraNode(program, { ...place, token: THREE_TOKENS[index] });
