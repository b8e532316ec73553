import type { UserId } from '../../core/ids.js';

export interface SignedAccessToken {
  /** A JWT signed with Ed25519: claims `iss` parley, `sub` user, `dev` device, `iat`, `exp`; header with the key's id. */
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Makes the short-lived tokens that a gateway checks without asking anyone (AccessTokenVerifier). */
export interface AccessTokenSigner {
  /**
   * Synchronous: it costs some 50 µs. Valid for `LIMITS.accessTokenMs` unless the signer was made with another time.
   * `issuedAtMs`: now, unless the token is for what was committed before; then a time before that commit, so that a
   * revocation that came in between covers the token.
   */
  sign(userId: UserId, deviceId: string, issuedAtMs?: number): SignedAccessToken;
}
