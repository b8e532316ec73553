/** The roles of a cluster, each a process: the only place, with compose.ts and cluster-member.ts, that names adapters. */
import { fileURLToPath } from 'node:url';
import { activateChannel } from '../actors/channel/actor.js';
import { activateUser } from '../actors/user/actor.js';
import { createApi } from '../api/api.js';
import { ChatNode } from '../cluster/chat-node.js';
import { Coordinator } from '../cluster/coordinator/coordinator.js';
import { Departed } from '../cluster/departed.js';
import type { ProcessOperations } from '../cluster/operations/process-operations.js';
import { clusterOwnership } from '../cluster/ownership/cluster-ownership.js';
import { systemClock as clock } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { systemRandom as random } from '../core/random.js';
import { createPasswordHasher } from '../directory/passwords/argon2-password-hasher.js';
import { openPostgresDirectory } from '../directory/postgres/postgres-directory.js';
import { createAccessTokenSigner, createAccessTokenVerifier } from '../directory/tokens/access-tokens.js';
import { RevokedDevices } from '../directory/tokens/revocable-verifier.js';
import { loadSigningKeyFile, loadVerifyingKeys } from '../directory/tokens/signing-keys.js';
import { startGateway } from '../gateway/server.js';
import { FLUSH_EVERY_MS, FLUSHES_AT_ONCE, openCassandra } from '../storage/cassandra/cassandra-storage.js';
import { answerOperators, openAdmin } from './admin.js';
import { ClusterMember } from './cluster-member.js';
import { refuseHalfMoved } from './migrate.js';
import { operationsHandler } from './operations-handler.js';
import type { Options, Role } from './options.js';
import { PlacedShards } from './placed-shards.js';
import { processReport, VERSION } from './process-report.js';
import { pushSubjectOf, readPush, sendersOf, startPush } from './push.js';
import { openTracing } from './tracing.js';

const WEB_FOLDER = fileURLToPath(new URL('../../web/', import.meta.url));
/** How long a node may take to hand its shards over, milliseconds. */
const NODE_DRAIN_MS = 25_000;

export interface RunningProcess {
  readonly port: number;
  /** Where operators connect, of the role `admin`. */
  readonly adminAddress?: string | undefined;
  /** Hands over what it has and leaves. */
  stop(): Promise<void>;
}

type Started = Omit<RunningProcess, 'stop'>;

/**
 * Starts one process of a cluster. Waits for servers that cannot be reached yet; rejects with one sentence for what waiting
 * does not mend. `onFenced`: this process has lost what it owned, and must end.
 */
export async function startRole(
  role: Exclude<Role, 'all'>,
  options: Options,
  logger: Logger,
  onFenced: () => void,
): Promise<RunningProcess> {
  const member = new ClusterMember(role, options, logger);
  try {
    if (options.metricsPort !== 0) await member.serveOperations('127.0.0.1', options.metricsPort);
    const starts = {
      gateway: startGatewayRole,
      node: startNodeRole,
      api: startApiRole,
      push: startPushRole,
      admin: startAdminRole,
    };
    const started = await starts[role](member, onFenced);
    return { ...started, stop: () => member.teardown.run() };
  } catch (error) {
    await member.teardown.run();
    throw error;
  }
}

// ---- node ------------------------------------------------------------------------------------------------------------

