import type { UserId } from '../../core/ids.js';

export interface SignedAccessToken {
  /** A JWT signed with Ed25519: claims `iss` parley, `sub` user, `dev` device, `iat`, `exp`; header with the key's id. */
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Makes the short-lived tokens that a gateway checks without asking anyone (AccessTokenVerifier). */
export interface AccessTokenSigner {
  /** Synchronous: it costs some 50 µs. Valid for `LIMITS.accessTokenMs` unless the signer was made with another time. */
  sign(userId: UserId, deviceId: string): SignedAccessToken;
}
