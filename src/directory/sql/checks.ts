import { ParleyError } from '../../core/errors.js';
import { isChannelId, isUserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { UNPRINTABLE } from '../../core/unprintable.js';
import type { Db } from './transactions.js';

export function invalid(sentence: string): ParleyError {
  return new ParleyError('invalid_argument', { sentence });
}

export function checkUserId(userId: string): void {
  if (!isUserId(userId))
    throw invalid('A name has 2 to 32 characters: a lower-case letter, then letters, digits and underscores.');
}

export function checkChannelId(channelId: string): void {
  if (!isChannelId(channelId)) throw invalid('This is not the id of a channel.');
}

export function checkDeviceId(deviceId: string): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(deviceId))
    throw invalid('A device id has 1 to 64 letters, digits, dashes and underscores.');
}

export function checkPage(limit: number, max: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > max) throw invalid(`A page has 1 to ${max} entries.`);
}

export function checkTime(timeMs: number, what: string): void {
  if (!Number.isSafeInteger(timeMs) || timeMs < 0) throw invalid(`${what} is not a time in milliseconds since 1970.`);
}

/** A name that people see, trimmed: no control characters, line breaks or marks that change the direction of text. */
export function checkLabel(text: string, charactersMax: number, what: string): string {
  const label = text.trim().normalize('NFC');
  const characters = [...label].length;
  if (characters < 1 || characters > charactersMax) throw invalid(`${what} has 1 to ${charactersMax} characters.`);
  if (UNPRINTABLE.test(label)) throw invalid(`${what} holds characters that cannot be shown.`);
  return label;
}

export const checkDeviceName = (name: string): string =>
  checkLabel(name, LIMITS.deviceNameCharactersMax, 'A device name');

/** Rejects with `wrong_credentials` when the account, if there is one, has another hash. */
export async function requirePasswordHash(db: Db, userId: string, passwordHash: string): Promise<void> {
  const account = db.selectFrom('accounts').select('password_hash').where('user_id', '=', userId);
  const present = (await account.executeTakeFirst())?.password_hash;
  if (present !== undefined && present !== passwordHash) throw new ParleyError('wrong_credentials');
}

/** Rejects with `user_not_found` unless all of them have an account. */
export async function requireAccounts(db: Db, ...userIds: readonly string[]): Promise<void> {
  const living = db.selectFrom('accounts').select('user_id').where('user_id', 'in', userIds);
  const rows = await living.where('state', '!=', 'deleted').execute();
  if (rows.length !== new Set(userIds).size) throw new ParleyError('user_not_found');
}
