import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OwnedActors } from '../cluster/ownership/ownership.js';
import { soleOwnership } from '../cluster/ownership/sole-ownership.js';
import { type Clock, systemClock } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import { SHARD_COUNT } from '../core/ids.js';
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

const recordAt = (at: number): StoreWrite => ({
  type: 'record',
  partition: `checkpoint/${LOG}`,
  record: { key: `${at}`, version: { ...EPOCH, counter: 1 }, value: Buffer.from(`value ${at}`) },
});

/** Tables that keep what came first under a key, as the database does. */
class MemoryTables implements TableWriter {
  readonly rows = new Map<string, Map<string, Row>>();
  private readonly like: TableReader;
  private readonly fault: Fault;

  constructor(like: TableReader, fault: Fault) {
    this.like = like;
    this.fault = fault;
  }

  tables = (): Promise<readonly TableShape[]> => through(this.fault, () => this.like.tables());
  version = (): Promise<number> => through(this.fault, () => this.like.version());

  async page(table: TableShape, after: Row | undefined, limit: number): Promise<readonly Row[]> {
    const all = [...this.of(table)].sort(([one], [other]) => (one < other ? -1 : 1));
    const above = after === undefined ? all : all.filter(([key]) => key > keyOf(table, after));
    return through(this.fault, async () => above.slice(0, limit).map(([, row]) => row));
  }

  async insert(table: TableShape, rows: readonly Row[]): Promise<void> {
    const known = this.of(table);
    await through(this.fault, async () => {
      for (const row of rows) if (!known.has(keyOf(table, row))) known.set(keyOf(table, row), row);
    });
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
let pausedMs: number;
/** Its pauses are over at once. */
const clock: Clock = {
  ...systemClock,
  monotonic: () => pausedMs,
  after: (delayMs, callback) => {
    pausedMs += delayMs;
    queueMicrotask(callback);
    return () => undefined;
  },
};

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'parley-migration-'));
  data = join(root, 'data');
  target = new MemoryPlace();
  [tables, starts, pausedMs] = [undefined, 0, 0];
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

/** Told before each call of either target, and after it. */
interface Fault {
  readonly before: () => void;
  readonly after: () => void;
}
const NO_FAULT: Fault = { before: () => undefined, after: () => undefined };

const storageOf = (fault = NO_FAULT): Storage =>
  openMemory({
    ...{ place: target, incarnation: 'migrate', fencesWrites: false },
    around: async (_operation, apply) => through(fault, async () => apply()),
  });

async function through<Answer>(fault: Fault, call: () => Promise<Answer>): Promise<Answer> {
  fault.before();
  const answer = await call();
  fault.after();
  return answer;
}

/** One run; resolves to what it said. `until`: cut short by the first line that holds this. */
async function run(until?: string, fault = NO_FAULT): Promise<readonly string[]> {
  const folder = await openDataFolder(data, { now: 1 });
  const place = await openLmdbPlace(folder);
  const accounts = await readSqliteTables(join(data, 'directory.sqlite'));
  const directory = new MemoryTables(accounts, fault);
  for (const [name, rows] of tables ?? []) directory.rows.set(name, rows);
  tables = directory.rows;
  const said: string[] = [];
  try {
    const say = (line: string): void => {
      said.push(line);
      if (until !== undefined && line.includes(until)) throw new Error('cut short');
    };
    await runMigration({ folder, place, accounts, storage: storageOf(fault), directory }, say, clock);
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

describe('a store that is slow or away for a while', () => {
  /** Each `nth` call is not answered: it was not taken, or it was. */
  const faultAt = (nth: number): Fault => {
    let calls = 0;
    let failed = 0;
    const fails = (): boolean => calls % nth === 0;
    return {
      before: () => {
        calls++;
        if (fails() && ++failed % 2 === 0) throw new ParleyError('unavailable');
      },
      after: () => {
        if (fails()) throw new ParleyError('timeout');
      },
    };
  };

  it.each([3, 50])('ends nothing, when call after call of %i fails, in the move and in the comparison', async (nth) => {
    await use([rowAt(1, 'user:ann'), ...Array.from({ length: 300 }, (_, at) => recordAt(at))]);
    expect((await run(undefined, faultAt(nth))).at(-1)).toMatch(/^Done/);
    expect(target.owners()).toHaveLength(SHARD_COUNT);
    expect(pausedMs).toBeGreaterThan(0);
  });

  it('is given up after five minutes, with a sentence, and the next run goes on', async () => {
    let [away, back] = [false, false];
    const fault = {
      before: () => {
        if (away) throw new ParleyError('unavailable', { sentence: 'Cassandra cannot be reached.' });
      },
      after: () => {
        away = !back && target.rows(LOG, 9_000, 9_001, 1).length > 0;
      },
    };
    const first = run('so far', fault);
    await expect(first).rejects.toThrow(
      'Cassandra cannot be reached. It has been so for 5 minutes: run it again later',
    );
    expect(pausedMs).toBeGreaterThanOrEqual(300_000);
    expect(pausedMs).toBeLessThan(310_000);
    [away, back] = [false, true];
    expect((await run(undefined, fault)).at(-1)).toMatch(/^Done/);
  });

  it('is no reason to repeat what is refused for good', async () => {
    const before = (): void => {
      throw new ParleyError('storage_full');
    };
    await expect(run(undefined, { ...NO_FAULT, before })).rejects.toMatchObject({ kind: 'storage_full' });
    expect(pausedMs).toBe(0);
  });
});
