import type { CompiledQuery, DataTypeNode, Dialect, QueryResult } from 'kysely';
import type { PoolClient } from 'pg';
import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from '../sql/kysely.js';
import { OwnedConnection } from '../sql/owned-connection.js';

/**
 * Kysely over one connection of the pool, without transactions of its own: PostgresTransactions owns the connection and
 * lets one piece of work at a time use it.
 */
export function postgresDialect(client: PoolClient): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new OneClient(client),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new ByteOrderCompiler(),
  };
}

/** Every text column compares by its bytes, as in SQLite, whatever the database's locale: paging and prefixes rely on it. */
class ByteOrderCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    if (node.dataType === 'text') this.append(' collate "C"');
  }
}

const COUNTED = ['INSERT', 'UPDATE', 'DELETE'];

class OneClient extends OwnedConnection {
  private readonly client: PoolClient;

  constructor(client: PoolClient) {
    super();
    this.client = client;
  }

  override async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { command, rowCount, rows } = await this.client.query(query.sql, [...query.parameters]);
    if (!COUNTED.includes(command)) return { rows };
    return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
  }
}
