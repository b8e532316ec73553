import { closeSync, openSync } from 'node:fs';
import Libsql from 'libsql';
import { ParleyError } from '../../core/errors.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';

export type Database = Libsql.Database;

/** `PARL`, in the header of the file: tells it from another program's database. */
const APPLICATION_ID = 0x5041524c;
const BUSY_MS = 5_000;

/**
 * Opens or creates the file, readable by its owner only (it holds password hashes). A commit is on disk when it returns.
 * Throws `unavailable` with a sentence when it cannot be opened or is not ours.
 */
export function openDatabase(file: string): Database {
  try {
    closeSync(openSync(file, 'a', 0o600));
    const database = new Libsql(file);
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    refuseForeign(database, file);
    for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'cache_size = -4096'])
      database.exec(`PRAGMA ${pragma}`);
    return database;
  } catch (cause) {
    if (cause instanceof ParleyError) throw cause;
    const why = isSqliteError(cause, 'SQLITE_NOTADB') ? 'is not a database' : 'cannot be opened as a database';
    throw new ParleyError('unavailable', { sentence: `${file} ${why}.`, cause });
  }
}

function refuseForeign(database: Database, file: string): void {
  const id = pragmaValue(database, 'application_id');
  if (id === APPLICATION_ID) return;
  const tables = database.prepare('SELECT name FROM sqlite_master LIMIT 1').all();
  if (id !== 0 || tables.length > 0)
    throw new ParleyError('unavailable', { sentence: `${file} is the database of another program.` });
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
}

export function pragmaValue(database: Database, name: string): unknown {
  const [row] = database.prepare(`PRAGMA ${name}`).all() as Record<string, unknown>[];
  return row && Object.values(row)[0];
}

function isSqliteError(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith(code);
}

/** What a driver threw, in our words; anything else as it is. */
export function fromSqlite(thrown: unknown): unknown {
  if (isSqliteError(thrown, 'SQLITE_FULL'))
    return new ParleyError('storage_full', { cause: thrown, retryAfterMs: RETRY_AFTER_MS.room });
  for (const code of ['SQLITE_BUSY', 'SQLITE_IOERR', 'SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_CORRUPT'])
    if (isSqliteError(thrown, code)) return new ParleyError('unavailable', { cause: thrown });
  return thrown;
}
