/** A cluster of real processes on real servers: to be killed, paused, cut off, drained and started again one by one. */
import { dirname, join } from 'node:path';
import { isEveryShardOwned, untilOwned } from '../../bench/run/owned-shards.js';
import { AdminClient } from '../../cli/client.js';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { readTokens } from '../../src/admin/tokens.js';
import { SHARD_COUNT } from '../../src/core/ids.js';
import { createSigningKeyFile } from '../../src/directory/tokens/signing-keys.js';
import { createVapidKeyFile } from '../../src/push/webpush/vapid-keys.js';
import { CutProxy } from '../network/cut-proxy.js';
import { Network, type NetworkHost } from '../network/network.js';
import { type Ran, runCommand } from '../process/command-line.js';
import { temporaryFolder } from '../process/parley.js';
import { findServers, SERVERS_HINT, type ServerPrograms } from '../servers/server-programs.js';
import { type ServerPlace, ServerSet } from '../servers/server-set.js';
import { sharedPlace } from '../servers/shared-place.js';
import { type Links, type RoleName, RoleProcess } from './role-process.js';

const OWNED_MS = 90_000;

export { findServers, SERVERS_HINT };

export interface ClusterShape {
  readonly nodes?: number;
  readonly gateways?: number;
  readonly apis?: number;
  /** Of the push role, none where not said: by Web Push, also to private addresses. */
  readonly pushes?: number;
  /** More of what pushes are sent by, for these and the APIs. */
  readonly pushOptions?: readonly string[];
  /** Whether a process for operators is there, too: none where not said otherwise. */
  readonly admin?: boolean;
  /** Servers of its own, to be killed: so many nodes of Cassandra, each row on all of them. Undefined: those that tests share. */
  readonly ownServers?: { readonly cassandraNodes: 1 | 3 };
  /**
   * Whether nodes and gateways can be cut off from its own servers: each a host of a network of its own, as is each node of
   * Cassandra; where no such network can be had, by proxies. Then not from Cassandra where it is three: its nodes tell their addresses
   * to whoever connects, and no proxy can stand before them.
   */
  readonly cuttable?: boolean;
  /** Whether there is a node more, which is not started with the others. */
  readonly spare?: boolean;
  /** Whether the wall clocks of nodes can be made to jump. */
  readonly jumpy?: boolean;
  /** The file of the keys of access tokens; one of its own where not said. */
  readonly keys?: string;
  /** Before any process starts. */
  readonly prepare?: (place: ServerPlace) => Promise<void>;
}

/** Where operators connect, and the file of their tokens. */
interface Operators {
  readonly address: string;
  readonly tokens: string;
}

/** What a cluster stands on. */
interface Grounds {
  readonly place: ServerPlace;
  readonly own: ServerSet | undefined;
  readonly network: Network | undefined;
}

interface Files {
  readonly keys: string;
  readonly vapid: string;
  readonly operators: Operators;
}

export class RealCluster {
  readonly nodes: readonly RoleProcess[];
  readonly gateways: readonly RoleProcess[];
  readonly apis: readonly RoleProcess[];
  readonly admins: readonly RoleProcess[];
  readonly pushes: readonly RoleProcess[];
  /** A node that is there for as long as a test wants it. */
  readonly spare: RoleProcess | undefined;
  /** Where its servers are. */
  readonly place: ServerPlace;
  /** That of its own in which it can be cut to pieces. */
  readonly network: Network | undefined;
  private readonly ownServers: ServerSet | undefined;
  readonly operators: Operators;
  private readonly folder: ReturnType<typeof temporaryFolder>;

  private constructor(
    { place, own, network }: Grounds,
    folder: ReturnType<typeof temporaryFolder>,
    processes: Record<RoleName, readonly RoleProcess[]>,
    operators: Operators,
    spare: RoleProcess | undefined,
  ) {
    this.place = place;
    this.ownServers = own;
    this.network = network;
    this.folder = folder;
    this.nodes = processes.node;
    this.gateways = processes.gateway;
    this.apis = processes.api;
    this.admins = processes.admin;
    this.pushes = processes.push;
    this.operators = operators;
    this.spare = spare;
  }

