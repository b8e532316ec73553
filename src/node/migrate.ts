/**
 * `parley migrate`: moves the data folder of the embedded form into the stores of a cluster. No node serves meanwhile: each
 * waits until the record that is kept in the target says `done`.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock as clock } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { noMetrics } from '../core/metrics.js';
import { systemRandom as random, randomName } from '../core/random.js';
import { writePostgresTables } from '../directory/postgres/table-writer.js';
import { readSqliteTables } from '../directory/sqlite/table-reader.js';
import { openCassandra } from '../storage/cassandra/cassandra-storage.js';
import { openDataFolder } from '../storage/lmdb/data-folder.js';
import { openLmdbPlace } from '../storage/lmdb/lmdb-storage.js';
import { type Ends, runMigration, type Say } from './migration.js';
import type { Options } from './option-table.js';
import { cassandraAccess } from './server-access.js';
import { Teardown } from './teardown.js';

/** Rejects with one sentence when it cannot be done, or when what arrived is not what was there. */
export async function migrateToCluster(options: Options, logger: Logger, say: Say): Promise<void> {
  const teardown = new Teardown(logger);
  try {
    await runMigration(await openAll(options, logger, teardown), say, clock);
  } finally {
    await teardown.run();
  }
}

async function openAll(options: Options, logger: Logger, teardown: Teardown): Promise<Ends> {
  const path = resolve(options.data);
  if (!existsSync(join(path, 'parley.json')))
    throw new ParleyError('conflict', { sentence: `There is no data folder of Parley at ${path}.` });
  const folder = await openDataFolder(path, { now: clock.now() });
  teardown.add('data folder', () => folder.release());
  const place = await openLmdbPlace(folder);
  teardown.add('messages', () => place.close());
  const accounts = await readSqliteTables(join(path, 'directory.sqlite'));
  teardown.add('accounts', async () => accounts.close());
  const storage = await openCassandra({
    ...cassandraAccess(options),
    cluster: undefined,
    incarnation: `migrate-${randomName(random, 8)}`,
    ...{ clock, logger, metrics: noMetrics },
  });
  teardown.add('Cassandra', () => storage.close());
  const directory = await writePostgresTables(options.postgres, logger);
  teardown.add('PostgreSQL', () => directory.close());
  return { folder, place, accounts, storage, directory };
}
