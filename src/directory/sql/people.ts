import { addTo } from '../../core/grouped.js';
import type { UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { PeopleDirectory, UserFacts } from '../../core/people.js';
import type { PushSettings } from '../../core/push.js';
import type { AccountState } from '../administration.js';
import type { Settings } from '../settings.js';
import { BatchedRead } from './batched-read.js';
import { invalid } from './checks.js';
import { withPushEndpoint } from './push-endpoints.js';
import { channelSettingsOfMany, settingsOfMany } from './settings.js';
import type { Db, SqlContext } from './transactions.js';

const EXISTING_MAX = 200;
/** Users whose facts are asked for together, when thousands become active at once. */
const FACTS_BATCH_MAX = 200;
const FACTS_BATCHES_AT_ONCE = 2;

export function sqlPeople({ transactions }: SqlContext): PeopleDirectory {
  const facts = new BatchedRead<UserId, UserFacts>({
    read: (userIds) => transactions.read((db) => factsOf(db, userIds)),
    batchMax: FACTS_BATCH_MAX,
    batchesAtOnce: FACTS_BATCHES_AT_ONCE,
    waitingMax: LIMITS.directoryCallsWaitingMax,
  });
  const inState = async (userIds: readonly UserId[], states: readonly AccountState[]): Promise<ReadonlySet<UserId>> => {
    if (userIds.length > EXISTING_MAX) throw invalid(`At most ${EXISTING_MAX} people at once.`);
    if (userIds.length === 0) return new Set();
    return transactions.read(async (db) => {
      const named = db.selectFrom('accounts').select('user_id').where('user_id', 'in', userIds);
      const rows = await named.where('state', 'in', states).execute();
      return new Set(rows.map((row) => row.user_id));
    });
  };
  return {
    factsOf: (userId) => facts.get(userId),
    existing: (userIds) => inState(userIds, ['active', 'suspended']),
    active: (userIds) => inState(userIds, ['active']),
    deleted: (userIds) => inState(userIds, ['deleted']),
  };
}

async function factsOf(db: Db, userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, UserFacts>> {
  const living = db.selectFrom('accounts').select(['user_id', 'time_zone']).where('state', '!=', 'deleted');
  const accounts = await living.where('user_id', 'in', userIds).execute();
  if (accounts.length === 0) return new Map();
  const known = accounts.map(({ user_id }) => user_id);
  const settings = await settingsOfMany(db, known);
  const relations = await relationsOf(db, known);
  const push = await pushSettingsOf(db, accounts, settings);
  return new Map(
    known.map((userId) => {
      const { presenceFor, receiptsFor } = settings(userId);
      const own = { ...relations(userId), presenceFor, receiptsFor };
      const pushed = push.get(userId);
      return [userId, pushed === undefined ? own : { ...own, push: pushed }];
    }),
  );
}

async function relationsOf(
  db: Db,
  userIds: readonly UserId[],
): Promise<(userId: UserId) => Pick<UserFacts, 'friends' | 'blocked'>> {
  const relations = db.selectFrom('relations').select(['user_id', 'other_id', 'state']).where('user_id', 'in', userIds);
  const rows = await relations.where('state', 'in', ['friend', 'blocked']).execute();
  const friends = new Map<UserId, Set<UserId>>();
  const blocked = new Map<UserId, Set<UserId>>();
  for (const { user_id, other_id, state } of rows) addTo(state === 'friend' ? friends : blocked, user_id, other_id);
  return (userId) => ({ friends: friends.get(userId) ?? NOBODY, blocked: blocked.get(userId) ?? NOBODY });
}

/** Of all who have nobody there: a set of one's own takes some 150 bytes, and each user who is connected holds two. */
const NOBODY: ReadonlySet<UserId> = new Set();

/** Of those who have a device with a push endpoint. */
async function pushSettingsOf(
  db: Db,
  accounts: readonly { readonly user_id: UserId; readonly time_zone: string }[],
  settings: (userId: UserId) => Settings,
): Promise<ReadonlyMap<UserId, PushSettings>> {
  const reached = await withPushEndpoint(
    db,
    accounts.map(({ user_id }) => user_id),
  );
  if (reached.size === 0) return new Map();
  const ownChannels = await channelSettingsOfMany(db, [...reached]);
  return new Map(
    accounts.flatMap(({ user_id, time_zone }) => {
      if (!reached.has(user_id)) return [];
      const { notificationLevel, muteUntilMs, doNotDisturb } = settings(user_id);
      const channels = new Map(
        (ownChannels.get(user_id) ?? []).map(({ channelId, notificationLevel: level, muteUntilMs: untilMs }) => [
          channelId,
          { level, muteUntilMs: untilMs },
        ]),
      );
      return [[user_id, { level: notificationLevel, muteUntilMs, doNotDisturb, timeZone: time_zone, channels }]];
    }),
  );
}
