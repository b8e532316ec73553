import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { Device, Devices, Registration } from '../devices.js';
import { checkDeviceId, checkDeviceName, requireAccounts, requirePasswordHash } from './checks.js';
import type { DevicesTable } from './tables.js';
import type { Db, SqlContext } from './transactions.js';

export function sqlDevices({ transactions, clock }: SqlContext): Devices {
  return {
    async register(userId, deviceId, name, passwordHash) {
      checkDeviceId(deviceId);
      const now = clock.now();
      const row = {
        user_id: userId,
        device_id: deviceId,
        name: checkDeviceName(name),
        created_at_ms: now,
        last_seen_at_ms: now,
      };
      return transactions.write(async (db) => {
        await requireAccounts(db, userId);
        if (passwordHash !== undefined) await requirePasswordHash(db, userId, passwordHash);
        await refuseSuspended(db, userId);
        return register(db, row);
      });
    },
    list: (userId) => transactions.read(async (db) => (await rowsOf(db, userId)).map(toDevice)),
    async rename(userId, deviceId, name) {
      const checked = checkDeviceName(name);
      return transactions.write(async (db) => {
        await update(db, userId, deviceId, { name: checked });
        const row = await deviceRow(db, userId, deviceId);
        if (!row) throw new ParleyError('not_found', { sentence: 'There is no such device.' });
        return toDevice(row);
      });
    },
    seen: (userId, deviceId) => {
      const now = clock.now();
      return transactions.write((db) => touchDevice(db, userId, deviceId, now));
    },
    remove: (userId, deviceId) => transactions.write((db) => removeDevice(db, userId, deviceId)),
    removeOthers: (userId, keepDeviceId) => transactions.write((db) => removeOtherDevices(db, userId, keepDeviceId)),
  };
}

/** Sets the time a device was last seen, never back; false when there is no such device. */
export async function touchDevice(db: Db, userId: string, deviceId: string, now: number): Promise<boolean> {
  const row = await deviceRow(db, userId, deviceId);
  if (row && row.last_seen_at_ms < now) await update(db, userId, deviceId, { last_seen_at_ms: now });
  return row !== undefined;
}

/** Resolves to the ids of those removed. */
export async function removeOtherDevices(db: Db, userId: string, keepDeviceId: string | undefined): Promise<string[]> {
  const others = (await rowsOf(db, userId)).map((row) => row.device_id).filter((id) => id !== keepDeviceId);
  for (const deviceId of others) await removeDevice(db, userId, deviceId);
  return others;
}

async function refuseSuspended(db: Db, userId: string): Promise<void> {
  const account = db.selectFrom('accounts').select('state').where('user_id', '=', userId);
  if ((await account.executeTakeFirst())?.state === 'suspended') throw new ParleyError('account_suspended');
}

async function register(db: Db, row: DevicesTable): Promise<Registration> {
  const { user_id: userId, device_id: deviceId } = row;
  const known = await deviceRow(db, userId, deviceId);
  if (known) {
    await revokeFamilies(db, userId, deviceId);
    const renewed = { name: row.name, last_seen_at_ms: Math.max(row.last_seen_at_ms, known.last_seen_at_ms) };
    await update(db, userId, deviceId, renewed);
    return { device: toDevice({ ...known, ...renewed }), evicted: [] };
  }
  const surplus = (await rowsOf(db, userId)).slice(LIMITS.devicesMax - 1).map((other) => other.device_id);
  for (const evicted of surplus) await removeDevice(db, userId, evicted);
  await db.insertInto('devices').values(row).execute();
  return { device: toDevice(row), evicted: surplus };
}

async function removeDevice(db: Db, userId: string, deviceId: string): Promise<boolean> {
  const rows = db.deleteFrom('devices').where('user_id', '=', userId).where('device_id', '=', deviceId);
  const removed = await rows.executeTakeFirst();
  return removed.numDeletedRows > 0n;
}

function rowsOf(db: Db, userId: string): Promise<DevicesTable[]> {
  const rows = db.selectFrom('devices').selectAll().where('user_id', '=', userId);
  return rows.orderBy('last_seen_at_ms', 'desc').orderBy('device_id').execute();
}

function deviceRow(db: Db, userId: string, deviceId: string): Promise<DevicesTable | undefined> {
  const rows = db.selectFrom('devices').selectAll().where('user_id', '=', userId);
  return rows.where('device_id', '=', deviceId).executeTakeFirst();
}

async function update(db: Db, userId: string, deviceId: string, columns: Partial<DevicesTable>): Promise<void> {
  const rows = db.updateTable('devices').set(columns).where('user_id', '=', userId);
  await rows.where('device_id', '=', deviceId).execute();
}

async function revokeFamilies(db: Db, userId: string, deviceId: string): Promise<void> {
  await db.deleteFrom('refresh_families').where('user_id', '=', userId).where('device_id', '=', deviceId).execute();
}

function toDevice(row: DevicesTable): Device {
  return {
    deviceId: row.device_id,
    name: row.name,
    createdAtMs: row.created_at_ms,
    lastSeenAtMs: row.last_seen_at_ms,
  };
}
