import type { AccessTokenVerifier } from '../../core/access-token.js';
import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { Revocations } from '../../core/revocations.js';

const USERS_MAX = 10_000;
/** A device that there is not may be one whose logout is repeated: so users may name any, and push out their own only. */
const DEVICES_MAX = 4 * LIMITS.devicesMax;

interface OfUser {
  readonly devices: Revocations;
  readonly newestMs: number;
}

/** The devices that this process has logged out, or has heard of from the one that did: see `revocationBroadcast`. */
export class RevokedDevices {
  /** In the order in which they were last heard of. */
  private readonly users = new Map<UserId, OfUser>();

  /** `deviceId` '': all of the user's. */
  revoke(userId: UserId, deviceId: string, atMs: number): void {
    const { devices, newestMs } = this.users.get(userId) ?? { devices: new Revocations(DEVICES_MAX), newestMs: atMs };
    devices.revoke(deviceId, atMs);
    this.users.delete(userId);
    this.users.set(userId, { devices, newestMs: Math.max(newestMs, atMs) });
    for (const [other, { newestMs: otherMs }] of this.users) {
      if (otherMs > atMs - LIMITS.accessTokenMs && this.users.size <= USERS_MAX) break;
      this.users.delete(other);
    }
  }

  /** The same verifier, that also rejects with `session_revoked`. */
  guard(verifier: AccessTokenVerifier): AccessTokenVerifier {
    return {
      verify: async (token) => {
        const claims = await verifier.verify(token);
        const { userId, deviceId, issuedAtMs } = claims;
        const devices = this.users.get(userId)?.devices;
        if (['', deviceId].some((id) => devices?.covers(id, issuedAtMs))) throw new ParleyError('session_revoked');
        return claims;
      },
    };
  }
}
