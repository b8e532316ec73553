/** What the tests of this folder share: a store in a keyspace of its own, and what it counted and said. */
import { systemClock } from '../../../core/clock.js';
import { silentLogger } from '../../../core/logger.js';
import { noMetrics } from '../../../core/metrics.js';
import type { Storage } from '../../../core/store.js';
import { type CassandraOptions, openCassandra } from '../cassandra-storage.js';

let keyspaces = 0;

/** A name that no other test has. */
export const newKeyspace = (): string => `parley_test_${process.pid}_${++keyspaces}`;

export function testOptions(contactPoints: readonly string[], keyspace: string): CassandraOptions {
  return {
    contactPoints,
    localDataCenter: 'datacenter1',
    keyspace,
    replication: Math.min(3, contactPoints.length),
    cluster: undefined,
    incarnation: 'test',
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
  };
}

export const openTestStore = (
  contactPoints: readonly string[],
  keyspace = newKeyspace(),
  more: Pick<CassandraOptions, 'credentials' | 'tls'> = {},
): Promise<Storage> => openCassandra({ ...testOptions(contactPoints, keyspace), ...more });
