import type { Pool, PoolClient } from 'pg';
import { type BackoffSpan, backoffMs } from '../../core/backoff.js';
import { type Clock, sleep } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { Random } from '../../core/random.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import { Kysely } from '../sql/kysely.js';
import type { Tables } from '../sql/tables.js';
import type { Db, Transactions } from '../sql/transactions.js';
import { postgresDialect } from './dialect.js';
import { fromBegin, fromPostgres, remedyFor } from './errors.js';

const ATTEMPTS_MAX = 12;
const PAUSE: BackoffSpan = { firstMs: 10, mostMs: 400 };
/** A migration may rewrite a large table, or wait while another process does. */
export const ALONE_DEADLINE_MS = 60_000;
const BEGIN = {
  read: 'begin isolation level serializable read only',
  write: 'begin isolation level serializable',
  /** Serializable would fix what is seen before a lock is granted. */
  alone: 'begin isolation level read committed',
} as const;
type Mode = keyof typeof BEGIN;

export interface PostgresTransactionsOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly random: Random;
  readonly deadlineMs?: number;
  readonly callsWaitingMax?: number;
}

/** One call on its way: what its deadline must end. */
interface Run {
  client: PoolClient | undefined;
  over: boolean;
  /** A commit was sent and not answered: the outcome is unknown. */
  inDoubt: boolean;
}

/**
 * Serializable transactions over a pool. A piece of work that met another transaction, or whose connection was lost before
 * its commit was sent, runs again within its deadline. One whose commit was sent and not answered is not repeated here:
 * it rejects with `timeout`, whose outcome is unknown. At the deadline the connection in use is closed, so that a server
 * that hangs holds none of the pool.
 */
export class PostgresTransactions implements Transactions {
  private readonly options: Required<PostgresTransactionsOptions>;
  private readonly databases = new WeakMap<PoolClient, Db>();
  private readonly running = new Set<Promise<unknown>>();
  private closed: Promise<void> | undefined;

  constructor(options: PostgresTransactionsOptions) {
    this.options = {
      deadlineMs: LIMITS.directoryDeadlineMs,
      callsWaitingMax: LIMITS.directoryCallsWaitingMax,
      ...options,
    };
  }

  read<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.start('read', work);
  }

  write<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.start('write', work);
  }

  /** A write that sees what others committed while it waited for a lock, with a deadline of its own: for migrations. */
  alone<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.start('alone', work);
  }

  close(): Promise<void> {
    this.closed ??= Promise.allSettled([...this.running]).then(() => this.options.pool.end());
    return this.closed;
  }

  private start<T>(mode: Mode, work: (db: Db) => Promise<T>): Promise<T> {
    if (this.closed) return Promise.reject(new ParleyError('unavailable'));
    if (this.running.size >= this.options.callsWaitingMax)
      return Promise.reject(new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.slow }));
    const running = this.withDeadline(mode, work);
    this.running.add(running);
    const ended = (): void => void this.running.delete(running);
    running.then(ended, ended);
    return running;
  }

  private withDeadline<T>(mode: Mode, work: (db: Db) => Promise<T>): Promise<T> {
    const { clock, deadlineMs } = this.options;
    const run: Run = { client: undefined, over: false, inDoubt: false };
    return new Promise<T>((resolve, reject) => {
      const cancel = clock.after(mode === 'alone' ? ALONE_DEADLINE_MS : deadlineMs, () => {
        run.over = true;
        reject(new ParleyError('timeout'));
        this.release(run, true);
      });
      const settled = this.repeat(run, mode, work);
      settled.then(resolve, reject).finally(cancel);
    });
  }

  private async repeat<T>(run: Run, mode: Mode, work: (db: Db) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(run, mode, work);
      } catch (thrown) {
        const remedy = remedyFor(thrown);
        if (run.inDoubt && remedy !== 'again') throw new ParleyError('timeout', { cause: thrown });
        run.inDoubt = false;
        if (remedy === 'tell' || attempt === ATTEMPTS_MAX || run.over) throw fromPostgres(thrown);
      }
      // Full jitter: two that met each other are to miss each other.
      await sleep(this.options.clock, backoffMs(PAUSE, attempt - 1) * this.options.random.fraction());
      if (run.over) throw new ParleyError('timeout');
    }
  }

  private async attempt<T>(run: Run, mode: Mode, work: (db: Db) => Promise<T>): Promise<T> {
    const client = await this.options.pool.connect();
    run.client = client;
    if (run.over) {
      this.release(run, false);
      throw new ParleyError('timeout');
    }
    try {
      const db = this.databaseOf(client);
      await client.query(BEGIN[mode]).catch((thrown: unknown) => Promise.reject(fromBegin(thrown)));
      const result = await work(db);
      run.inDoubt = mode !== 'read';
      await client.query('commit');
      run.inDoubt = false;
      this.release(run, false);
      return result;
    } catch (thrown) {
      await this.abandon(run, thrown);
      throw thrown;
    }
  }

  /** Rolls back what is open; a connection that cannot even do that is closed. */
  private async abandon(run: Run, thrown: unknown): Promise<void> {
    if (remedyFor(thrown) === 'reconnect') return this.release(run, true);
    try {
      await run.client?.query('rollback');
      this.release(run, false);
    } catch {
      this.release(run, true);
    }
  }

  private release(run: Run, broken: boolean): void {
    const { client } = run;
    run.client = undefined;
    client?.release(broken);
  }

  private databaseOf(client: PoolClient): Db {
    const known = this.databases.get(client);
    if (known) return known;
    const db = new Kysely<Tables>({ dialect: postgresDialect(client) });
    this.databases.set(client, db);
    return db;
  }
}
