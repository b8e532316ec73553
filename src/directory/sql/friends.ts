import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { Friends, Relation, RelationChange, RelationPage, RelationQuery } from '../friends.js';
import { decideFriendship, type FriendshipAction, type View, type Views } from '../friendship.js';
import { checkPage, invalid, requireAccounts } from './checks.js';
import type { Db, SqlContext } from './transactions.js';

export function sqlFriends({ transactions, clock }: SqlContext): Friends {
  const act = (action: FriendshipAction) => async (asker: UserId, other: UserId) => {
    if (asker === other) throw invalid('This takes two different people.');
    const now = clock.now();
    return transactions.write((db) => perform(db, action, asker, other, now));
  };
  return {
    request: act('request'),
    accept: act('accept'),
    decline: act('decline'),
    remove: act('remove'),
    block: act('block'),
    unblock: act('unblock'),
    async list(userId, query) {
      checkPage(query.limit, LIMITS.relationsPageMax);
      return transactions.read((db) => list(db, userId, query));
    },
  };
}

async function perform(
  db: Db,
  action: FriendshipAction,
  asker: UserId,
  other: UserId,
  now: number,
): Promise<RelationChange> {
  await requireAccounts(db, asker, other);
  const before: Views = { mine: await viewOf(db, asker, other), theirs: await viewOf(db, other, asker) };
  const after = decideFriendship(action, before);
  if (takesRoom(after.mine) && !takesRoom(before.mine)) await requireRoom(db, asker);
  if (after.mine !== before.mine) await setView(db, asker, other, after.mine, now);
  if (after.theirs !== before.theirs) await setView(db, other, asker, after.theirs, now);
  const factsChanged = [
    ...(isFact(before.mine, after.mine) ? [asker] : []),
    ...(isFact(before.theirs, after.theirs) ? [other] : []),
  ];
  return { state: after.mine, factsChanged, othersViewChanged: after.theirs !== before.theirs };
}

async function viewOf(db: Db, userId: UserId, other: UserId): Promise<View> {
  const rows = db.selectFrom('relations').select('state').where('user_id', '=', userId).where('other_id', '=', other);
  return (await rows.executeTakeFirst())?.state ?? 'none';
}

async function setView(db: Db, userId: UserId, other: UserId, state: View, now: number): Promise<void> {
  if (state === 'none') {
    await db.deleteFrom('relations').where('user_id', '=', userId).where('other_id', '=', other).execute();
    return;
  }
  const columns = { state, since_ms: now };
  const insert = db.insertInto('relations').values({ user_id: userId, other_id: other, ...columns });
  await insert.onConflict((c) => c.columns(['user_id', 'other_id']).doUpdateSet(columns)).execute();
}

/** Requests that others sent are not counted: nobody can fill another's room. */
function takesRoom(view: View): boolean {
  return view !== 'none' && view !== 'request_received';
}

async function requireRoom(db: Db, userId: UserId): Promise<void> {
  const count = db.selectFrom('relations').select(({ fn }) => fn.countAll<number>().as('count'));
  const own = count.where('user_id', '=', userId).where('state', '!=', 'request_received');
  const { count: stored } = await own.executeTakeFirstOrThrow();
  if (Number(stored) >= LIMITS.relationsMax)
    throw new ParleyError('forbidden', { sentence: 'You have as many friends and blocked people as one can.' });
}

function isFact(before: View, after: View): boolean {
  return before !== after && [before, after].some((view) => view === 'friend' || view === 'blocked');
}

async function list(db: Db, userId: UserId, { state, after, limit }: RelationQuery): Promise<RelationPage> {
  let query = db
    .selectFrom('relations')
    .innerJoin('accounts', 'accounts.user_id', 'relations.other_id')
    .select(['relations.other_id', 'relations.state', 'relations.since_ms', 'accounts.display_name'])
    .where('relations.user_id', '=', userId);
  if (state !== undefined) query = query.where('relations.state', '=', state);
  if (after !== undefined) query = query.where('relations.other_id', '>', after);
  const rows = await query
    .orderBy('relations.other_id')
    .limit(limit + 1)
    .execute();
  const relations = rows.slice(0, limit).map(
    (row): Relation => ({
      userId: row.other_id,
      displayName: row.display_name,
      state: row.state,
      sinceMs: row.since_ms,
    }),
  );
  const last = relations.at(-1);
  return rows.length > limit && last ? { relations, next: last.userId } : { relations };
}
