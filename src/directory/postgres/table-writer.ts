/** The tables of a directory in PostgreSQL, into which another is moved. */
import type { Logger } from '../../core/logger.js';
import type { Row, TableShape, TableWriter } from '../move-directory.js';
import { fromPostgres } from './errors.js';
import { openPool } from './pool.js';
import { openPostgresDirectory } from './postgres-directory.js';

const STATEMENT_MS = 30_000;
/** Later than the server's own end to a statement. */
const ANSWER_MS = 40_000;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Brings the schema up to date first. Rejects like openPostgresDirectory; a call rejects with `unavailable` or `timeout` when
 * the connection or the server is lost, and one after it connects again.
 */
export async function writePostgresTables(
  url: string,
  logger: Logger,
): Promise<TableWriter & { close(): Promise<void> }> {
  await (await openPostgresDirectory({ url, logger })).close();
  const name = 'parley migrate';
  const pool = openPool({ url, logger, name, deadlineMs: STATEMENT_MS, answerDeadlineMs: ANSWER_MS });
  const ask = async (sql: string, parameters: readonly unknown[] = []): Promise<Row[]> => {
    try {
      return (await pool.query(sql, [...parameters])).rows;
    } catch (thrown) {
      throw fromPostgres(thrown);
    }
  };
  return {
    tables: async () => {
      const rows = await ask(`SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> 'schema_version'`);
      const shapes: TableShape[] = [];
      for (const { name } of rows) shapes.push(await shapeOf(String(name), ask));
      return shapes;
    },
    version: async () => Number((await ask('SELECT version FROM schema_version'))[0]?.version ?? 0),
    page: (table, after, limit) => {
      const key = table.key.map(quoted).join(', ');
      const places = table.key.map((_, index) => `$${index + 2}`).join(', ');
      const above = after === undefined ? '' : `WHERE (${key}) > (${places})`;
      const parameters = after === undefined ? [] : table.key.map((column) => after[column]);
      return ask(`SELECT * FROM ${quoted(table.name)} ${above} ORDER BY ${key} LIMIT $1`, [limit, ...parameters]);
    },
    insert: async ({ name, columns }, rows) => {
      if (rows.length === 0) return;
      const places = rows.map(
        (_, row) => `(${columns.map((__, at) => `$${row * columns.length + at + 1}`).join(', ')})`,
      );
      const values = rows.flatMap((row) => columns.map((column) => row[column]));
      const into = `${quoted(name)} (${columns.map(quoted).join(', ')})`;
      await ask(`INSERT INTO ${into} VALUES ${places.join(', ')} ON CONFLICT DO NOTHING`, values);
    },
    close: () => pool.end(),
  };
}

async function shapeOf(
  name: string,
  ask: (sql: string, parameters: readonly unknown[]) => Promise<Row[]>,
): Promise<TableShape> {
  const columns = await ask(
    'SELECT column_name AS name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position',
    [name],
  );
  const key = await ask(
    `SELECT a.attname AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
      WHERE i.indrelid = $1::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int[], a.attnum::int)`,
    [quoted(name)],
  );
  const names = (rows: readonly Row[]): string[] => rows.map((row) => String(row.name));
  return { name, columns: names(columns), key: names(key) };
}