async function startNodeRole(member: ClusterMember, onFenced: () => void): Promise<Started> {
  const { options, logger, metrics, incarnation, name, membership, bus, routes, teardown } = member;
  const port = await member.serveOperations(options.host, options.port);
  const { tracing, spans } = await openTracing(options, member);
  await member.connectBus();
  const directory = await openDirectory(member);
  const storage = await member.open('Cassandra', async () => {
    const opened = await openCassandra({
      contactPoints: options.cassandra,
      localDataCenter: options.cassandraDatacenter,
      keyspace: options.keyspace,
      replication: options.replication,
      cluster: options.cluster,
      ...{ incarnation, clock, logger, metrics },
    });
    await refuseHalfMoved(opened).catch(async (error: unknown) => {
      await opened.close();
      throw error;
    });
    return opened;
  });
  teardown.add('message store', () => storage.close());
  await member.join({ weight: options.weight });
  const ownership = clusterOwnership({
    ...{ name, incarnation, storage, bus, membership, clock, logger, metrics },
    board: membership,
  });
  const node = new ChatNode({
    ...{ incarnation, storage, ownership, bus, routes, clock, logger, metrics, tracing, onFenced },
    happened: member.happened,
    people: directory.people,
    pushSubjectOf: pushSubjectOf(membership),
    departed: new Departed(membership),
    flushesMax: FLUSHES_AT_ONCE,
    flushEveryMs: FLUSH_EVERY_MS,
    activate: (host) => (context) =>
      context.id.startsWith('user:') ? activateUser(host, context) : activateChannel(host, context),
  });
  await node.start();
  teardown.add('node', () => node.drain(NODE_DRAIN_MS));
  const { nodesMin } = options;
  const coordinator = new Coordinator({
    ...{ incarnation, membership, bus, clock, logger, metrics },
    board: membership,
    options: { nodesMin },
  });
  await coordinator.start();
  teardown.add('coordinator', async () => {
    member.beginDrain();
    await coordinator.stop();
  });
  await answer(member, { node: node.operations, spans });
  const owns = (shard: number): boolean => ownership.shards.termOf(shard) !== undefined;
  const placed = new PlacedShards({ incarnation, board: membership, owns, clock });
  member.ownReason = () => placed.waitsFor;
  member.ready();
  return { port };
}

// ---- gateway ---------------------------------------------------------------------------------------------------------

async function startGatewayRole(member: ClusterMember): Promise<Started> {
  const { options, logger, metrics, bus, edge, teardown } = member;
  const { host, port, tlsCert, tlsKey, allowedOrigins, trustedProxies } = options;
  const revoked = new RevokedDevices();
  const verifier = revoked.guard(createAccessTokenVerifier(loadVerifyingKeys(options.tokenKeys), clock));
  const { tracing, spans } = await openTracing(options, member);
  await member.connectBus();
  const tls = tlsCert === '' ? undefined : { certFile: tlsCert, keyFile: tlsKey };
  const gateway = await startGateway(
    {
      ...{ bus: edge, verifier, fallback: operationsHandler(() => member.notReady()) },
      ...{ clock, random, logger, metrics, tracing, happened: member.happened, notices: member.membership },
    },
    { host, port, tls, allowedOrigins, trustedProxies },
  );
  teardown.add('sockets', async () => gateway.close());
  const scheme = tls === undefined ? 'ws' : 'wss';
  await member.join({ publicUrl: options.publicUrl || `${scheme}://${host}:${gateway.port}/v1/connect` });
  teardown.add('sessions', async () => {
    member.beginDrain();
    await gateway.drain({ deadlineMs: options.drainSeconds * 1_000, to: otherGateways(member) });
  });
  await answer(member, { gateway: gateway.operations, tokens: revoked, spans });
  // Without the bus it can open no session: clients are sent elsewhere, and those that are here stay.
  member.ready(() => ({ ...gateway.load(), ...(bus.connected ? {} : { draining: true }) }));
  return { port: gateway.port };
}

function otherGateways({ membership, incarnation }: ClusterMember): string[] {
  return membership
    .processes()
    .filter((other) => other.incarnation !== incarnation && other.roles.includes('gateway') && !other.load.draining)
    .flatMap(({ publicUrl }) => publicUrl ?? []);
}

// ---- api -------------------------------------------------------------------------------------------------------------

