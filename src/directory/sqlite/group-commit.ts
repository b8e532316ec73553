import { ParleyError } from '../../core/errors.js';
import { Kysely } from '../sql/kysely.js';
import type { Tables } from '../sql/tables.js';
import type { Db, Transactions } from '../sql/transactions.js';
import { type Database, fromSqlite } from './database.js';
import { libsqlDialect } from './dialect.js';

/** Bounds how long a group holds its first answer back. */
const GROUP_MAX = 256;

interface Piece {
  readonly writes: boolean;
  work(db: Db): Promise<unknown>;
  resolve(result: unknown): void;
  reject(thrown: unknown): void;
}

/**
 * Transactions over one SQLite connection. Whatever waits when its turn comes runs, piece by piece, inside one SQL
 * transaction, each write in a savepoint of its own, and is answered after the one commit: a sync costs far more than a
 * statement, and pieces that run one after the other are serializable.
 */
export class GroupCommit implements Transactions {
  private readonly database: Database;
  private readonly db: Db;
  private waiting: Piece[] = [];
  private running: Promise<void> | undefined;
  private closed = false;

  constructor(database: Database) {
    this.database = database;
    this.db = new Kysely<Tables>({ dialect: libsqlDialect(database) });
  }

  read<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.enqueue(false, work);
  }

  write<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.enqueue(true, work);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.running;
    this.database.close();
  }

  private enqueue<T>(writes: boolean, work: (db: Db) => Promise<T>): Promise<T> {
    if (this.closed) return Promise.reject(new ParleyError('unavailable'));
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ writes, work, resolve: (result) => resolve(result as T), reject });
      this.running ??= this.run();
    });
  }

  private async run(): Promise<void> {
    // The rest of this turn's callers join the first group.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.runGroup(this.waiting.splice(0, GROUP_MAX));
    this.running = undefined;
  }

  private async runGroup(group: readonly Piece[]): Promise<void> {
    const answers: (() => void)[] = [];
    const grouped = group.some((piece) => piece.writes);
    try {
      if (grouped) this.database.exec('BEGIN IMMEDIATE');
      for (const piece of group) answers.push(await this.runPiece(piece, grouped));
      if (grouped) this.database.exec('COMMIT');
    } catch (thrown) {
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      for (const piece of group) piece.reject(fromSqlite(thrown));
      return;
    }
    for (const answer of answers) answer();
  }

  /** Resolves to what tells the caller, to be called after the commit. Throws when the whole transaction is lost. */
  private async runPiece(piece: Piece, grouped: boolean): Promise<() => void> {
    if (piece.writes) this.database.exec('SAVEPOINT piece');
    try {
      const result = await piece.work(this.db);
      if (piece.writes) this.database.exec('RELEASE piece');
      return () => piece.resolve(result);
    } catch (thrown) {
      // A full disk, say, makes SQLite roll back everything by itself.
      if (grouped && !this.database.inTransaction) throw thrown;
      if (piece.writes) this.database.exec('ROLLBACK TO piece; RELEASE piece');
      return () => piece.reject(fromSqlite(thrown));
    }
  }
}
