/**
 * Which devices of the user were logged out: their access tokens of before open nothing any more. Kept in a record, since
 * a token may outlive an activation.
 */
import { LIMITS } from '../../core/limits.js';
import { Revocations } from '../../core/revocations.js';
import type { Caller } from '../../protocol/bus-messages.js';
import { stored } from '../../protocol/stored.js';
import { Long } from '../../protocol/wire.js';
import type { Inbox } from './inbox.js';

const RECORD_KEY = 'revoked';
/** A revocation of all devices. */
const ALL = '';
const DEVICES_MAX = 4 * LIMITS.devicesMax;

export class RevokedDevices {
  private readonly inbox: Inbox;
  private readonly revocations: Revocations;

  constructor(inbox: Inbox) {
    this.inbox = inbox;
    const record = inbox.records.get(RECORD_KEY);
    const { devices } = stored.RevokedDevices.decode(record ?? new Uint8Array(0));
    this.revocations = new Revocations(
      DEVICES_MAX,
      devices.map(({ deviceId, at }) => [deviceId ?? ALL, at?.toNumber() ?? 0]),
    );
  }

  /** Undefined where no device was logged out, which is so of most users. */
  static ofRecord(inbox: Inbox): RevokedDevices | undefined {
    return inbox.records.has(RECORD_KEY) ? new RevokedDevices(inbox) : undefined;
  }

  /** Counts at once; resolves when it is durable. `deviceId` undefined: all. */
  revoke(deviceId: string | undefined, atMs: number): Promise<void> {
    this.revocations.revoke(deviceId ?? ALL, atMs);
    const devices = [...this.revocations.entries()].map(([id, at]) => ({
      deviceId: id,
      at: Long.fromNumber(at, true),
    }));
    return this.inbox.saveRecord(RECORD_KEY, stored.RevokedDevices.encode({ devices }).finish());
  }

  isRevoked({ deviceId, issuedAtMs }: Caller): boolean {
    return this.revocations.covers(deviceId, issuedAtMs) || this.revocations.covers(ALL, issuedAtMs);
  }
}