  /** Three nodes, two gateways, one API where not said otherwise; ready when all are, and every shard is owned. */
  static async start(programs: ServerPrograms, shape: ClusterShape = {}): Promise<RealCluster> {
    const grounds = await findGrounds(programs, shape);
    const { place } = grounds;
    const folder = temporaryFolder();
    await shape.prepare?.(place);
    const keys = shape.keys ?? join(folder.path, 'keys.json');
    if (shape.keys === undefined) createSigningKeyFile(keys);
    const vapid = join(folder.path, 'vapid.json');
    createVapidKeyFile(vapid);
    const operators = { address: `127.0.0.1:${await freePorts(1)}`, tokens: join(folder.path, 'operators.json') };
    const processes = await makeProcesses(grounds, { keys, vapid, operators }, shape);
    const spare = shape.spare ? processes.node.pop() : undefined;
    const cluster = new RealCluster(grounds, folder, processes, operators, spare);
    try {
      for (const one of cluster.processes) one.spawn();
      await Promise.all(cluster.processes.map((one) => one.untilReady()));
      await cluster.untilOwned();
    } catch (error) {
      await cluster.remove();
      throw error;
    }
    return cluster;
  }

  /** To be killed; where it shares them with others, an error. */
  get servers(): ServerSet {
    if (this.ownServers === undefined) throw new Error('these servers are not this cluster’s alone');
    return this.ownServers;
  }

  get processes(): readonly RoleProcess[] {
    return [...this.nodes, ...this.gateways, ...this.apis, ...this.admins, ...this.pushes];
  }

  /** A command of operators, with the rights of an admin. */
  operate(...args: readonly string[]): Promise<Ran> {
    const { address, tokens } = this.operators;
    return runCommand(...args, '--address', address, '--token-file', tokens);
  }

  /** For many calls: the client behind those commands, to be closed. */
  operator(): AdminClient {
    const { address, tokens } = this.operators;
    const token = readTokens(tokens)[0]?.token;
    return new AdminClient({ address, token, ca: undefined, cert: undefined, key: undefined });
  }

  get origin(): string {
    return `http://127.0.0.1:${this.apis[0]?.port}`;
  }

  /** The node that places the shards. */
  async coordinator(): Promise<RoleProcess | undefined> {
    for (const node of this.nodes) if ((await node.metric('parley_coordinator')) === 1) return node;
    return undefined;
  }

  /** Starts what has ended by itself: nodes that were fenced, whose names it returns. Any other end is an error. */
  async revive(): Promise<string[]> {
    const revived = await Promise.all(this.processes.map(async (one) => ((await one.revive()) ? [one.name] : [])));
    return revived.flat();
  }

  /** Until every shard has its owner. */
  untilOwned(): Promise<void> {
    return untilOwned(() => this.owned(), OWNED_MS);
  }

  /** Until every shard has its owner, and no node owns more than a tenth above or below its share. */
  untilBalanced(): Promise<void> {
    const share = SHARD_COUNT / this.nodes.length;
    const isBalanced = (owned: readonly number[]): boolean =>
      isEveryShardOwned(owned) && owned.every((count) => Math.abs(count - share) <= share / 10);
    return untilOwned(() => this.owned(), OWNED_MS, isBalanced);
  }

  private owned(): Promise<number[]> {
    return Promise.all(this.nodes.map((node) => node.metric('parley_shards_owned')));
  }

  /** What all processes said last: for a test that failed. */
  get lastWords(): string {
    return `${this.processes.map((one) => one.lastWords).join('\n')}\n`;
  }

  async remove(): Promise<void> {
    const all = this.spare === undefined ? this.processes : [...this.processes, this.spare];
    await Promise.all(all.map((one) => one.kill()));
    await Promise.all(all.flatMap(({ links }) => Object.values(links).map((link) => link.close())));
    await this.ownServers?.remove();
    await this.network?.close();
    this.folder.remove();
  }
}

