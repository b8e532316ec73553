import type { Db } from '../sql/transactions.js';

/** Accounts have a state; what operators do is written down. */
export async function up(db: Db): Promise<void> {
  await db.schema
    .alterTable('accounts')
    .addColumn('state', 'text', (column) => column.notNull().defaultTo('active'))
    .execute();
  await db.schema
    .createTable('audit')
    .addColumn('entry', 'bigint', (column) => column.primaryKey().notNull())
    .addColumn('at_ms', 'bigint', (column) => column.notNull())
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .execute();
}
