/** A cluster of real processes on real servers of its own: to be killed, paused, drained and started again one by one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { createSigningKeyFile } from '../../src/directory/tokens/signing-keys.js';
import { temporaryFolder } from '../process/parley.js';
import { CASSANDRA_HINT, type CassandraProgram, CassandraServer, findCassandra } from '../servers/cassandra-server.js';
import { CONSUL_HINT, ConsulServer, findConsul } from '../servers/consul-server.js';
import { findNatsServer, NATS_HINT, NatsServer } from '../servers/nats-server.js';
import { findPostgres, POSTGRES_HINT, PostgresServer } from '../servers/postgres-server.js';

const MAIN = fileURLToPath(new URL('../../dist/src/node/main.js', import.meta.url));
const READY_MS = 90_000;
const LOOK_AGAIN_MS = 50;
const OUTPUT_MAX = 20_000;

export interface ServerPrograms {
  readonly cassandra: CassandraProgram;
  readonly consul: string;
  readonly nats: string;
  readonly postgres: string;
}

export const SERVERS_HINT = [CONSUL_HINT, NATS_HINT, CASSANDRA_HINT, POSTGRES_HINT].join(' ');

/** Undefined when one of them is nowhere. */
export function findServers(): ServerPrograms | undefined {
  const [cassandra, consul, nats, postgres] = [findCassandra(), findConsul(), findNatsServer(), findPostgres()];
  if (cassandra === undefined || consul === undefined || nats === undefined || postgres === undefined) return undefined;
  return { cassandra, consul, nats, postgres };
}

type RoleName = 'node' | 'gateway' | 'api';

export class RoleProcess {
  readonly name: string;
  readonly port: number;
  private readonly args: readonly string[];
  private child: ChildProcess | undefined;
  output = '';

  constructor(name: string, port: number, args: readonly string[]) {
    this.name = name;
    this.port = port;
    this.args = args;
  }

  /** Does not wait until it is ready. */
  spawn(): void {
    const child = spawn(process.execPath, [MAIN, ...this.args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-OUTPUT_MAX);
      });
    }
  }

  async isReady(): Promise<boolean> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.port}/v1/ready`, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }

  async untilReady(): Promise<void> {
    for (const end = Date.now() + READY_MS; !(await this.isReady()); ) {
      if (!this.runs) throw new Error(`${this.name} ended: ${this.output}`);
      if (Date.now() > end) throw new Error(`${this.name} is not ready: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  get runs(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  /** SIGKILL: without a word. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM: it hands over what it has. Resolves to its exit code. */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this;
    if (child === undefined || !this.runs) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }
}

export class RealCluster {
  readonly nodes: readonly RoleProcess[];
  readonly gateways: readonly RoleProcess[];
  readonly api: RoleProcess;
  readonly consul: ConsulServer;
  readonly nats: NatsServer;
  readonly cassandra: CassandraServer;
  private readonly postgres: PostgresServer;
  private readonly folder: ReturnType<typeof temporaryFolder>;

  private constructor(
    servers: Pick<RealCluster, 'consul' | 'nats' | 'cassandra'> & { readonly postgres: PostgresServer },
    folder: ReturnType<typeof temporaryFolder>,
    ports: readonly number[],
  ) {
    this.consul = servers.consul;
    this.nats = servers.nats;
    this.cassandra = servers.cassandra;
    this.postgres = servers.postgres;
    this.folder = folder;
    const keys = join(folder.path, 'keys.json');
    createSigningKeyFile(keys);
    const make = (role: RoleName, number: number, port: number): RoleProcess =>
      new RoleProcess(`${role}-${number}`, port, this.argumentsOf(role, number, port, keys));
    const [api = 0, firstGateway = 0, secondGateway = 0, ...nodes] = ports;
    this.api = make('api', 1, api);
    this.gateways = [make('gateway', 1, firstGateway), make('gateway', 2, secondGateway)];
    this.nodes = nodes.map((port, index) => make('node', index + 1, port));
  }

  /** Three nodes, two gateways, one API; ready when all of them are and every shard is owned. */
  static async start(programs: ServerPrograms): Promise<RealCluster> {
    const [consul, nats, cassandra, postgres] = await Promise.all([
      ConsulServer.start(programs.consul),
      NatsServer.start(programs.nats),
      CassandraServer.start(programs.cassandra),
      PostgresServer.start(programs.postgres),
    ]);
    const first = await freePorts(6);
    const ports = Array.from({ length: 6 }, (_, index) => first + index);
    const cluster = new RealCluster({ consul, nats, cassandra, postgres }, temporaryFolder(), ports);
    for (const one of cluster.processes) one.spawn();
    await Promise.all(cluster.processes.map((one) => one.untilReady()));
    await cluster.untilOwned();
    return cluster;
  }

  private argumentsOf(role: RoleName, number: number, port: number, keys: string): string[] {
    const shared = ['--name', `${role}-${number}`, '--port', `${port}`, '--cluster', 'test', '--log-level', 'warn'];
    const servers = ['--consul', this.consul.address, '--nats', this.nats.address];
    const store = ['--cassandra', this.cassandra.contactPoints.join(','), '--replication', '1', '--nodes-min', '3'];
    const more = {
      node: [...store, '--postgres', this.postgres.url],
      gateway: ['--token-keys', keys],
      api: ['--token-keys', keys, '--postgres', this.postgres.url],
    };
    return [role, ...shared, ...servers, ...more[role]];
  }

  get processes(): readonly RoleProcess[] {
    return [...this.nodes, ...this.gateways, this.api];
  }

  get origin(): string {
    return `http://127.0.0.1:${this.api.port}`;
  }

  async ownedBy(node: RoleProcess): Promise<number> {
    return this.metric(node, 'parley_shards_owned');
  }

  /** The node that places the shards. */
  async coordinator(): Promise<RoleProcess | undefined> {
    for (const node of this.nodes) if ((await this.metric(node, 'parley_coordinator')) === 1) return node;
    return undefined;
  }

  /** 0 when it does not answer. */
  private async metric(node: RoleProcess, name: string): Promise<number> {
    const text = await fetch(`http://127.0.0.1:${node.port}/metrics`, { signal: AbortSignal.timeout(2_000) })
      .then((answer) => answer.text())
      .catch(() => '');
    return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  }

  /** Until every shard has its owner. */
  async untilOwned(): Promise<void> {
    for (const end = Date.now() + READY_MS; ; ) {
      const owned = await Promise.all(this.nodes.map((node) => this.ownedBy(node)));
      if (owned.reduce((sum, count) => sum + count, 0) === 4096) return;
      if (Date.now() > end) throw new Error(`owned: ${owned.join(' ')}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  async remove(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.kill()));
    await Promise.all([this.consul.remove(), this.nats.remove(), this.cassandra.remove(), this.postgres.remove()]);
    this.folder.remove();
  }
}
