import { beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../core/limits.js';
import { RevokedDevices } from './revocable-verifier.js';

const NOW = 1_700_000_000_000;

describe('the devices that a process knows to be logged out', () => {
  let revoked: RevokedDevices;
  beforeEach(() => {
    revoked = new RevokedDevices();
  });

  /** Of a token that was issued at NOW. */
  const isRefused = (userId: string, deviceId: string): Promise<boolean> => {
    const claims = { userId, deviceId, issuedAtMs: NOW, expiresAtMs: NOW + LIMITS.accessTokenMs };
    const guarded = revoked.guard({ verify: async () => claims });
    return guarded.verify('token').then(
      () => false,
      () => true,
    );
  };

  it('are refused, and no others', async () => {
    revoked.revoke('alice', 'phone', NOW);
    revoked.revoke('bob', '', NOW);
    expect(await isRefused('alice', 'phone')).toBe(true);
    expect(await isRefused('alice', 'laptop')).toBe(false);
    expect(await isRefused('bob', 'laptop')).toBe(true);
    expect(await isRefused('carol', 'phone')).toBe(false);
  });

  it('are pushed out by no devices of others, which these may make up', async () => {
    revoked.revoke('alice', 'phone', NOW);
    for (let made = 0; made < 20_000; made++) revoked.revoke('mallory', `made-up-${made}`, NOW + 20 * made);
    expect(await isRefused('alice', 'phone')).toBe(true);
    expect(await isRefused('mallory', 'made-up-0')).toBe(false);
    expect(await isRefused('mallory', 'made-up-19999')).toBe(true);
  });

  it('are forgotten once no token of before can be valid', async () => {
    revoked.revoke('alice', 'phone', NOW);
    revoked.revoke('bob', 'phone', NOW + LIMITS.accessTokenMs);
    expect(await isRefused('alice', 'phone')).toBe(false);
    expect(await isRefused('bob', 'phone')).toBe(true);
  });
});
