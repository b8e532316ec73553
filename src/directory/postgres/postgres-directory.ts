import { type Clock, systemClock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { Logger } from '../../core/logger.js';
import type { Metrics } from '../../core/metrics.js';
import { type Random, systemRandom } from '../../core/random.js';
import type { Directory } from '../directory.js';
import { DirectoryTooNewError, MIGRATIONS, type Migration, migrate } from '../migrations/migrate.js';
import { sql } from '../sql/kysely.js';
import { createSqlDirectory } from '../sql/sql-directory.js';
import { codeOf } from './errors.js';
import { openPool } from './pool.js';
import { ALONE_DEADLINE_MS, PostgresTransactions } from './transactions.js';

/** `PARL`: whoever migrates holds this lock. */
const MIGRATION_LOCK = 0x5041524c;

export interface PostgresDirectoryOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly metrics?: Metrics;
  readonly random?: Random;
  readonly migrations?: readonly Migration[];
  /** Of a call, its wait for a connection and its repetitions within. */
  readonly deadlineMs?: number;
  readonly callsWaitingMax?: number;
}

/**
 * The directory in PostgreSQL. Brings an older schema up to date, also when several processes start at once. Rejects with
 * `unavailable` and a sentence that names host and database, never the password, when it cannot be reached or refuses the
 * user; with DirectoryTooNewError when its schema is newer. Once open it connects again by itself.
 */
export async function openPostgresDirectory(options: PostgresDirectoryOptions): Promise<Directory> {
  const { clock = systemClock, random = systemRandom, migrations = MIGRATIONS } = options;
  const place = placeOf(options.url);
  const pool = openPool(options);
  const { deadlineMs = LIMITS.directoryDeadlineMs, callsWaitingMax = LIMITS.directoryCallsWaitingMax } = options;
  const transactions = new PostgresTransactions({ pool, clock, random, deadlineMs, callsWaitingMax });
  try {
    // Not through the transactions: they would repeat what only an operator can mend.
    (await pool.connect()).release();
    await transactions.alone(async (db) => {
      await sql`set local statement_timeout = ${sql.lit(ALONE_DEADLINE_MS)}`.execute(db);
      await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(db);
      await migrate(db, migrations);
    });
  } catch (thrown) {
    await transactions.close();
    if (thrown instanceof DirectoryTooNewError)
      throw new DirectoryTooNewError(`${place} cannot be used: ${thrown.message}`);
    throw new ParleyError('unavailable', { sentence: `${place} ${reasonFor(thrown)}`, cause: thrown });
  }
  return createSqlDirectory({ transactions, clock, random });
}

function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `PostgreSQL at ${host}, database ${decodeURIComponent(pathname.slice(1)) || '(default)'},`;
  } catch (cause) {
    const sentence = 'The address of PostgreSQL is not a URL such as postgres://user:password@host:5432/parley.';
    throw new ParleyError('unavailable', { sentence, cause: cause instanceof Error ? cause.name : undefined });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  '28P01': 'refuses the user or the password.',
  '28000': 'refuses the user.',
  '3D000': 'does not exist.',
  '53300': 'has no connection left.',
  '57P03': 'is still starting.',
  ECONNREFUSED: 'cannot be reached: nobody listens there.',
  ENOTFOUND: 'cannot be reached: the host is not known.',
};

function reasonFor(thrown: unknown): string {
  const known = REASONS[codeOf(thrown)];
  if (known) return known;
  return `cannot be used: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}
