import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OwnedActors } from '../cluster/ownership/ownership.js';
import { soleOwnership } from '../cluster/ownership/sole-ownership.js';
import { systemClock } from '../core/clock.js';
import type { Storage, StoreWrite } from '../core/store.js';
import type { Row, TableReader, TableShape, TableWriter } from '../directory/move-directory.js';
import { openLocalDirectory } from '../directory/sqlite/local-directory.js';
import { readSqliteTables } from '../directory/sqlite/table-reader.js';
import { openDataFolder } from '../storage/lmdb/data-folder.js';
import { openLmdb, openLmdbPlace } from '../storage/lmdb/lmdb-storage.js';
import { MemoryPlace } from '../storage/memory/memory-place.js';
import { openMemory } from '../storage/memory/memory-storage.js';
import { runMigration } from './migration.js';
import { MigrationProgress, refuseHalfMoved } from './migration-progress.js';

const ROWS = 12_000;
const LOG = 'channel:ann~bob';
const EPOCH = { term: 1, sub: 1 };

const NO_ACTORS: OwnedActors = {
  recover: async () => {},
  hosts: () => false,
  retire: async () => {},
  end: () => {},
  fenced: () => {},
};

const rowAt = (seq: number, log = LOG): StoreWrite => {
  const row = { seq, epoch: EPOCH, body: Buffer.from(`message ${seq}`) };
  return { type: 'row', log, row };
};

/** Tables that keep what came first under a key, as the database does. */
class MemoryTables implements TableWriter {
  readonly rows = new Map<string, Map<string, Row>>();
  private readonly like: TableReader;

  constructor(like: TableReader) {
    this.like = like;
  }

  tables = (): Promise<readonly TableShape[]> => this.like.tables();
  version = (): Promise<number> => this.like.version();

  async page(table: TableShape, after: Row | undefined, limit: number): Promise<readonly Row[]> {
    const all = [...this.of(table)].sort(([one], [other]) => (one < other ? -1 : 1));
    const above = after === undefined ? all : all.filter(([key]) => key > keyOf(table, after));
    return above.slice(0, limit).map(([, row]) => row);
  }

  async insert(table: TableShape, rows: readonly Row[]): Promise<void> {
    for (const row of rows) if (!this.of(table).has(keyOf(table, row))) this.of(table).set(keyOf(table, row), row);
  }

  private of({ name }: TableShape): Map<string, Row> {
    const rows = this.rows.get(name) ?? new Map<string, Row>();
    this.rows.set(name, rows);
    return rows;
  }
}

const keyOf = ({ key }: TableShape, row: Row): string => key.map((column) => String(row[column])).join('\0');

let root: string;
let data: string;
let target: MemoryPlace;
let tables: Map<string, Map<string, Row>> | undefined;
let starts: number;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'parley-migration-'));
  data = join(root, 'data');
  target = new MemoryPlace();
  [tables, starts] = [undefined, 0];
  await use(Array.from({ length: ROWS }, (_, index) => rowAt(index + 1)));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** What the embedded form does with the folder: it claims all shards, hears of a device, and writes. */
async function use(writes: readonly StoreWrite[]): Promise<void> {
  const folder = await openDataFolder(data, { now: 1 });
  const incarnation = `embedded-${++starts}`;
  const storage = await openLmdb({ folder, incarnation });
  await soleOwnership({ incarnation, storage, clock: systemClock }).start(NO_ACTORS);
  await storage.messages.write(writes);
  await storage.close();
  const directory = await openLocalDirectory({ file: join(data, 'directory.sqlite') });
  if (starts === 1) await directory.accounts.create({ userId: 'ann', passwordHash: 'hash' });
  await directory.devices.register('ann', 'phone', `Phone ${starts}`);
  await directory.close();
  await folder.release();
}

const storageOf = (): Storage => openMemory({ place: target, incarnation: 'migrate', fencesWrites: false });

/** One run; resolves to what it said. `until`: cut short by the first line that holds this. */
async function run(until?: string): Promise<readonly string[]> {
  const folder = await openDataFolder(data, { now: 1 });
  const place = await openLmdbPlace(folder);
  const accounts = await readSqliteTables(join(data, 'directory.sqlite'));
  const directory = new MemoryTables(accounts);
  for (const [name, rows] of tables ?? []) directory.rows.set(name, rows);
  tables = directory.rows;
  const said: string[] = [];
  try {
    await runMigration({ folder, place, accounts, storage: storageOf(), directory }, (line) => {
      said.push(line);
      if (until !== undefined && line.includes(until)) throw new Error('cut short');
    });
  } finally {
    accounts.close();
    await place.close();
    await folder.release();
  }
  return said;
}

describe('a migration that was cut short', () => {
  it('goes on where it was noted last', async () => {
    await expect(run('so far')).rejects.toThrow('cut short');
    const said = await run();
    expect(said[0]).toMatch(/^Going on/);
    expect(said).toContain(`messages: ${ROWS - 10_000} rows and records`);
    expect(said.at(-1)).toMatch(/^Done/);
    expect(target.rows(LOG, 1, ROWS + 1, ROWS)).toHaveLength(ROWS);
    expect(await run()).toEqual(['This data folder has been moved already.']);
  });

  it('is refused, and says what to do, once the folder was used again', async () => {
    await expect(run('so far')).rejects.toThrow('cut short');
    await use([rowAt(1, 'channel:ann~ann')]);
    const sentence = /was used since its move began.*empty the keyspace and the database/;
    await expect(run()).rejects.toThrow(sentence);
    await expect(run()).rejects.toThrow(sentence);
    await expect(refuseHalfMoved(storageOf())).rejects.toThrow(/to its end/);

    [target, tables] = [new MemoryPlace(), undefined];
    expect((await run()).at(-1)).toMatch(/^Done/);
  });

  it('goes on from a record that tells nothing of the use of the folder', async () => {
    await expect(run('so far')).rejects.toThrow('cut short');
    const record = new MigrationProgress(storageOf().messages);
    const progress = await record.read();
    if (progress === undefined) throw new Error('no record');
    await record.write({ source: progress.source, state: 'moving', position: progress.position });
    expect((await run()).at(-1)).toMatch(/^Done/);
  });
});

describe('a comparison that failed', () => {
  it('is repaired by the next run, whatever was lost meanwhile', async () => {
    await expect(run('Comparing')).rejects.toThrow('cut short');
    target.apply([{ type: 'trim', log: LOG, belowSeq: 2 }]);
    tables?.get('devices')?.clear();
    tables?.get('accounts')?.clear();
    await expect(run()).rejects.toThrow(/Position 1 of channel:ann~bob .* Run it again/);
    expect((await run()).at(-1)).toMatch(/^Done/);
    expect(target.rows(LOG, 1, 2, 2)).toHaveLength(1);
  });
});
