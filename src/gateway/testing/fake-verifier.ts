import type { AccessClaims, AccessTokenVerifier } from '../../core/access-token.js';
import { ParleyError } from '../../core/errors.js';

/** Takes tokens of the form `alice.phone`; `alice.phone.5000` was issued then; `expired` has expired, everything else is wrong. */
export const fakeVerifier: AccessTokenVerifier = {
  async verify(token): Promise<AccessClaims> {
    if (token === 'expired') throw new ParleyError('token_expired');
    const [userId, deviceId, issuedAtMs = '1'] = token.split('.');
    if (userId === undefined || deviceId === undefined || userId === '') throw new ParleyError('unauthenticated');
    return { userId, deviceId, issuedAtMs: Number(issuedAtMs), expiresAtMs: Number.MAX_SAFE_INTEGER };
  },
};
