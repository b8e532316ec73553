import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import { addressOf, type DeviceEndpoint, type PushEndpoint, type PushEndpoints } from '../../core/push.js';
import { checkDeviceId, invalid } from './checks.js';
import type { PushEndpointsTable } from './tables.js';
import type { Db, SqlContext } from './transactions.js';

const KEY_CHARACTERS_MAX = 256;

export function sqlPushEndpoints({ transactions, clock }: SqlContext): PushEndpoints {
  return {
    async set(userId, deviceId, endpoint) {
      checkDeviceId(deviceId);
      const row = { user_id: userId, device_id: deviceId, ...columnsOf(endpoint), created_at_ms: clock.now() };
      return transactions.write((db) => set(db, row));
    },
    remove: (userId, deviceId, address) => transactions.write((db) => remove(db, userId, deviceId, address)),
    list: (userId) =>
      transactions.read(async (db) => {
        const rows = db.selectFrom('push_endpoints').selectAll().where('user_id', '=', userId);
        return (await rows.orderBy('device_id').execute()).map(toEndpoint);
      }),
  };
}

async function set(db: Db, row: PushEndpointsTable): Promise<readonly string[]> {
  const device = db.selectFrom('devices').select('device_id').where('user_id', '=', row.user_id);
  if (!(await device.where('device_id', '=', row.device_id).executeTakeFirst()))
    throw new ParleyError('not_found', { sentence: 'There is no such device.' });
  const holders = db.selectFrom('push_endpoints').select('user_id').where('address', '=', row.address);
  const before = (await holders.execute()).map((holder) => holder.user_id).filter((userId) => userId !== row.user_id);
  await db.deleteFrom('push_endpoints').where('address', '=', row.address).execute();
  await remove(db, row.user_id, row.device_id, undefined);
  await db.insertInto('push_endpoints').values(row).execute();
  return before;
}

async function remove(db: Db, userId: string, deviceId: string, address: string | undefined): Promise<boolean> {
  const rows = db.deleteFrom('push_endpoints').where('user_id', '=', userId).where('device_id', '=', deviceId);
  const removed = await (address === undefined ? rows : rows.where('address', '=', address)).executeTakeFirst();
  return removed.numDeletedRows > 0n;
}

/** Whether a device of the user can be reached. */
/** Those of `userIds` who have a device with an endpoint. */
export async function withPushEndpoint(db: Db, userIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = db.selectFrom('push_endpoints').select('user_id').distinct().where('user_id', 'in', userIds);
  return new Set((await rows.execute()).map(({ user_id }) => user_id));
}

function columnsOf(endpoint: PushEndpoint): Pick<PushEndpointsTable, 'kind' | 'address' | 'keys'> {
  const address = checked(addressOf(endpoint), LIMITS.pushAddressCharactersMax, 'The address of a push endpoint');
  return { kind: endpoint.kind, address, keys: JSON.stringify(keysOf(endpoint)) };
}

function keysOf(endpoint: PushEndpoint): Readonly<Record<string, string>> {
  switch (endpoint.kind) {
    case 'webpush':
      return { p256dh: checkedKey(endpoint.p256dh), auth: checkedKey(endpoint.auth) };
    case 'webhook':
      return { secret: checkedKey(endpoint.secret) };
    default:
      return {};
  }
}

const checkedKey = (key: string): string => checked(key, KEY_CHARACTERS_MAX, 'The key of a push endpoint');

function checked(text: string, charactersMax: number, what: string): string {
  if (text.length < 1 || text.length > charactersMax) throw invalid(`${what} has 1 to ${charactersMax} characters.`);
  if (text.includes('\0')) throw invalid(`${what} holds a NUL character.`); // PostgreSQL stores none
  return text;
}

function toEndpoint({ device_id: deviceId, kind, address, keys }: PushEndpointsTable): DeviceEndpoint {
  const stored = JSON.parse(keys) as { readonly p256dh?: string; readonly auth?: string; readonly secret?: string };
  const { p256dh = '', auth = '', secret = '' } = stored;
  switch (kind) {
    case 'webpush':
      return { deviceId, endpoint: { kind, url: address, p256dh, auth } };
    case 'webhook':
      return { deviceId, endpoint: { kind, url: address, secret } };
    default:
      return { deviceId, endpoint: { kind, token: address } };
  }
}
