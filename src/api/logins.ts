/** Accounts and sessions without HTTP: who may log in, what a login makes, how it ends. */
import type { Clock } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import type { UserId } from '../core/ids.js';
import { type Random, randomName } from '../core/random.js';
import type { Directory } from '../directory/directory.js';
import type { PasswordHasher } from '../directory/passwords/password-hasher.js';
import { checkNewPassword } from '../directory/passwords/password-rules.js';
import type { RefreshToken, TokenHolder } from '../directory/refresh-tokens.js';
import type { RevokedDevices } from '../directory/tokens/revocable-verifier.js';
import type { LoginBackoff } from './login-backoff.js';
import { mayBeDone } from './may-be-done.js';

export interface Device {
  readonly deviceId: string;
  readonly name: string;
}

/** Who has shown a password: what it was found right by. A login counts only while that is the account's. */
export interface Proven {
  readonly userId: UserId;
  readonly passwordHash: string;
}

/** A device that is logged in. */
export interface Login {
  readonly userId: UserId;
  readonly deviceId: string;
  readonly refresh: RefreshToken;
  /** Before it was committed: whatever logs the device out after that is not before this. */
  readonly issuedAtMs: number;
}

/** Ends the sessions of a device, and has its access tokens of before refused, by the user's actor. Returns at once and never throws. */
export type EndSessions = (userId: UserId, deviceId: string, atMs: number) => void;

/** Tells other processes which devices of the user were logged out, and when. */
export type TellRevoked = (userId: UserId, deviceIds: readonly string[] | 'all', atMs: number) => void;

const DEVICE_ID_CHARACTERS = 16;

export class Logins {
  private readonly directory: Directory;
  private readonly passwords: PasswordHasher;
  private readonly endAtActor: EndSessions;
  private readonly backoff: LoginBackoff;
  private readonly random: Random;
  private readonly clock: Clock;
  private readonly revoked: RevokedDevices;
  private readonly tellRevoked: TellRevoked;

  constructor(deps: {
    readonly directory: Directory;
    readonly passwords: PasswordHasher;
    readonly endAtActor: EndSessions;
    readonly backoff: LoginBackoff;
    readonly random: Random;
    readonly clock: Clock;
    readonly revoked: RevokedDevices;
    readonly tellRevoked: TellRevoked;
  }) {
    this.directory = deps.directory;
    this.passwords = deps.passwords;
    this.endAtActor = deps.endAtActor;
    this.backoff = deps.backoff;
    this.random = deps.random;
    this.clock = deps.clock;
    this.revoked = deps.revoked;
    this.tellRevoked = deps.tellRevoked;
  }

  newDeviceId(): string {
    return randomName(this.random, DEVICE_ID_CHARACTERS);
  }

  /** Rejects with `name_taken` or `invalid_argument`; `overloaded` when too many passwords wait to be hashed. */
  async signUp(userId: UserId, password: string, displayName: string | undefined): Promise<Proven> {
    checkNewPassword(userId, password);
    const { accounts, settings } = this.directory;
    // Asked first, since a hash is dear; `create` decides.
    if ((await accounts.passwordHashOf(userId)) !== undefined) throw new ParleyError('name_taken');
    const proven = { userId, passwordHash: await this.passwords.hash(password) };
    await accounts.create(proven);
    if (displayName !== undefined) await settings.changeProfile(userId, { displayName });
    return proven;
  }

  /** Rejects with `wrong_credentials`, the same for a wrong name and a wrong password; `rate_limited` after many of them. */
  async checkPassword(userId: UserId, password: string): Promise<Proven> {
    const retryAfterMs = this.backoff.begin(userId);
    if (retryAfterMs > 0) throw new ParleyError('rate_limited', { retryAfterMs });
    let correct: boolean;
    let passwordHash: string | undefined;
    try {
      passwordHash = await this.directory.accounts.passwordHashOf(userId);
      correct = await this.passwords.verify(password, passwordHash);
    } catch (error) {
      this.backoff.undone(userId);
      throw error;
    }
    if (!correct || passwordHash === undefined) throw new ParleyError('wrong_credentials');
    this.backoff.succeeded(userId);
    return { userId, passwordHash };
  }

  /**
   * Makes the device, or logs in anew on the one with that id. Rejects with `wrong_credentials` when the password was
   * changed since.
   */
  async begin(proven: Proven, device: Device): Promise<Login> {
    const { userId } = proven;
    const { deviceId } = device;
    const issuedAtMs = this.clock.now();
    await this.register(proven, device);
    const refresh = await this.directory.refreshTokens.issue(userId, deviceId);
    return { userId, deviceId, refresh, issuedAtMs };
  }

