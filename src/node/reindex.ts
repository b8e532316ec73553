/** `parley reindex`: has every search index of a store built anew, each when its channel is next used. */
import { systemClock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import { noMetrics } from '../core/metrics.js';
import type { Storage } from '../core/store.js';
import { raiseSearchGeneration } from '../search/generation.js';
import { openDataFolder } from '../storage/lmdb/data-folder.js';
import { openLmdb } from '../storage/lmdb/lmdb-storage.js';
import type { Options } from './option-table.js';
import { cassandraAccess } from './server-access.js';

/** Of a data folder. Resolves once it is durable. Rejects when a process runs on the folder. */
export async function reindexFolder(data: string, incarnation: string, now: number): Promise<void> {
  const folder = await openDataFolder(data, { now });
  try {
    const storage = await openLmdb({ folder, incarnation });
    await raise(storage, incarnation);
  } finally {
    await folder.release();
  }
}

/** Of the keyspace that nodes with these options use. They may run: each goes over to the new indexes when it starts again. */
export async function reindexCluster(options: Options, incarnation: string, logger: Logger): Promise<void> {
  const { openCassandra } = await import('../storage/cassandra/cassandra-storage.js');
  const storage = await openCassandra({
    ...cassandraAccess(options),
    cluster: undefined,
    incarnation,
    ...{ clock: systemClock, logger, metrics: noMetrics },
  });
  await raise(storage, incarnation);
}

async function raise(storage: Storage, incarnation: string): Promise<void> {
  try {
    await storage.ownership.insertFence(incarnation);
    await raiseSearchGeneration(storage.messages);
  } finally {
    await storage.close();
  }
}
