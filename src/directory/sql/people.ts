import type { UserId } from '../../core/ids.js';
import type { PeopleDirectory, UserFacts } from '../../core/people.js';
import { invalid } from './checks.js';
import { settingsOf } from './settings.js';
import type { Db, SqlContext } from './transactions.js';

const EXISTING_MAX = 200;

export function sqlPeople({ transactions }: SqlContext): PeopleDirectory {
  return {
    factsOf: (userId) => transactions.read((db) => factsOf(db, userId)),
    async existing(userIds) {
      if (userIds.length > EXISTING_MAX) throw invalid(`At most ${EXISTING_MAX} people at once.`);
      if (userIds.length === 0) return new Set();
      return transactions.read(async (db) => {
        const rows = await db.selectFrom('accounts').select('user_id').where('user_id', 'in', userIds).execute();
        return new Set(rows.map((row) => row.user_id));
      });
    },
  };
}

async function factsOf(db: Db, userId: UserId): Promise<UserFacts | undefined> {
  const account = await db.selectFrom('accounts').select('user_id').where('user_id', '=', userId).executeTakeFirst();
  if (!account) return undefined;
  const { presenceFor, receiptsFor } = await settingsOf(db, userId);
  const relations = db.selectFrom('relations').select(['other_id', 'state']).where('user_id', '=', userId);
  const rows = await relations.where('state', 'in', ['friend', 'blocked']).execute();
  const inState = (state: string): ReadonlySet<UserId> =>
    new Set(rows.filter((row) => row.state === state).map((row) => row.other_id));
  return { friends: inState('friend'), blocked: inState('blocked'), presenceFor, receiptsFor };
}