  private async register({ userId, passwordHash }: Proven, { deviceId, name }: Device): Promise<void> {
    const before = await this.devicesOf(userId);
    try {
      const { evicted } = await this.directory.devices.register(userId, deviceId, name, passwordHash);
      this.endSessions(userId, evicted);
    } catch (error) {
      if (mayBeDone(error)) await this.endMissing(userId, before);
      throw error;
    }
  }

  private async devicesOf(userId: UserId): Promise<readonly string[]> {
    return (await this.directory.devices.list(userId)).map(({ deviceId }) => deviceId);
  }

  private async endMissing(userId: UserId, before: readonly string[]): Promise<void> {
    const now = new Set(await this.devicesOf(userId));
    this.endSessions(
      userId,
      before.filter((deviceId) => !now.has(deviceId)),
    );
  }

  /** Rejects with `unauthenticated` or `refresh_reused`; the latter ends the device's sessions. */
  async renew(refreshToken: string): Promise<Login> {
    const issuedAtMs = this.clock.now();
    const rotation = await this.directory.refreshTokens.rotate(refreshToken);
    if (rotation.type === 'unknown') throw new ParleyError('unauthenticated');
    const { userId, deviceId } = rotation;
    if (rotation.type === 'reused') {
      // First, since whoever repeats it late finds the token worth nothing and comes here no more.
      this.endSessions(userId, [deviceId]);
      await this.directory.pushEndpoints.remove(userId, deviceId);
      throw new ParleyError('refresh_reused');
    }
    return { userId, deviceId, refresh: { token: rotation.token, expiresAtMs: rotation.expiresAtMs }, issuedAtMs };
  }

  /** Logs a device out and ends its sessions; false when there was none. */
  async end(userId: UserId, deviceId: string): Promise<boolean> {
    const existed = await this.removing(userId, [deviceId], this.directory.devices.remove(userId, deviceId));
    // What is not there may be a logout repeated, or made up: other processes are told of neither.
    if (existed) this.endSessions(userId, [deviceId]);
    else this.revoke(userId, deviceId, this.clock.now());
    return existed;
  }

  /** Logs out the device that holds this refresh token, and resolves to it; nothing happens for a token that is none. */
  async endByRefreshToken(refreshToken: string): Promise<TokenHolder | undefined> {
    // The token goes with the device, not before it: a logout that fails half-way can be repeated.
    const holder = await this.holderOf(refreshToken);
    if (holder !== undefined) await this.end(holder.userId, holder.deviceId);
    return holder;
  }

  /** The device whose login this refresh token still counts for. */
  holderOf(refreshToken: string): Promise<TokenHolder | undefined> {
    return this.directory.refreshTokens.holderOf(refreshToken);
  }

  /**
   * Changes the password and logs out all devices but the one it was changed on. Rejects with `wrong_credentials` when it
   * was changed since the old one was shown.
   */
  async changePassword({ userId, passwordHash: before }: Proven, deviceId: string, password: string): Promise<void> {
    checkNewPassword(userId, password);
    const { accounts } = this.directory;
    const passwordHash = await this.passwords.hash(password);
    const others = (await this.devicesOf(userId)).filter((other) => other !== deviceId);
    const change = accounts.changePasswordHash(userId, { passwordHash, before, keepDeviceId: deviceId });
    try {
      this.endSessions(userId, await this.removing(userId, others, change));
    } catch (error) {
      // Its salt is this change's own: where it is the account's, the change was done.
      if (!mayBeDone(error) || (await accounts.passwordHashOf(userId)) !== passwordHash) throw error;
    }
  }

  /** Has all access tokens of the user refused, here and by the other processes: of an account that is no more. */
  refuseAll(userId: UserId): void {
    const atMs = this.clock.now();
    this.revoked.revoke(userId, '', atMs);
    this.tellRevoked(userId, 'all', atMs);
  }

  /** Resolves to what the write does. When nobody knows whether it was done, the sessions of the devices that it removes are ended. */
  private async removing<Done>(userId: UserId, deviceIds: readonly string[], write: Promise<Done>): Promise<Done> {
    try {
      return await write;
    } catch (error) {
      // A repetition may find the devices gone, and end nothing.
      if (mayBeDone(error)) this.endSessions(userId, deviceIds);
      throw error;
    }
  }

  private endSessions(userId: UserId, deviceIds: readonly string[]): void {
    if (deviceIds.length === 0) return;
    const atMs = this.clock.now();
    for (const deviceId of deviceIds) this.revoke(userId, deviceId, atMs);
    this.tellRevoked(userId, deviceIds, atMs);
  }

  /** Here, and by the user's actor, which closes the sessions. */
  private revoke(userId: UserId, deviceId: string, atMs: number): void {
    this.revoked.revoke(userId, deviceId, atMs);
    this.endAtActor(userId, deviceId, atMs);
  }
}
