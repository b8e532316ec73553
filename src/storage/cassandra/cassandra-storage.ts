/** Storage in a Cassandra cluster, behind the ports of src/core/store.ts. Why and how: docs/adr/0010-cassandra.md. */
import type { Clock } from '../../core/clock.js';
import { assert, ParleyError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { Metrics } from '../../core/metrics.js';
import type { Storage } from '../../core/store.js';
import { type CassandraAddress, CassandraClient } from './cassandra-client.js';
import { cassandraMessages } from './cassandra-messages.js';
import { CassandraMetrics } from './cassandra-metrics.js';
import { cassandraOwnership } from './cassandra-ownership.js';
import { claimKeyspace } from './keyspace-cluster.js';
import { migrate } from './migrate.js';
import { RequestWindow } from './request-window.js';

export interface CassandraOptions extends CassandraAddress {
  /** Made when it is not there. Letters, digits and underscores, from a letter on; 48 in all at most. */
  readonly keyspace: string;
  /** Copies of each row in the local data centre, when the keyspace is made. */
  readonly replication: number;
  /** The keyspace is this cluster's from now on, and refused where it is another's; undefined: whosever it is. */
  readonly cluster: string | undefined;
  /** For the logs: it is the fence row of this one that decides about its writes. */
  readonly incarnation: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * How many flushes a committer should have under way on this store (`flushesMax`). Writes of different flushes do not wait for
 * each other here, and with one at a time the slowest partition of one flush would hold up every message of the node.
 */
export const FLUSHES_AT_ONCE = 8;

/**
 * How far apart flushes begin while one is under way (`flushEveryMs`): as long as a server that syncs before it answers makes
 * writes wait for each other anyway.
 */
export const FLUSH_EVERY_MS = 2;

/**
 * How many commits a flush takes (`flushCommitsMax`): its requests must all be sent within seconds, or it is in doubt as a whole and
 * begins again.
 */
export const FLUSH_COMMITS_MAX = 1_000;

const KEYSPACE = /^[a-z][a-z0-9_]{0,47}$/;
const WRITE_BOUNDS = { inFlightMax: 256, waitingMax: 100_000, sendWithinMs: 4_000 };
const READ_BOUNDS = { inFlightMax: 128, waitingMax: 20_000, sendWithinMs: 4_000 };

/**
 * Connects, makes or migrates the keyspace, and opens it. Rejects with `unavailable` when Cassandra cannot be reached or lacks
 * a majority (worth another attempt), with `conflict` when the keyspace is another cluster's, with SchemaTooNewError when a newer
 * program has been here. Afterwards it mends itself: whatever Cassandra refuses meanwhile is `unavailable` or `timeout`.
 */
export async function openCassandra(options: CassandraOptions): Promise<Storage> {
  const { keyspace, replication, cluster, clock, logger, incarnation } = options;
  assert(KEYSPACE.test(keyspace), 'a keyspace is letters, digits and underscores');
  assert(Number.isInteger(replication) && replication > 0, 'replication is a count');
  const writes = new RequestWindow(WRITE_BOUNDS, clock);
  const reads = new RequestWindow(READ_BOUNDS, clock);
  const metrics = new CassandraMetrics();
  const deps = { clock, logger, metrics };
  await makeKeyspace(options, await CassandraClient.connect(options, undefined, deps));
  const client = await CassandraClient.connect(options, keyspace, deps);
  const ownership = cassandraOwnership(client, clock);
  try {
    // Any read at the majority: whether there is one.
    await ownership.readFence(incarnation);
    if (cluster !== undefined) await claimKeyspace(client, keyspace, cluster);
  } catch (cause) {
    await client.close();
    throw startFailure(options, cause);
  }
  metrics.publish(options.metrics, writes, client);
  logger.info({ keyspace, incarnation }, 'the message store is open');
  const messages = cassandraMessages({ client, writes, reads, clock, metrics });
  return { messages, ownership, close: () => client.close() };
}

/** Makes or migrates it, over a connection that is in no keyspace yet. */
async function makeKeyspace(options: CassandraOptions, client: CassandraClient): Promise<void> {
  await migrate({ ...options, client })
    .catch((cause: unknown) => Promise.reject(startFailure(options, cause)))
    .finally(() => client.close());
}

function startFailure({ contactPoints, keyspace }: CassandraOptions, cause: unknown): unknown {
  if (!(cause instanceof ParleyError) || cause.kind === 'conflict') return cause;
  const where = contactPoints.join(', ');
  const sentence = `The keyspace ${keyspace} cannot be opened at ${where}: ${cause.message}`;
  return new ParleyError('unavailable', { sentence, cause });
}
