import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { Accounts, NewAccount, PeoplePage, PeopleQuery, Person } from '../accounts.js';
import { checkPage, checkUserId, invalid, requirePasswordHash } from './checks.js';
import { removeOtherDevices } from './devices.js';
import type { AccountsTable } from './tables.js';
import type { Db, SqlContext } from './transactions.js';

const ROWS_A_STATEMENT = 500;

export function sqlAccounts({ transactions, clock }: SqlContext): Accounts {
  return {
    async create(account) {
      checkUserId(account.userId);
      const made = await transactions.write((db) => insert(db, [newRow(account, clock.now())]));
      if (made === 0) throw new ParleyError('name_taken');
      return { userId: account.userId, displayName: account.userId };
    },
    async createMany(accounts) {
      if (accounts.length > LIMITS.bulkAccountsMax)
        throw invalid(`At most ${LIMITS.bulkAccountsMax} accounts at once.`);
      for (const account of accounts) checkUserId(account.userId);
      const now = clock.now();
      return transactions.write((db) =>
        insert(
          db,
          accounts.map((account) => newRow(account, now)),
        ),
      );
    },
    passwordHashOf: (userId) =>
      transactions.read(async (db) => {
        const account = db.selectFrom('accounts').select('password_hash').where('user_id', '=', userId);
        return (await account.where('state', '!=', 'deleted').executeTakeFirst())?.password_hash;
      }),
    changePasswordHash: (userId, { passwordHash, before, keepDeviceId }) =>
      transactions.write(async (db) => {
        if (before !== undefined) await requirePasswordHash(db, userId, before);
        const update = db
          .updateTable('accounts')
          .set({ password_hash: passwordHash })
          .where('user_id', '=', userId)
          .where('state', '!=', 'deleted');
        if ((await update.executeTakeFirst()).numUpdatedRows === 0n) throw new ParleyError('user_not_found');
        return removeOtherDevices(db, userId, keepDeviceId);
      }),
    find: (asker, userId) =>
      transactions.read(async (db) => {
        const row = await visiblePeople(db, asker).where('accounts.user_id', '=', userId).executeTakeFirst();
        return row && toPerson(row);
      }),
    async search(asker, query) {
      checkSearch(query);
      return transactions.read((db) => search(db, asker, query));
    },
  };
}

function newRow(account: NewAccount, now: number): AccountsTable {
  return {
    user_id: account.userId,
    password_hash: account.passwordHash,
    created_at_ms: now,
    display_name: account.userId,
    locale: 'en',
    time_zone: 'UTC',
    state: 'active',
  };
}

async function insert(db: Db, rows: readonly AccountsTable[]): Promise<number> {
  let made = 0n;
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
    const some = rows.slice(from, from + ROWS_A_STATEMENT);
    const statement = db.insertInto('accounts').values(some);
    const result = await statement.onConflict((conflict) => conflict.column('user_id').doNothing()).executeTakeFirst();
    made += result.numInsertedOrUpdatedRows ?? 0n;
  }
  return Number(made);
}

function visiblePeople(db: Db, asker: string) {
  return db
    .selectFrom('accounts')
    .select(['accounts.user_id', 'accounts.display_name'])
    .where('accounts.state', '!=', 'deleted')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('relations')
            .select('relations.user_id')
            .whereRef('relations.user_id', '=', 'accounts.user_id')
            .where('relations.other_id', '=', asker)
            .where('relations.state', '=', 'blocked'),
        ),
      ),
    );
}

function checkSearch({ prefix, limit }: PeopleQuery): void {
  checkPage(limit, LIMITS.peoplePageMax);
  if (!/^[a-z][a-z0-9_]{0,31}$/.test(prefix)) throw invalid('A search begins with the first characters of a name.');
}

async function search(db: Db, asker: string, { prefix, after, limit }: PeopleQuery): Promise<PeoplePage> {
  // `{` comes right after `z`, the greatest character of a name: a range of the primary key, no pattern.
  const range = visiblePeople(db, asker)
    .where('accounts.user_id', '>=', prefix)
    .where('accounts.user_id', '<', `${prefix}{`);
  const rest = after === undefined ? range : range.where('accounts.user_id', '>', after);
  const rows = await rest
    .orderBy('accounts.user_id')
    .limit(limit + 1)
    .execute();
  return pageOf(rows.map(toPerson), limit);
}

function pageOf(found: readonly Person[], limit: number): PeoplePage {
  const people = found.slice(0, limit);
  const last = people.at(-1);
  return found.length > limit && last ? { people, next: last.userId } : { people };
}

function toPerson(row: Pick<AccountsTable, 'user_id' | 'display_name'>): Person {
  return { userId: row.user_id, displayName: row.display_name };
}
