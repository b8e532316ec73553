import { sign, verify } from 'node:crypto';
import type { AccessClaims, AccessTokenVerifier } from '../../core/access-token.js';
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { isUserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { AccessTokenSigner } from './access-token-signer.js';
import type { SigningKeys, VerifyingKeys } from './signing-keys.js';

const ISSUER = 'parley';
const TOKEN_CHARACTERS_MAX = 1024;
/** Tokens whose signature was right; a client on HTTP shows the same one with each request. */
const REMEMBERED_MAX = 4096;

/** `iat` has milliseconds, so that a login right after a logout is not taken for one of before. `exp` counts whole seconds: a token lives up to a second less than `lifetimeMs`. */
export function createAccessTokenSigner(
  keys: SigningKeys,
  clock: Clock,
  lifetimeMs: number = LIMITS.accessTokenMs,
): AccessTokenSigner {
  const header = encode({ alg: 'EdDSA', typ: 'JWT', kid: keys.currentId });
  return {
    sign(userId, deviceId, issuedAtMs = clock.now()) {
      const exp = Math.floor((issuedAtMs + lifetimeMs) / 1000);
      const payload = { iss: ISSUER, sub: userId, dev: deviceId, iat: issuedAtMs / 1000, exp };
      const signed = `${header}.${encode(payload)}`;
      const signature = sign(null, Buffer.from(signed), keys.currentKey).toString('base64url');
      return { token: `${signed}.${signature}`, expiresAtMs: exp * 1000 };
    },
  };
}

/** Takes EdDSA tokens of known keys only. Remembers which signatures were right, never that a token is still valid. */
export function createAccessTokenVerifier(keys: VerifyingKeys, clock: Clock): AccessTokenVerifier {
  const remembered = new Map<string, AccessClaims>();
  return {
    async verify(token) {
      const known = remembered.get(token);
      const claims = known ?? claimsOf(keys, token);
      if (claims === undefined) throw new ParleyError('unauthenticated');
      if (!known) remember(remembered, token, claims);
      if (claims.expiresAtMs <= clock.now()) {
        remembered.delete(token);
        throw new ParleyError('token_expired');
      }
      return claims;
    },
  };
}

function remember(remembered: Map<string, AccessClaims>, token: string, claims: AccessClaims): void {
  remembered.set(token, claims);
  const [oldest] = remembered.keys();
  if (remembered.size > REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
}

/** The claims of a token with a right signature; undefined for anything else. */
function claimsOf(keys: VerifyingKeys, token: string): AccessClaims | undefined {
  if (token.length > TOKEN_CHARACTERS_MAX) return undefined;
  const [header, payload, signature, ...rest] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return undefined;
  const { alg, kid } = decode(header);
  const key = alg === 'EdDSA' && typeof kid === 'string' ? keys.verifying.get(kid) : undefined;
  if (!key) return undefined;
  if (!verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))) return undefined;
  const { iss, sub, dev, iat, exp } = decode(payload);
  if (iss !== ISSUER || typeof sub !== 'string' || !isUserId(sub) || typeof dev !== 'string') return undefined;
  if (typeof exp !== 'number' || !Number.isFinite(exp) || typeof iat !== 'number') return undefined;
  return { userId: sub, deviceId: dev, issuedAtMs: Math.round(iat * 1000), expiresAtMs: exp * 1000 };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The members of the object that a part of a token holds; none when it holds no object. */
function decode(part: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
