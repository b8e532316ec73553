/**
 * Kysely's code, by its CommonJS build: Node takes twice the processor time to load the same 280 files as ES modules, and
 * each process with a directory starts by that. Its types are imported from the package itself.
 */
import { createRequire } from 'node:module';

const kysely: typeof import('kysely') = createRequire(import.meta.url)('kysely');

export const {
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} = kysely;
