/** Parley's own processes: nodes, one gateway, one API. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SERVER_FLAGS } from '../../scripts/server-flags.mjs';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { newFolder } from '../../scripts/servers/real-server.mjs';
import { createSigningKeyFile } from '../../src/directory/tokens/signing-keys.js';
import { createVapidKeyFile } from '../../src/push/webpush/vapid-keys.js';
import { metricIn } from '../run/metric.js';
import { untilOwned } from '../run/owned-shards.js';
import { say } from '../run/program.js';
import { ServerProcess } from '../run/server.js';
import { remoteStage } from '../stage/remote-stage.js';
import type { Stage } from '../stage/stage.js';
import type { Cores, Servers } from './servers.js';

const PARLEY = new URL('../../src/node/main.js', import.meta.url).pathname;
const OWNED_WITHIN_MS = 60_000;

type Role = 'node' | 'gateway' | 'api';

/** What one node has counted since it started. */
export interface StoreCounts {
  readonly flushes: number;
  readonly rows: number;
  readonly fenceReads: number;
  readonly requests: number;
}

let clusters = 0;

export class ParleyCluster {
  readonly nodes: readonly ServerProcess[];
  readonly gateway: ServerProcess;
  private readonly api: ServerProcess;
  private readonly servers: Servers;
  private readonly folder: string;

  private constructor(
    servers: Servers,
    folder: string,
    processes: { nodes: readonly ServerProcess[]; gateway: ServerProcess; api: ServerProcess },
  ) {
    this.servers = servers;
    this.folder = folder;
    this.nodes = processes.nodes;
    this.gateway = processes.gateway;
    this.api = processes.api;
  }

  /** On a keyspace of its own; ready when every shard is owned. */
  static async start(servers: Servers, cores: Cores, nodeCount: number): Promise<ParleyCluster> {
    const folder = newFolder('bench-cluster');
    const name = `bench${++clusters}`;
    const keys = { tokens: join(folder, 'token-keys.json'), vapid: join(folder, 'vapid.json') };
    createSigningKeyFile(keys.tokens);
    createVapidKeyFile(keys.vapid);
    const { consul, nats, cassandra, postgres } = servers.addresses;
    const shared = ['--cluster', name, '--log-level', 'warn', '--consul', consul, '--nats', nats];
    const more: Record<Role, string[]> = {
      node: [
        ...['--cassandra', cassandra, '--keyspace', name, '--replication', '1', '--postgres', postgres],
        ...['--nodes-min', String(nodeCount)],
      ],
      gateway: ['--token-keys', keys.tokens],
      api: ['--token-keys', keys.tokens, '--vapid-keys', keys.vapid, '--postgres', postgres],
    };
    const launch = async (role: Role, title: string): Promise<ServerProcess> => {
      const port = await freePorts(2);
      return ServerProcess.start({
        name: title,
        command: [...SERVER_FLAGS, PARLEY, role, '--name', title, '--port', String(port), ...shared, ...more[role]],
        ...{ port, inspectPort: port + 1, isReady: (line: string) => line.startsWith('Parley is ready') },
        ...(cores.servers === undefined ? {} : { cores: cores.servers }),
      });
    };
    const titles = Array.from({ length: nodeCount }, (_, index) => `node-${index + 1}`);
    const [gateway, api, ...nodes] = await Promise.all([
      launch('gateway', 'gateway-1'),
      launch('api', 'api-1'),
      ...titles.map((title) => launch('node', title)),
    ]);
    const cluster = new ParleyCluster(servers, folder, { nodes, gateway, api });
    await untilOwned(() => cluster.owned(), OWNED_WITHIN_MS);
    return cluster;
  }

  get pids(): { readonly nodes: readonly number[]; readonly gateway: readonly number[] } {
    return { nodes: this.nodes.map(({ pid }) => pid), gateway: [this.gateway.pid] };
  }

  /** Of nodes and gateway, since they started. */
  processorSeconds(): number {
    return [...this.nodes, this.gateway].reduce((sum, each) => sum + each.processorSeconds(), 0);
  }

  /** Accounts that no earlier stage had. */
  stage(users: number): Promise<Stage> {
    return remoteStage({
      url: `http://127.0.0.1:${this.api.spec.port}`,
      users,
      postgres: this.servers.addresses.postgres,
      tokenKeys: join(this.folder, 'token-keys.json'),
      metrics: [],
      commands: new Map(),
      say,
    });
  }

  /** Of all nodes together. */
  async counts(): Promise<StoreCounts> {
    const sum = async (name: string): Promise<number> => {
      const values = await Promise.all(this.nodes.map((node) => metric(node, name)));
      return values.reduce((total, value) => total + value, 0);
    };
    return {
      flushes: await sum('parley_store_flushes_total'),
      rows: await sum('parley_store_writes_total'),
      fenceReads: await sum('parley_fence_reads_total'),
      requests: await sum('parley_cassandra_requests_total'),
    };
  }

  /** Nodes and gateways end first-come; nobody is waited for in good order. */
  async stop(): Promise<void> {
    await Promise.all([...this.nodes, this.gateway, this.api].map((each) => each.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private owned(): Promise<number[]> {
    return Promise.all(this.nodes.map((node) => metric(node, 'parley_shards_owned')));
  }
}

async function metric(server: ServerProcess, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${server.spec.port}/metrics`);
  return metricIn(await answer.text(), name);
}
