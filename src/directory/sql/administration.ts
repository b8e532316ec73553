import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { Account, Administration } from '../administration.js';
import { checkPage, invalid } from './checks.js';
import type { AccountsTable } from './tables.js';
import type { Db, SqlContext } from './transactions.js';

const COLUMNS = ['user_id', 'display_name', 'state', 'created_at_ms'] as const;

export function sqlAdministration({ transactions }: SqlContext): Administration {
  return {
    async list(prefix, after, limit) {
      checkPage(limit, LIMITS.operationsPageMax + 1);
      if (!/^[a-z0-9_]{0,32}$/.test(prefix)) throw invalid('A prefix is the first characters of a name.');
      return transactions.read(async (db) => {
        const rows = db
          .selectFrom('accounts')
          .select(COLUMNS)
          .where('user_id', '>=', prefix)
          .where('user_id', '<', `${prefix}{`)
          .where('user_id', '>', after);
        return (await rows.orderBy('user_id').limit(limit).execute()).map(toAccount);
      });
    },
    count: () =>
      transactions.read(async (db) => {
        const counted = db.selectFrom('accounts').select(({ fn }) => fn.countAll().as('accounts'));
        return Number((await counted.executeTakeFirstOrThrow()).accounts);
      }),
    find: (userId) => transactions.read((db) => find(db, userId)),
    setState: (userId, state) =>
      transactions.write(async (db) => {
        await requireLiving(db, userId);
        await db.updateTable('accounts').set({ state }).where('user_id', '=', userId).execute();
        return requireLiving(db, userId);
      }),
    erase: (userId) => transactions.write((db) => erase(db, userId)),
  };
}

function toAccount(row: Pick<AccountsTable, (typeof COLUMNS)[number]>): Account {
  const { user_id: userId, display_name: displayName, state, created_at_ms: createdAtMs } = row;
  return { userId, displayName, state, createdAtMs };
}

async function find(db: Db, userId: string): Promise<Account | undefined> {
  const row = await db.selectFrom('accounts').select(COLUMNS).where('user_id', '=', userId).executeTakeFirst();
  return row && toAccount(row);
}

async function requireLiving(db: Db, userId: string): Promise<Account> {
  const account = await find(db, userId);
  if (account === undefined || account.state === 'deleted') throw new ParleyError('user_not_found');
  return account;
}

async function erase(db: Db, userId: string): Promise<Account> {
  const account = await requireLiving(db, userId);
  await db.deleteFrom('settings').where('user_id', '=', userId).execute();
  await db.deleteFrom('channel_settings').where('user_id', '=', userId).execute();
  await db.deleteFrom('relations').where('user_id', '=', userId).execute();
  await db.deleteFrom('relations').where('other_id', '=', userId).execute();
  await db.deleteFrom('refresh_families').where('user_id', '=', userId).execute();
  await db.deleteFrom('devices').where('user_id', '=', userId).execute();
  const nobody = { state: 'deleted', password_hash: '', display_name: userId, locale: 'en', time_zone: 'UTC' } as const;
  await db.updateTable('accounts').set(nobody).where('user_id', '=', userId).execute();
  return { ...account, displayName: userId, state: 'deleted' };
}
