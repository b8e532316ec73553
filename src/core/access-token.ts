import type { UserId } from './ids.js';

export interface AccessClaims {
  readonly userId: UserId;
  readonly deviceId: string;
  /** Wall clock of whoever signed it, milliseconds. */
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** Checks an access token without asking anyone (an Ed25519 signature and a time). */
export interface AccessTokenVerifier {
  /** Rejects with `unauthenticated` or `token_expired`. */
  verify(token: string): Promise<AccessClaims>;
}
