import type { AccessTokenVerifier } from '../../core/access-token.js';
import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import { Revocations } from '../../core/revocations.js';

const REMEMBERED_MAX = 10_000;

/** The devices that this process has logged out, or has heard of from the one that did: see `revocationBroadcast`. */
export class RevokedDevices {
  private readonly revocations = new Revocations(REMEMBERED_MAX);

  /** `deviceId` '': all of the user's. */
  revoke(userId: UserId, deviceId: string, atMs: number): void {
    this.revocations.revoke(`${userId}/${deviceId}`, atMs);
  }

  /** The same verifier, that also rejects with `session_revoked`. */
  guard(verifier: AccessTokenVerifier): AccessTokenVerifier {
    return {
      verify: async (token) => {
        const claims = await verifier.verify(token);
        const { userId, deviceId, issuedAtMs } = claims;
        const revoked = ['', deviceId].some((id) => this.revocations.covers(`${userId}/${id}`, issuedAtMs));
        if (revoked) throw new ParleyError('session_revoked');
        return claims;
      },
    };
  }
}
