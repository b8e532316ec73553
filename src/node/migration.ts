/**
 * The run of `parley migrate`, once both ends are open: moves the tables, the messages and the terms, keeps its progress in
 * the target, so that it may be cut short and run again, and compares all of it at the end. The folder is to stand still
 * from the first run to the last: a start on it raises the terms of its shards, and whoever goes on then is refused.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import type { ShardOwner, Storage } from '../core/store.js';
import {
  differencesBetween,
  isEmpty,
  moveTables,
  type TableReader,
  type TableWriter,
} from '../directory/move-directory.js';
import type { DataFolder } from '../storage/lmdb/data-folder.js';
import type { LmdbPlace } from '../storage/lmdb/lmdb-storage.js';
import { differencesOf, moveTerms, pagesOf } from '../storage/move-messages.js';
import { type Repeat, repeatedMessages, repeatedTables, repeatThrough } from './hiccups.js';
import { MigrationProgress, type Progress } from './migration-progress.js';

/** Pages between two notes of how far it is. */
const NOTE_EVERY = 10;
const DIFFERENCES_SHOWN = 5;

export type Say = (line: string) => void;

export interface Ends {
  readonly folder: Pick<DataFolder, 'createdAt' | 'formatVersion'>;
  readonly place: LmdbPlace;
  readonly accounts: TableReader;
  readonly storage: Storage;
  readonly directory: TableWriter;
}

/**
 * Rejects with one sentence when it cannot be done, or when what arrived is not what was there. A store that is slow or away
 * for less than five minutes ends nothing.
 */
export async function runMigration(opened: Ends, say: Say, clock: Clock): Promise<void> {
  const repeat = repeatThrough(clock, say);
  const ends = repeated(opened, repeat);
  const { folder, place, accounts, storage, directory } = ends;
  const record = new MigrationProgress(storage.messages);
  const owners = await place.handle('migrate').ownership.readOwners();
  const source = { source: `${folder.createdAt}`, content: digestOf(folder.formatVersion, owners) };
  const progress = await record.read();
  if (progress === undefined) await refuseOtherData(ends);
  else refuseOtherSource(progress, source);
  if (progress?.state === 'done') return say('This data folder has been moved already.');
  const position = progress?.position ?? '';
  if (position !== '') say('Going on where the last run ended.');
  const note = (at: string): Promise<void> => record.write({ ...source, state: 'moving', position: at });
  await note(position);
  for (const [table, rows] of await moveTables(accounts, directory)) say(`${table}: ${rows} rows`);
  say(`messages: ${await moveMessages(ends, position, note, say)} rows and records`);
  await repeat(() => moveTerms(owners, opened.storage));
  say(`shards: ${owners.length} terms`);
  say('Comparing …');
  const wrong = await differences(ends);
  if (wrong.length > 0) {
    await note('');
    refuse(`What arrived is not what was there: ${wrong.join(' ')} ${WHEN_DIFFERENT}`);
  }
  await record.write({ ...source, state: 'done', position: '' });
  say('Done: all of it is there. Start the cluster, and keep the data folder until you are content.');
}

/** But for the changes of owners: one in doubt is not to be repeated without a look at what came of it. */
function repeated(ends: Ends, repeat: Repeat): Ends {
  const { messages, ownership } = ends.storage;
  const readOwners = (): Promise<ShardOwner[]> => repeat(() => ownership.readOwners());
  return {
    ...ends,
    storage: { ...ends.storage, messages: repeatedMessages(messages, repeat), ownership: { ...ownership, readOwners } },
    directory: repeatedTables(ends.directory, repeat),
  };
}

const WHEN_DIFFERENT =
  'Run it again: it begins at the start, and writes again what was lost. When that does not help, look at the logs of the stores, empty the keyspace and the database, and run it once more.';

function refuse(sentence: string): never {
  throw new ParleyError('conflict', { sentence });
}

/** Another one after each start on the folder, which raises the term of every shard. */
function digestOf(formatVersion: number, owners: readonly ShardOwner[]): string {
  const terms = owners.map(({ shard, term }) => [shard, term] as const).sort(([one], [other]) => one - other);
  return createHash('sha256')
    .update(JSON.stringify([formatVersion, terms]))
    .digest('base64url');
}

function refuseOtherSource(progress: Progress, { source, content }: Pick<Progress, 'source' | 'content'>): void {
  if (progress.source !== source) refuse('Another data folder was moved into this keyspace before.');
  // A record of before there were digests has none: the comparison tells.
  if (progress.state === 'done' || progress.content === undefined || progress.content === content) return;
  refuse(
    'The data folder was used since its move began, and what was moved before is out of date: empty the keyspace and the database, and run it again.',
  );
}

async function refuseOtherData({ storage, directory }: Ends): Promise<void> {
  if ((await storage.ownership.readOwners()).length > 0)
    refuse('The keyspace has been in use: a data folder moves into an empty one only.');
  if (!(await isEmpty(directory))) refuse('The database holds accounts: a data folder moves into an empty one only.');
}

async function moveMessages(
  { place, storage }: Ends,
  from: string,
  note: (position: string) => Promise<void>,
  say: Say,
): Promise<number> {
  let moved = 0;
  let pages = 0;
  for (const { position, writes } of pagesOf(place.walk(from))) {
    await storage.messages.write(writes);
    moved += writes.length;
    if (++pages % NOTE_EVERY !== 0) continue;
    await note(position);
    say(`messages: ${moved} so far`);
  }
  return moved;
}

/** The first few, as sentences. */
async function differences({ place, accounts, storage, directory }: Ends): Promise<readonly string[]> {
  const wrong = await differencesBetween(accounts, directory);
  for (const page of pagesOf(place.walk(''))) {
    wrong.push(...(await differencesOf(page, storage.messages)));
    if (wrong.length > DIFFERENCES_SHOWN) break;
  }
  return wrong.slice(0, DIFFERENCES_SHOWN);
}
