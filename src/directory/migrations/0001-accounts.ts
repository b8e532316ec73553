import type { Db } from '../sql/transactions.js';

/** Names compare by bytes; all times are milliseconds since 1970. */
export async function up(db: Db): Promise<void> {
  await db.schema
    .createTable('accounts')
    .addColumn('user_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('display_name', 'text', (column) => column.notNull())
    .addColumn('locale', 'text', (column) => column.notNull())
    .addColumn('time_zone', 'text', (column) => column.notNull())
    .execute();
  await settings(db);
  await relations(db);
  await devices(db);
}

async function settings(db: Db): Promise<void> {
  await db.schema
    .createTable('settings')
    .addColumn('user_id', 'text', (column) =>
      column.primaryKey().notNull().references('accounts.user_id').onDelete('cascade'),
    )
    .addColumn('notification_level', 'text', (column) => column.notNull())
    .addColumn('mute_until_ms', 'bigint', (column) => column.notNull())
    .addColumn('quiet_from_minute', 'integer')
    .addColumn('quiet_to_minute', 'integer')
    .addColumn('presence_for', 'text', (column) => column.notNull())
    .addColumn('receipts_for', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('channel_settings')
    .addColumn('user_id', 'text', (column) => column.notNull().references('accounts.user_id').onDelete('cascade'))
    .addColumn('channel_id', 'text', (column) => column.notNull())
    .addColumn('notification_level', 'text')
    .addColumn('mute_until_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('channel_settings_key', ['user_id', 'channel_id'])
    .execute();
}

async function relations(db: Db): Promise<void> {
  await db.schema
    .createTable('relations')
    .addColumn('user_id', 'text', (column) => column.notNull().references('accounts.user_id').onDelete('cascade'))
    .addColumn('other_id', 'text', (column) => column.notNull().references('accounts.user_id').onDelete('cascade'))
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('since_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('relations_key', ['user_id', 'other_id'])
    .execute();
  await db.schema.createIndex('relations_by_other').on('relations').column('other_id').execute();
}

async function devices(db: Db): Promise<void> {
  await db.schema
    .createTable('devices')
    .addColumn('user_id', 'text', (column) => column.notNull().references('accounts.user_id').onDelete('cascade'))
    .addColumn('device_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('created_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at_ms', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('devices_key', ['user_id', 'device_id'])
    .execute();
  await db.schema
    .createTable('refresh_families')
    .addColumn('family_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('device_id', 'text', (column) => column.notNull())
    .addColumn('current_hash', 'text', (column) => column.notNull())
    .addColumn('previous_hash', 'text')
    .addColumn('salt', 'text', (column) => column.notNull())
    .addColumn('rotated_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('expires_at_ms', 'bigint', (column) => column.notNull())
    .addForeignKeyConstraint(
      'refresh_families_device',
      ['user_id', 'device_id'],
      'devices',
      ['user_id', 'device_id'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute();
  await db.schema
    .createIndex('refresh_families_by_device')
    .on('refresh_families')
    .columns(['user_id', 'device_id'])
    .execute();
  await db.schema.createIndex('refresh_families_by_expiry').on('refresh_families').column('expires_at_ms').execute();
}
