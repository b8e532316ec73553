import type { Kysely } from 'kysely';
import type { Clock } from '../../core/clock.js';
import type { Random } from '../../core/random.js';
import type { Tables } from './tables.js';

export type Db = Kysely<Tables>;

/**
 * How the queries reach a database: each piece of work runs as if alone (serializable), all of it or nothing. What
 * differs between databases (grouping of commits, retries after a conflict) lies behind this.
 */
export interface Transactions {
  /** Sees every write that resolved before. `work` may run again after a conflict, so it does nothing but queries. */
  read<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** Resolves once the work is on disk; when the work throws, nothing of it stays. */
  write<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** Waits for what was asked before; later calls reject with `unavailable`. */
  close(): Promise<void>;
}

/** What the queries need besides the database. */
export interface SqlContext {
  readonly transactions: Transactions;
  readonly clock: Clock;
  readonly random: Random;
}
