/** The role `node`: owns shards and their actors, and may be the coordinator. */
import { ChatNode } from '../../cluster/chat-node.js';
import { Coordinator } from '../../cluster/coordinator/coordinator.js';
import { Departed } from '../../cluster/departed.js';
import { clusterOwnership } from '../../cluster/ownership/cluster-ownership.js';
import { systemClock as clock } from '../../core/clock.js';
import {
  FLUSH_COMMITS_MAX,
  FLUSH_EVERY_MS,
  FLUSHES_AT_ONCE,
  openCassandra,
} from '../../storage/cassandra/cassandra-storage.js';
import { activateActor } from '../activate-actor.js';
import type { ClusterMember, Started } from '../cluster-member.js';
import { refuseHalfMoved } from '../migration-progress.js';
import { PlacedShards } from '../placed-shards.js';
import { pushSubjectOf } from '../push-subject.js';
import { cassandraAccess } from '../server-access.js';
import { openTracing } from '../tracing.js';
import { openDirectory } from './directory.js';

/** How long a node may take to hand its shards over, milliseconds. */
const NODE_DRAIN_MS = 25_000;

export async function start(member: ClusterMember, onFenced: () => void): Promise<Started> {
  const { options, logger, metrics, incarnation, name, membership, bus, routes, teardown } = member;
  const access = cassandraAccess(options);
  const port = await member.serveOperations(options.host, options.port);
  const { tracing, spans } = await openTracing(options, member);
  await member.connectBus();
  const directory = await openDirectory(member);
  const storage = await member.open('Cassandra', async () => {
    const opened = await openCassandra({
      ...access,
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
  const patiently = (attempt: () => Promise<void>): Promise<void> => member.open('Cassandra', attempt);
  const ownership = clusterOwnership({
    ...{ name, incarnation, storage, bus, membership, clock, logger, metrics, patiently },
    board: membership,
  });
  const node = new ChatNode({
    ...{ incarnation, storage, ownership, bus, routes, clock, logger, metrics, tracing, patiently, onFenced },
    happened: member.happened,
    people: directory.people,
    pushSubjectOf: pushSubjectOf(membership),
    departed: new Departed(membership),
    flushing: { flushesMax: FLUSHES_AT_ONCE, flushEveryMs: FLUSH_EVERY_MS, flushCommitsMax: FLUSH_COMMITS_MAX },
    activate: activateActor,
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
  await member.answerOperators({ node: node.operations, spans });
  const owns = (shard: number): boolean => ownership.shards.termOf(shard) !== undefined;
  const placed = new PlacedShards({ incarnation, board: membership, owns, clock });
  member.ownReason = () => placed.waitsFor;
  member.ready();
  return { port };
}
