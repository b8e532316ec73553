import {
  type CompiledQuery,
  type DatabaseConnection,
  type DataTypeNode,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { PoolClient } from 'pg';

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

class OneClient implements Driver, DatabaseConnection {
  readonly #client: PoolClient;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const { command, rowCount, rows } = await this.#client.query(query.sql, [...query.parameters]);
    if (!COUNTED.includes(command)) return { rows };
    return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
  }

  // biome-ignore lint/correctness/useYield: nothing here asks for a stream
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('streams are not used');
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return this;
  }

  async init(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}

  beginTransaction(): Promise<void> {
    return noTransactions();
  }

  commitTransaction(): Promise<void> {
    return noTransactions();
  }

  rollbackTransaction(): Promise<void> {
    return noTransactions();
  }
}

async function noTransactions(): Promise<void> {
  throw new Error('transactions are the matter of PostgresTransactions');
}
