/** The tables of a directory file, to be moved elsewhere. */
import type { Row, TableReader, TableShape } from '../move-directory.js';
import { openDatabase } from './database.js';
import { openLocalDirectory } from './local-directory.js';

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

interface Column {
  readonly name: string;
  readonly pk: number;
}

/** Brings the schema up to date first. The file is nobody else's meanwhile. */
export async function readSqliteTables(file: string): Promise<TableReader & { close(): void }> {
  await (await openLocalDirectory({ file })).close();
  const database = openDatabase(file);
  const all = (sql: string, parameters: readonly unknown[] = []): Row[] =>
    database.prepare(sql).all([...parameters]) as Row[];
  const shapeOf = (name: string): TableShape => {
    const columns = all(`PRAGMA table_info(${quoted(name)})`) as unknown as Column[];
    const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
    return { name, columns: columns.map((column) => column.name), key: key.map((column) => column.name) };
  };
  const referredTo = (name: string): string[] =>
    all(`PRAGMA foreign_key_list(${quoted(name)})`).map((foreign) => String(foreign.table));
  return {
    tables: async () => {
      const names = all(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_version' ORDER BY name",
      ).map(({ name }) => String(name));
      return inOrder(names, referredTo).map(shapeOf);
    },
    version: async () => Number(all('SELECT version FROM schema_version')[0]?.version ?? 0),
    page: async (table, after, limit) => {
      const key = table.key.map(quoted).join(', ');
      const above = after === undefined ? '' : `WHERE (${key}) > (${table.key.map(() => '?').join(', ')})`;
      const parameters = after === undefined ? [] : table.key.map((column) => after[column]);
      return all(`SELECT * FROM ${quoted(table.name)} ${above} ORDER BY ${key} LIMIT ?`, [...parameters, limit]);
    },
    close: () => database.close(),
  };
}

/** Each after those that it refers to; a table that refers to itself is no matter. */
function inOrder(names: readonly string[], referredTo: (name: string) => readonly string[]): string[] {
  const ordered: string[] = [];
  const add = (name: string): void => {
    if (ordered.includes(name) || !names.includes(name)) return;
    for (const other of referredTo(name)) if (other !== name) add(other);
    ordered.push(name);
  };
  names.forEach(add);
  return ordered;
}
