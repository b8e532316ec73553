import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';

/**
 * Kysely's driver for the one connection that a directory has: no streams, and no transactions of Kysely's own, since whoever
 * owns the connection begins and ends them, and lets one piece of work at a time use it.
 */
export abstract class OwnedConnection implements Driver, DatabaseConnection {
  abstract executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>>;

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
  throw new Error('transactions are the matter of whoever owns the connection');
}
