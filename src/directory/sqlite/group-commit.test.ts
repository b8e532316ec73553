import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kindOf } from '../conformance/harness.js';
import { MIGRATIONS, type Migration, migrate } from '../migrations/migrate.js';
import type { Db } from '../sql/transactions.js';
import { type Database, openDatabase, pragmaValue } from './database.js';
import { GroupCommit } from './group-commit.js';
import { openLocalDirectory } from './local-directory.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-sqlite-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const file = () => join(folder, 'directory.sqlite');

const insert =
  (userId: string, text = 'h') =>
  async (db: Db) => {
    const account = {
      user_id: userId,
      password_hash: text,
      created_at_ms: 0,
      display_name: '',
      locale: '',
      time_zone: '',
      state: 'active' as const,
    };
    await db.insertInto('accounts').values(account).execute();
  };
const count = async (db: Db) => (await db.selectFrom('accounts').select('user_id').execute()).length;

/** Notes each statement that is not a query, so that a test sees the transactions. */
function watched(database: Database, seen: string[]): Database {
  const exec = database.exec.bind(database);
  database.exec = (sql) => {
    seen.push(sql);
    return exec(sql);
  };
  return database;
}

describe('group commit', () => {
  it('commits what waits together once, and answers only after it', async () => {
    const seen: string[] = [];
    const transactions = new GroupCommit(watched(openDatabase(file()), seen));
    await transactions.write((db) => migrate(db));
    seen.length = 0;
    const order: string[] = [];
    const writes = ['al', 'bo', 'cy'].map((name) =>
      transactions.write(insert(name)).then(() => order.push(`${name} after ${seen.at(-1)}`)),
    );
    const counted = transactions.read(count);
    await Promise.all(writes);
    expect(await counted).toBe(3);
    expect(seen.filter((sql) => sql === 'COMMIT')).toHaveLength(1);
    expect(order).toEqual(['al after COMMIT', 'bo after COMMIT', 'cy after COMMIT']);
    await transactions.close();
  });

  it('undoes the whole of a write that fails, and nothing of its neighbours', async () => {
    const transactions = new GroupCommit(openDatabase(file()));
    await transactions.write((db) => migrate(db));
    const outcomes = await Promise.allSettled([
      transactions.write(insert('al')),
      transactions.write(async (db) => {
        await insert('half')(db);
        await insert('al')(db);
      }),
      transactions.write(insert('bo')),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await transactions.read(count)).toBe(2);
    await transactions.close();
  });

  it('says that the disk is full, stores nothing then, and goes on when there is room', async () => {
    const database = openDatabase(file());
    const transactions = new GroupCommit(database);
    await transactions.write((db) => migrate(db));
    const pages = Number(pragmaValue(database, 'page_count'));
    pragmaValue(database, `max_page_count = ${pages + 2}`);
    const kinds = await Promise.all([
      kindOf(transactions.write(insert('small'))),
      kindOf(transactions.write(insert('large', 'x'.repeat(100_000)))),
    ]);
    expect(kinds[1]).toBe('storage_full');
    expect(await transactions.read(count)).toBe(kinds[0] === 'none' ? 1 : 0);
    pragmaValue(database, `max_page_count = ${pages + 1000}`);
    await transactions.write(insert('later', 'x'.repeat(100_000)));
    await transactions.close();
  });

  it('enforces foreign keys and syncs each commit', async () => {
    const database = openDatabase(file());
    expect(['foreign_keys', 'synchronous', 'journal_mode'].map((name) => pragmaValue(database, name))).toEqual([
      1,
      2,
      'wal',
    ]);
    database.close();
  });
});

describe('the schema', () => {
  const second: Migration = {
    version: MIGRATIONS.length + 1,
    up: (db) => db.schema.alterTable('accounts').addColumn('note', 'text').execute(),
  };

  it('of an older version is brought up to date and keeps its rows', async () => {
    const older = await openLocalDirectory({ file: file() });
    await older.accounts.create({ userId: 'alice', passwordHash: 'h' });
    await older.close();
    const newer = await openLocalDirectory({ file: file(), migrations: [...MIGRATIONS, second] });
    expect(await newer.accounts.passwordHashOf('alice')).toBe('h');
    await newer.close();
    const columns = openDatabase(file()).prepare('SELECT note FROM accounts').all();
    expect(columns).toEqual([{ note: null }]);
  });

  it('of a newer version is refused with a sentence and stays as it was', async () => {
    await (await openLocalDirectory({ file: file(), migrations: [...MIGRATIONS, second] })).close();
    await expect(openLocalDirectory({ file: file() })).rejects.toThrow(/newer than the \d+ known here/);
    await (await openLocalDirectory({ file: file(), migrations: [...MIGRATIONS, second] })).close();
  });

  it('stays at the old version when a migration fails half way', async () => {
    await (await openLocalDirectory({ file: file() })).close();
    const failing: Migration = {
      version: MIGRATIONS.length + 1,
      async up(db) {
        await second.up(db);
        throw new Error('power cut');
      },
    };
    await expect(openLocalDirectory({ file: file(), migrations: [...MIGRATIONS, failing] })).rejects.toThrow(
      'power cut',
    );
    await (await openLocalDirectory({ file: file(), migrations: [...MIGRATIONS, second] })).close();
  });
});

describe('a file', () => {
  it('that is no database, or of another program, is refused and left alone', async () => {
    writeFileSync(file(), 'x'.repeat(5000));
    await expect(openLocalDirectory({ file: file() })).rejects.toThrow('is not a database');
    rmSync(file());
    const other = openDatabase(file());
    other.exec('PRAGMA application_id = 7; CREATE TABLE recipes (name TEXT)');
    other.close();
    await expect(openLocalDirectory({ file: file() })).rejects.toThrow('the database of another program');
  });
});
