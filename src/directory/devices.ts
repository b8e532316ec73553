import type { UserId } from '../core/ids.js';

export interface Device {
  /** Unique among the user's devices. */
  readonly deviceId: string;
  /** What the person calls it, 1 to `LIMITS.deviceNameCharactersMax` characters. */
  readonly name: string;
  /** Both by the wall clock of the process that wrote it, milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
}

export interface Registration {
  readonly device: Device;
  /** Removed to make room, since a user has at most `LIMITS.devicesMax`: those not seen for longest. End their sessions. */
  readonly evicted: readonly string[];
}

/**
 * The devices that are logged in. Removing one removes its refresh tokens with it; ending its session is the caller's
 * matter. Everything may also reject with `timeout`, `overloaded` or `unavailable`.
 */
export interface Devices {
  /**
   * A login: makes the device, or finds it again under the same id (name and time are then renewed, and its older refresh
   * tokens revoked). The id is the caller's: 1 to 64 of `A-Z a-z 0-9 _ -`. `passwordHash`: what the password was found right
   * by; when it was changed since, this rejects with `wrong_credentials`. Also with `user_not_found` or `invalid_argument`.
   */
  register(userId: UserId, deviceId: string, name: string, passwordHash?: string): Promise<Registration>;
  /** Last seen first. */
  list(userId: UserId): Promise<readonly Device[]>;
  /** Rejects with `not_found` or `invalid_argument`. */
  rename(userId: UserId, deviceId: string, name: string): Promise<Device>;
  /** Sets `lastSeenAtMs` to now, never back; false when there is no such device. Also a check that it is still logged in. */
  seen(userId: UserId, deviceId: string): Promise<boolean>;
  /** False when there was none. */
  remove(userId: UserId, deviceId: string): Promise<boolean>;
  /** Removes all but the one to keep (all, when that is undefined); resolves to their ids. */
  removeOthers(userId: UserId, keepDeviceId: string | undefined): Promise<readonly string[]>;
}
