import type { CompiledQuery, Dialect, QueryResult } from 'kysely';
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from '../sql/kysely.js';
import { OwnedConnection } from '../sql/owned-connection.js';
import type { Database } from './database.js';

const STATEMENTS_MAX = 200;

type Statement = ReturnType<Database['prepare']>;

/**
 * Kysely over one libsql connection, without transactions of its own: GroupCommit owns the connection and lets one piece
 * of work at a time use it.
 */
export function libsqlDialect(database: Database): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new OneConnection(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class OneConnection extends OwnedConnection {
  private readonly database: Database;
  /** In the order of their last use. */
  private readonly statements = new Map<string, Statement>();

  constructor(database: Database) {
    super();
    this.database = database;
  }

  override executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return new Promise((resolve) => {
      const statement = this.prepared(query.sql);
      const parameters = [...query.parameters];
      if (statement.reader) return resolve({ rows: statement.all(parameters) as Row[] });
      const { changes, lastInsertRowid } = statement.run(parameters);
      resolve({ rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) });
    });
  }

  private prepared(sql: string): Statement {
    const statement = this.statements.get(sql) ?? this.database.prepare(sql);
    this.statements.delete(sql);
    this.statements.set(sql, statement);
    const [oldest] = this.statements.keys();
    if (this.statements.size > STATEMENTS_MAX && oldest !== undefined) this.statements.delete(oldest);
    return statement;
  }
}
