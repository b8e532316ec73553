/**
 * Moves every table of one directory into another, page by page, in the order that foreign keys ask for: may be cut short and
 * go on, since a row that is there is left alone. Then the two are compared. What the tables mean is of no matter here, so
 * that later ones move as well.
 */
import { ParleyError } from '../core/errors.js';

export type Row = Readonly<Record<string, unknown>>;

export interface TableShape {
  readonly name: string;
  readonly columns: readonly string[];
  /** The primary key's columns, in its order. */
  readonly key: readonly string[];
}

export interface TableReader {
  /** Every table but that of the schema's version; one comes after those that it refers to. */
  tables(): Promise<readonly TableShape[]>;
  /** The version of the schema. */
  version(): Promise<number>;
  /** Rows above `after` in the order of the key (bytes), at most `limit`. */
  page(table: TableShape, after: Row | undefined, limit: number): Promise<readonly Row[]>;
}

export interface TableWriter extends TableReader {
  insert(table: TableShape, rows: readonly Row[]): Promise<void>;
}

const PAGE_ROWS = 500;

/** Whether no table holds anything. */
export async function isEmpty(directory: TableReader): Promise<boolean> {
  for (const table of await directory.tables())
    if ((await directory.page(table, undefined, 1)).length > 0) return false;
  return true;
}

/** Returns how many rows there are of each table. Throws when the two are not of one schema. */
export async function moveTables(from: TableReader, to: TableWriter): Promise<ReadonlyMap<string, number>> {
  const [ours, theirs] = [await from.version(), await to.version()];
  if (ours !== theirs) {
    const sentence = `The accounts are of schema ${ours}, and those of the target of ${theirs}.`;
    throw new ParleyError('conflict', { sentence });
  }
  const counts = new Map<string, number>();
  for (const table of await from.tables()) {
    counts.set(table.name, 0);
    for await (const page of pagesOf(from, table)) {
      await to.insert(table, page);
      counts.set(table.name, (counts.get(table.name) ?? 0) + page.length);
    }
  }
  return counts;
}

/** Where the two differ, as sentences, one a table. */
export async function differencesBetween(from: TableReader, to: TableReader): Promise<string[]> {
  const wrong: string[] = [];
  for (const table of await from.tables()) {
    const theirs = pagesOf(to, table);
    let same = true;
    for await (const page of pagesOf(from, table)) {
      const next = await theirs.next();
      same &&= next.done !== true && textOf(table, page) === textOf(table, next.value);
    }
    if (!same || (await theirs.next()).done !== true) wrong.push(`The table ${table.name} is not as it was.`);
  }
  return wrong;
}

async function* pagesOf(from: TableReader, table: TableShape): AsyncGenerator<readonly Row[], void> {
  for (let after: Row | undefined; ; ) {
    const page = await from.page(table, after, PAGE_ROWS);
    if (page.length > 0) yield page;
    if (page.length < PAGE_ROWS) return;
    after = page.at(-1);
  }
}

/** Numbers and texts look the same in both databases; bytes are told by their digits. */
function textOf({ columns }: TableShape, rows: readonly Row[]): string {
  const cell = (value: unknown): string | null =>
    value === null || value === undefined
      ? null
      : value instanceof Uint8Array
        ? Buffer.from(value).toString('hex')
        : String(typeof value === 'boolean' ? Number(value) : value);
  return JSON.stringify(rows.map((row) => columns.map((column) => cell(row[column]))));
}