async function findGrounds(programs: ServerPrograms, { ownServers, cuttable = false }: ClusterShape): Promise<Grounds> {
  if (ownServers === undefined) return { place: await sharedPlace(), own: undefined, network: undefined };
  const network = cuttable ? await Network.open() : undefined;
  const own = await (network === undefined
    ? ServerSet.start(programs, ownServers.cassandraNodes)
    : ServerSet.startOn(network, programs, ownServers.cassandraNodes));
  return { place: await own.newPlace(), own, network };
}

async function makeProcesses(
  { place, network }: Grounds,
  files: Files,
  shape: ClusterShape,
): Promise<Record<RoleName, RoleProcess[]>> {
  const {
    nodes = 3,
    gateways = 2,
    apis = 1,
    pushes = 0,
    pushOptions = [],
    admin = false,
    cuttable = false,
    jumpy = false,
    spare = false,
  } = shape;
  const counts: Record<RoleName, number> = {
    ...{ node: nodes + (spare ? 1 : 0), gateway: gateways, api: apis, push: pushes },
    admin: admin ? 1 : 0,
  };
  let port = await freePorts(Object.values(counts).reduce((sum, count) => sum + count, 0));
  const made: Record<RoleName, RoleProcess[]> = { node: [], gateway: [], api: [], admin: [], push: [] };
  for (const role of ['node', 'gateway', 'api', 'admin', 'push'] as const) {
    for (let number = 1; number <= counts[role]; number++) {
      const host = role === 'node' || role === 'gateway' ? await network?.newHost() : undefined;
      const links = cuttable ? await linksFor(role, place, host) : {};
      const name = `${role}-${number}`;
      const at = ['--name', name, '--port', `${port}`, ...(host === undefined ? [] : ['--host', host.address])];
      const args = [...at, ...argumentsOf(role, place, links, { ...files, nodes, pushOptions })];
      const clock = jumpy && role === 'node' ? join(dirname(files.vapid), `${name}.clock`) : undefined;
      made[role].push(new RoleProcess({ name, role, port: port++, host, args, links, clock }));
    }
  }
  return made;
}

async function linksFor(
  role: RoleName,
  { consul, nats, contactPoints }: ServerPlace,
  host: NetworkHost | undefined,
): Promise<Links> {
  if (host !== undefined) {
    const links = { consul: host.linkTo([consul]), nats: host.linkTo([nats]) };
    return role === 'node' ? { ...links, cassandra: host.linkTo(contactPoints) } : links;
  }
  const links = { consul: await CutProxy.before(consul), nats: await CutProxy.before(nats) };
  const [store, ...others] = contactPoints;
  if (role !== 'node' || store === undefined || others.length > 0) return links;
  return { ...links, cassandra: await CutProxy.before(store) };
}

function argumentsOf(
  role: RoleName,
  place: ServerPlace,
  links: Links,
  { keys, vapid, operators, nodes, pushOptions }: Files & Required<Pick<ClusterShape, 'nodes' | 'pushOptions'>>,
): string[] {
  const bus = ['--consul', links.consul?.address ?? place.consul, '--nats', links.nats?.address ?? place.nats];
  const store = links.cassandra?.address ?? place.contactPoints.join(',');
  const copies = `${place.contactPoints.length}`;
  const push = ['--vapid-keys', vapid, '--push-private-addresses', 'true', ...pushOptions];
  const more: Record<RoleName, string[]> = {
    node: [
      ...['--cassandra', store, '--keyspace', place.keyspace, '--replication', copies],
      ...['--nodes-min', `${nodes}`, '--postgres', place.postgresUrl],
    ],
    gateway: ['--token-keys', keys],
    api: ['--token-keys', keys, '--postgres', place.postgresUrl, ...push],
    push: ['--postgres', place.postgresUrl, ...push],
    admin: ['--postgres', place.postgresUrl, '--admin-address', operators.address, '--admin-tokens', operators.tokens],
  };
  return ['--cluster', place.cluster, '--log-level', 'warn', ...bus, ...more[role]];
}
