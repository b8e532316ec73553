import { ParleyError } from '../../core/errors.js';
import { appendTo } from '../../core/grouped.js';
import { LIMITS } from '../../core/limits.js';
import type { AccountSettings, ChannelSettings, ChannelSettingsChange, Profile, Settings } from '../settings.js';
import { checkChannelId, invalid, requireAccounts } from './checks.js';
import { checkedProfileChange, checkSettings } from './settings-checks.js';
import type { AccountsTable, ChannelSettingsTable, SettingsTable } from './tables.js';
import type { Db, SqlContext } from './transactions.js';

const PROFILES_MAX = 200;
const PROFILE_COLUMNS = ['user_id', 'display_name', 'locale', 'time_zone'] as const;

const DEFAULTS: Settings = {
  notificationLevel: 'everything',
  muteUntilMs: 0,
  doNotDisturb: null,
  presenceFor: 'friends',
  receiptsFor: 'everyone',
};

export function sqlSettings({ transactions }: SqlContext): AccountSettings {
  return {
    profileOf: (userId) => transactions.read((db) => profileOf(db, userId)),
    async profilesOf(userIds) {
      if (userIds.length > PROFILES_MAX) throw invalid(`At most ${PROFILES_MAX} profiles at once.`);
      if (userIds.length === 0) return [];
      return transactions.read(async (db) => {
        const named = db.selectFrom('accounts').select(PROFILE_COLUMNS).where('user_id', 'in', userIds);
        const living = named.where('state', '!=', 'deleted');
        return (await living.orderBy('user_id').execute()).map(toProfile);
      });
    },
    async changeProfile(userId, change) {
      const checked = checkedProfileChange(change);
      return transactions.write(async (db) => {
        const profile = { ...(await profileOf(db, userId)), ...checked };
        const set = { display_name: profile.displayName, locale: profile.locale, time_zone: profile.timeZone };
        await db.updateTable('accounts').set(set).where('user_id', '=', userId).execute();
        return profile;
      });
    },
    settingsOf: (userId) => transactions.read((db) => settingsOf(db, userId)),
    changeSettings: (userId, change) =>
      transactions.write(async (db) => {
        const settings = { ...(await settingsOf(db, userId)), ...change };
        checkSettings(settings);
        await storeSettings(db, userId, settings);
        return settings;
      }),
    channelSettingsOf: (userId) =>
      transactions.read(async (db) => {
        await requireAccounts(db, userId);
        return channelSettingsOf(db, userId);
      }),
    async changeChannelSettings(userId, channelId, change) {
      checkChannelId(channelId);
      return transactions.write((db) => changeChannelSettings(db, userId, channelId, change));
    },
  };
}

async function profileOf(db: Db, userId: string): Promise<Profile> {
  const row = await db.selectFrom('accounts').select(PROFILE_COLUMNS).where('user_id', '=', userId).executeTakeFirst();
  if (!row) throw new ParleyError('user_not_found');
  return toProfile(row);
}

function toProfile(row: Pick<AccountsTable, (typeof PROFILE_COLUMNS)[number]>): Profile {
  return { userId: row.user_id, displayName: row.display_name, locale: row.locale, timeZone: row.time_zone };
}

async function settingsOf(db: Db, userId: string): Promise<Settings> {
  const row = await db.selectFrom('settings').selectAll().where('user_id', '=', userId).executeTakeFirst();
  if (row) return toSettings(row);
  await requireAccounts(db, userId);
  return DEFAULTS;
}

/** Of accounts that exist. */
export async function settingsOfMany(db: Db, userIds: readonly string[]): Promise<(userId: string) => Settings> {
  const rows = await db.selectFrom('settings').selectAll().where('user_id', 'in', userIds).execute();
  const own = new Map(rows.map((row) => [row.user_id, toSettings(row)]));
  return (userId) => own.get(userId) ?? DEFAULTS;
}

function toSettings(row: SettingsTable): Settings {
  const { quiet_from_minute: fromMinute, quiet_to_minute: toMinute } = row;
  return {
    notificationLevel: row.notification_level,
    muteUntilMs: row.mute_until_ms,
    doNotDisturb: fromMinute === null || toMinute === null ? null : { fromMinute, toMinute },
    presenceFor: row.presence_for,
    receiptsFor: row.receipts_for,
  };
}

async function storeSettings(db: Db, userId: string, settings: Settings): Promise<void> {
  const columns = {
    notification_level: settings.notificationLevel,
    mute_until_ms: settings.muteUntilMs,
    quiet_from_minute: settings.doNotDisturb?.fromMinute ?? null,
    quiet_to_minute: settings.doNotDisturb?.toMinute ?? null,
    presence_for: settings.presenceFor,
    receipts_for: settings.receiptsFor,
  };
  const insert = db.insertInto('settings').values({ user_id: userId, ...columns });
  await insert.onConflict((conflict) => conflict.column('user_id').doUpdateSet(columns)).execute();
}

async function channelSettingsOf(db: Db, userId: string): Promise<readonly ChannelSettings[]> {
  const rows = db.selectFrom('channel_settings').selectAll().where('user_id', '=', userId);
  return (await rows.orderBy('channel_id').limit(LIMITS.channelSettingsMax).execute()).map(toChannelSettings);
}

/** Those who have any. What nobody may have more of than the limit is not limited again. */
export async function channelSettingsOfMany(
  db: Db,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, readonly ChannelSettings[]>> {
  const rows = await db.selectFrom('channel_settings').selectAll().where('user_id', 'in', userIds).execute();
  const own = new Map<string, ChannelSettings[]>();
  for (const row of rows) appendTo(own, row.user_id, toChannelSettings(row));
  return own;
}

function toChannelSettings(row: ChannelSettingsTable): ChannelSettings {
  return {
    channelId: row.channel_id,
    notificationLevel: row.notification_level,
    muteUntilMs: row.mute_until_ms,
  };
}

async function changeChannelSettings(
  db: Db,
  userId: string,
  channelId: string,
  change: ChannelSettingsChange,
): Promise<ChannelSettings> {
  await requireAccounts(db, userId);
  const key = { user_id: userId, channel_id: channelId };
  const rows = db.selectFrom('channel_settings').selectAll().where('user_id', '=', userId);
  const row = await rows.where('channel_id', '=', channelId).executeTakeFirst();
  const before = row ? toChannelSettings(row) : { channelId, notificationLevel: null, muteUntilMs: 0 };
  const after = { ...before, ...change };
  checkSettings({
    ...DEFAULTS,
    muteUntilMs: after.muteUntilMs,
    notificationLevel: after.notificationLevel ?? 'everything',
  });
  if (after.notificationLevel === null && after.muteUntilMs === 0) {
    await db.deleteFrom('channel_settings').where('user_id', '=', userId).where('channel_id', '=', channelId).execute();
    return after;
  }
  if (!row) await requireRoom(db, userId);
  const columns = { notification_level: after.notificationLevel, mute_until_ms: after.muteUntilMs };
  const insert = db.insertInto('channel_settings').values({ ...key, ...columns });
  await insert.onConflict((c) => c.columns(['user_id', 'channel_id']).doUpdateSet(columns)).execute();
  return after;
}

async function requireRoom(db: Db, userId: string): Promise<void> {
  const count = db.selectFrom('channel_settings').select(({ fn }) => fn.countAll<number>().as('count'));
  const { count: stored } = await count.where('user_id', '=', userId).executeTakeFirstOrThrow();
  if (Number(stored) >= LIMITS.channelSettingsMax)
    throw new ParleyError('forbidden', { sentence: 'Too many channels have settings of their own: reset some first.' });
}
