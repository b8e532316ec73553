import type { Db } from '../sql/transactions.js';

/** One endpoint a device, gone with it. An address is a URL or a token; keys are what its kind needs besides, as JSON. */
export async function up(db: Db): Promise<void> {
  await db.schema
    .createTable('push_endpoints')
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('device_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull().unique())
    .addColumn('keys', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('push_endpoints_key', ['user_id', 'device_id'])
    .addForeignKeyConstraint(
      'push_endpoints_device',
      ['user_id', 'device_id'],
      'devices',
      ['user_id', 'device_id'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute();
}
