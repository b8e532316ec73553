/**
 * `parley migrate`: moves the data folder of the embedded form into the stores of a cluster. Keeps its progress in the
 * target, so that it may be cut short and run again, and compares all of it at the end. No node serves meanwhile: each waits
 * until the record that is kept here says `done`.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock as clock } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { noMetrics } from '../core/metrics.js';
import { systemRandom as random, randomName } from '../core/random.js';
import type { Storage } from '../core/store.js';
import {
  differencesBetween,
  isEmpty,
  moveTables,
  type TableReader,
  type TableWriter,
} from '../directory/move-directory.js';
import { writePostgresTables } from '../directory/postgres/table-writer.js';
import { readSqliteTables } from '../directory/sqlite/table-reader.js';
import { openCassandra } from '../storage/cassandra/cassandra-storage.js';
import { openDataFolder } from '../storage/lmdb/data-folder.js';
import { type LmdbPlace, openLmdbPlace } from '../storage/lmdb/lmdb-storage.js';
import { differencesOf, moveTerms, pagesOf } from '../storage/move-messages.js';
import { MigrationProgress } from './migration-progress.js';
import type { Options } from './options.js';
import { cassandraAccess } from './server-access.js';
import { Teardown } from './teardown.js';

/** Pages between two notes of how far it is. */
const NOTE_EVERY = 10;
const DIFFERENCES_SHOWN = 5;

export type Say = (line: string) => void;

/** Rejects with one sentence when it cannot be done, or when what arrived is not what was there. */
export async function migrateToCluster(options: Options, logger: Logger, say: Say): Promise<void> {
  const teardown = new Teardown(logger);
  try {
    await migrate(await openAll(options, logger, teardown), say);
  } finally {
    await teardown.run();
  }
}

interface Opened {
  /** Tells one data folder from another. */
  readonly source: string;
  readonly place: LmdbPlace;
  readonly accounts: TableReader;
  readonly storage: Storage;
  readonly directory: TableWriter;
}

async function openAll(options: Options, logger: Logger, teardown: Teardown): Promise<Opened> {
  const path = resolve(options.data);
  if (!existsSync(join(path, 'parley.json'))) refuse(`There is no data folder of Parley at ${path}.`);
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
  const directory = await writePostgresTables(options.postgres);
  teardown.add('PostgreSQL', () => directory.close());
  return { source: `${folder.createdAt}`, place, accounts, storage, directory };
}

function refuse(sentence: string): never {
  throw new ParleyError('conflict', { sentence });
}

async function migrate(opened: Opened, say: Say): Promise<void> {
  const { source, place, accounts, storage, directory } = opened;
  const record = new MigrationProgress(storage.messages);
  const progress = await record.read();
  if (progress === undefined) await refuseOtherData(opened);
  else if (progress.source !== source) refuse('Another data folder was moved into this keyspace before.');
  else if (progress.state === 'done') return say('This data folder has been moved already.');
  const position = progress?.position ?? '';
  if (position !== '') say('Going on where the last run ended.');
  await record.write({ source, state: 'moving', position });
  for (const [table, rows] of await moveTables(accounts, directory)) say(`${table}: ${rows} rows`);
  say(`messages: ${await moveMessages(opened, record, position, say)} rows and records`);
  const embedded = place.handle('migrate');
  const owners = await embedded.ownership.readOwners();
  await moveTerms(owners, storage);
  say(`shards: ${owners.length} terms`);
  await compare(opened, say);
  await record.write({ source, state: 'done', position: '' });
  say('Done: all of it is there. Start the cluster, and keep the data folder until you are content.');
}

async function refuseOtherData({ storage, directory }: Opened): Promise<void> {
  if ((await storage.ownership.readOwners()).length > 0)
    refuse('The keyspace has been in use: a data folder moves into an empty one only.');
  if (!(await isEmpty(directory))) refuse('The database holds accounts: a data folder moves into an empty one only.');
}

async function moveMessages(opened: Opened, record: MigrationProgress, from: string, say: Say): Promise<number> {
  const { source, place, storage } = opened;
  let moved = 0;
  let pages = 0;
  for (const { position, writes } of pagesOf(place.walk(from))) {
    await storage.messages.write(writes);
    moved += writes.length;
    if (++pages % NOTE_EVERY !== 0) continue;
    await record.write({ source, state: 'moving', position });
    say(`messages: ${moved} so far`);
  }
  return moved;
}

async function compare({ place, accounts, storage, directory }: Opened, say: Say): Promise<void> {
  say('Comparing …');
  const wrong = await differencesBetween(accounts, directory);
  for (const page of pagesOf(place.walk(''))) {
    wrong.push(...(await differencesOf(page, storage.messages)));
    if (wrong.length > DIFFERENCES_SHOWN) break;
  }
  if (wrong.length === 0) return;
  refuse(
    `What arrived is not what was there: ${wrong.slice(0, DIFFERENCES_SHOWN).join(' ')} Run it again, or look at the logs of the stores.`,
  );
}
