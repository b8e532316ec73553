import type { UserId } from '../../core/ids.js';
import type { PeopleDirectory, UserFacts } from '../../core/people.js';
import type { PushSettings } from '../../core/push.js';
import type { Settings } from '../settings.js';
import { invalid } from './checks.js';
import { hasPushEndpoint } from './push-endpoints.js';
import { channelSettingsOf, settingsOf } from './settings.js';
import type { Db, SqlContext } from './transactions.js';

const EXISTING_MAX = 200;

export function sqlPeople({ transactions }: SqlContext): PeopleDirectory {
  return {
    factsOf: (userId) => transactions.read((db) => factsOf(db, userId)),
    async existing(userIds) {
      if (userIds.length > EXISTING_MAX) throw invalid(`At most ${EXISTING_MAX} people at once.`);
      if (userIds.length === 0) return new Set();
      return transactions.read(async (db) => {
        const living = db.selectFrom('accounts').select('user_id').where('user_id', 'in', userIds);
        const rows = await living.where('state', '!=', 'deleted').execute();
        return new Set(rows.map((row) => row.user_id));
      });
    },
  };
}

async function factsOf(db: Db, userId: UserId): Promise<UserFacts | undefined> {
  const living = db.selectFrom('accounts').select('time_zone').where('state', '!=', 'deleted');
  const account = await living.where('user_id', '=', userId).executeTakeFirst();
  if (!account) return undefined;
  const settings = await settingsOf(db, userId);
  const { presenceFor, receiptsFor } = settings;
  const relations = db.selectFrom('relations').select(['other_id', 'state']).where('user_id', '=', userId);
  const rows = await relations.where('state', 'in', ['friend', 'blocked']).execute();
  const inState = (state: string): ReadonlySet<UserId> =>
    new Set(rows.filter((row) => row.state === state).map((row) => row.other_id));
  const facts = { friends: inState('friend'), blocked: inState('blocked'), presenceFor, receiptsFor };
  if (!(await hasPushEndpoint(db, userId))) return facts;
  return { ...facts, push: await pushSettings(db, userId, settings, account.time_zone) };
}

async function pushSettings(db: Db, userId: UserId, settings: Settings, timeZone: string): Promise<PushSettings> {
  const { notificationLevel, muteUntilMs, doNotDisturb } = settings;
  const own = await channelSettingsOf(db, userId);
  const channels = new Map(
    own.map((channel) => [channel.channelId, { level: channel.notificationLevel, muteUntilMs: channel.muteUntilMs }]),
  );
  return { level: notificationLevel, muteUntilMs, doNotDisturb, timeZone, channels };
}
