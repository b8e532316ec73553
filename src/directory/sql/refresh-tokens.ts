import { createHash, createHmac } from 'node:crypto';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { Random } from '../../core/random.js';
import type { RefreshToken, RefreshTokens, Rotation, TokenHolder } from '../refresh-tokens.js';
import { touchDevice } from './devices.js';
import type { RefreshFamiliesTable } from './tables.js';
import type { Db, SqlContext } from './transactions.js';

// A token is `family.secret`. The family's row knows its two newest secrets by their hashes, so whatever else comes with
// a known family is an old one: no chain of rows to keep. The next secret is HMAC-SHA256(salt, secret) with a fresh
// random salt: as good as random to whoever lacks either, and the same again for a retry, though only hashes are stored.

/** The hash of no secret: the family is revoked, and kept a little for whoever has missed the answer that said so. */
const REVOKED = '';
const SECRET_BYTES = 32;
const FAMILY_BYTES = 16;

export function sqlRefreshTokens({ transactions, clock, random }: SqlContext): RefreshTokens {
  return {
    issue: (userId, deviceId) => {
      const now = clock.now();
      const secret = randomText(random, SECRET_BYTES);
      const familyId = randomText(random, FAMILY_BYTES);
      return transactions.write((db) => issue(db, { userId, deviceId, familyId, secret, now }));
    },
    rotate: (token) => {
      const now = clock.now();
      const salt = randomText(random, SECRET_BYTES);
      return transactions.write((db) => rotate(db, token, salt, now));
    },
    holderOf: (token) => {
      const now = clock.now();
      return transactions.read(async (db) => {
        const family = await familyOf(db, token);
        const counts = family !== undefined && family.current_hash !== REVOKED && family.expires_at_ms > now;
        return counts ? holderOf(family) : undefined;
      });
    },
  };
}

interface NewFamily {
  readonly userId: string;
  readonly deviceId: string;
  readonly familyId: string;
  readonly secret: string;
  readonly now: number;
}

async function issue(db: Db, { userId, deviceId, familyId, secret, now }: NewFamily): Promise<RefreshToken> {
  await db.deleteFrom('refresh_families').where('expires_at_ms', '<=', now).execute();
  if (!(await touchDevice(db, userId, deviceId, now)))
    throw new ParleyError('not_found', { sentence: 'There is no such device.' });
  const row: RefreshFamiliesTable = {
    family_id: familyId,
    user_id: userId,
    device_id: deviceId,
    current_hash: hashOf(secret),
    previous_hash: null,
    salt: '',
    rotated_at_ms: now,
    expires_at_ms: now + LIMITS.refreshTokenMs,
  };
  await db.insertInto('refresh_families').values(row).execute();
  return tokenOf(row, secret);
}

async function rotate(db: Db, token: string, salt: string, now: number): Promise<Rotation> {
  const family = await familyOf(db, token);
  if (!family || family.expires_at_ms <= now) return { type: 'unknown' };
  const device = holderOf(family);
  const secret = secretOf(token);
  const hash = hashOf(secret);
  if (hash === family.current_hash) {
    const next = nextSecret(salt, secret);
    const rotated = {
      current_hash: hashOf(next),
      previous_hash: hash,
      salt,
      rotated_at_ms: now,
      expires_at_ms: now + LIMITS.refreshTokenMs,
    };
    await db.updateTable('refresh_families').set(rotated).where('family_id', '=', family.family_id).execute();
    await touchDevice(db, family.user_id, family.device_id, now);
    return { type: 'rotated', ...device, ...tokenOf({ ...family, ...rotated }, next) };
  }
  const isRetry = hash === family.previous_hash && Math.abs(now - family.rotated_at_ms) <= LIMITS.refreshRetryMs;
  if (isRetry) return { type: 'rotated', ...device, ...tokenOf(family, nextSecret(family.salt, secret)) };
  if (family.current_hash !== REVOKED) await revoke(db, family, now);
  return { type: 'reused', ...device };
}

async function familyOf(db: Db, token: string): Promise<RefreshFamiliesTable | undefined> {
  const familyId = token.slice(0, Math.max(0, token.indexOf('.')));
  if (token.length >= 100 || !/^[\w-]+$/.test(familyId)) return undefined;
  return db.selectFrom('refresh_families').selectAll().where('family_id', '=', familyId).executeTakeFirst();
}

async function revoke(db: Db, { family_id }: RefreshFamiliesTable, now: number): Promise<void> {
  const revoked = { current_hash: REVOKED, previous_hash: null, expires_at_ms: now + LIMITS.refreshRetryMs };
  await db.updateTable('refresh_families').set(revoked).where('family_id', '=', family_id).execute();
}

function holderOf(family: RefreshFamiliesTable): TokenHolder {
  return { userId: family.user_id, deviceId: family.device_id };
}

function tokenOf(family: RefreshFamiliesTable, secret: string): RefreshToken {
  return { token: `${family.family_id}.${secret}`, expiresAtMs: family.expires_at_ms };
}

function secretOf(token: string): string {
  return token.slice(token.indexOf('.') + 1);
}

function nextSecret(salt: string, secret: string): string {
  return createHmac('sha256', salt).update(secret).digest('base64url');
}

/** A plain hash is enough: the secret has 256 random bits, there is nothing to guess. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function randomText(random: Random, bytes: number): string {
  return Buffer.from(random.bytes(bytes)).toString('base64url');
}