async function startApiRole(member: ClusterMember): Promise<Started> {
  const { options, logger, metrics, edge, membership, teardown } = member;
  const { zone, allowedOrigins, trustedProxies, tlsCert, publicUrl } = options;
  const keys = loadSigningKeyFile(options.tokenKeys);
  const push = readPush(options).api;
  const { tracing, spans } = await openTracing(options, member);
  const revoked = new RevokedDevices();
  await member.connectBus();
  const directory = await openDirectory(member);
  const passwords = createPasswordHasher();
  teardown.add('password hasher', () => passwords.close());
  await member.join({});
  const api = await createApi({
    options: {
      ...{ zone, allowedOrigins, trustedProxies, version: VERSION, webFolder: WEB_FOLDER, limits: {}, push },
      tls: tlsCert !== '' || publicUrl.startsWith('https:'),
    },
    signer: createAccessTokenSigner(keys, clock),
    verifier: revoked.guard(createAccessTokenVerifier(keys, clock)),
    revoked,
    verifyingKeys: keys.verifying,
    actors: edge,
    ready: () => readiness(member),
    ...{ directory, passwords, membership, clock, random, logger, metrics, tracing },
  });
  teardown.add('api', () => api.close());
  const port = await api.listen({ host: options.host, port: options.port }).catch((cause: unknown) => {
    const sentence = `Port ${options.port} of ${options.host} is taken or cannot be listened on.`;
    throw new ParleyError('invalid_argument', { sentence, cause });
  });
  teardown.add('drain', async () => member.beginDrain());
  await answer(member, { tokens: revoked, spans });
  member.ready();
  return { port };
}

// ---- admin -----------------------------------------------------------------------------------------------------------

async function startAdminRole(member: ClusterMember): Promise<Started> {
  const { options, incarnation, bus, membership, edge, logger, teardown } = member;
  const port = await member.serveOperations(options.host, options.port);
  await member.connectBus();
  const directory = await openDirectory(member);
  await member.join({});
  await answer(member, {});
  const { happened } = member;
  const parts = { incarnation, bus, membership, directory, logger, clock, teardown, happened, notices: membership };
  const adminAddress = await openAdmin(options, undefined, { ...parts, board: membership, actors: edge });
  member.ready();
  return { port, adminAddress };
}

/** Answers operators, with what this role knows beside what all do. */
function answer(member: ClusterMember, more: Omit<ProcessOperations, 'report'>): Promise<void> {
  const { membership, incarnation, bus, logger, teardown } = member;
  const operations = { report: processReport(membership, incarnation), ...more };
  return answerOperators({ incarnation, bus, operations, logger, teardown });
}

// ---- push ------------------------------------------------------------------------------------------------------------

async function startPushRole(member: ClusterMember): Promise<Started> {
  const { options, logger, metrics, incarnation, bus, edge, teardown } = member;
  const configured = readPush(options);
  const port = await member.serveOperations(options.host, options.port);
  await member.connectBus();
  const { pushEndpoints } = await openDirectory(member);
  const senders = sendersOf(configured, { clock });
  const push = await startPush(senders, {
    ...{ incarnation, bus, actors: edge, pushEndpoints, clock, random, logger, metrics },
  });
  teardown.add('push', push.stop);
  await member.join({});
  teardown.add('drain', async () => member.beginDrain());
  member.ownReason = push.notReady;
  await answer(member, {});
  member.ready();
  return { port };
}

async function readiness(member: ClusterMember): Promise<void> {
  const reason = member.notReady();
  if (reason === 'draining') throw new ParleyError('draining');
  if (reason !== undefined) throw new ParleyError('unavailable', { sentence: `This process ${reason}.` });
}

async function openDirectory(member: ClusterMember): ReturnType<typeof openPostgresDirectory> {
  const { options, logger, metrics, teardown } = member;
  const directory = await member.open('PostgreSQL', () =>
    openPostgresDirectory({ url: options.postgres, logger, clock, metrics }),
  );
  teardown.add('directory', () => directory.close());
  return directory;
}
