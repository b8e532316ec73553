import { expect } from 'vitest';
import { LIMITS } from '../../core/limits.js';
import type { Directory } from '../directory.js';
import { type Guarantee, kindOf, people } from './harness.js';

async function tokenOf(directory: Directory, userId: string, deviceId: string): Promise<string> {
  await directory.devices.register(userId, deviceId, 'a device');
  return (await directory.refreshTokens.issue(userId, deviceId)).token;
}

async function rotated(directory: Directory, token: string): Promise<string> {
  const rotation = await directory.refreshTokens.rotate(token);
  return rotation.type === 'rotated' ? rotation.token : rotation.type;
}

export const deviceGuarantees: readonly Guarantee[] = [
  {
    sentence: 'devices are listed last seen first, can be renamed and removed, and last',
    async check({ directory, clock, reopen }) {
      await people(directory, 'alice');
      const { device } = await directory.devices.register('alice', 'phone', ' My phone ');
      expect(device).toEqual({
        deviceId: 'phone',
        name: 'My phone',
        createdAtMs: clock.now(),
        lastSeenAtMs: clock.now(),
      });
      clock.advance(10);
      await directory.devices.register('alice', 'laptop', 'Laptop');
      clock.advance(10);
      expect(await directory.devices.seen('alice', 'phone')).toBe(true);
      expect(await directory.devices.seen('alice', 'tablet')).toBe(false);
      await directory.devices.rename('alice', 'laptop', 'Old laptop');
      const { devices } = await reopen();
      const listed = (await devices.list('alice')).map((each) => [each.name, each.lastSeenAtMs - clock.now()]);
      expect(listed).toEqual([
        ['My phone', 0],
        ['Old laptop', -10],
      ]);
      expect(await devices.remove('alice', 'phone')).toBe(true);
      expect(await devices.remove('alice', 'phone')).toBe(false);
      expect(await devices.removeOthers('alice', undefined)).toEqual(['laptop']);
      expect(await devices.list('alice')).toEqual([]);
    },
  },
  {
    sentence: 'the time a device was last seen never goes back',
    async check({ directory: { devices }, directory, clock }) {
      await people(directory, 'alice');
      await devices.register('alice', 'phone', 'Phone');
      const before = clock.now();
      clock.advance(-1000);
      expect(await devices.seen('alice', 'phone')).toBe(true);
      expect((await devices.list('alice'))[0]?.lastSeenAtMs).toBe(before);
    },
  },
  {
    sentence: 'a device that logs in again is the same one, and its older refresh tokens are worth nothing',
    async check({ directory, clock }) {
      await people(directory, 'alice');
      const older = await tokenOf(directory, 'alice', 'phone');
      const created = clock.now();
      clock.advance(10);
      const { device, evicted } = await directory.devices.register('alice', 'phone', 'New name');
      expect(device).toMatchObject({ name: 'New name', createdAtMs: created, lastSeenAtMs: clock.now() });
      expect(evicted).toEqual([]);
      expect(await rotated(directory, older)).toBe('unknown');
    },
  },
  {
    sentence: 'one device too many evicts the one not seen for longest',
    async check({ directory: { devices }, directory, clock }) {
      await people(directory, 'alice', 'bob');
      await devices.register('bob', 'd0', 'Another person’s');
      for (let n = 0; n < LIMITS.devicesMax; n++) {
        expect((await devices.register('alice', `d${n}`, 'Device')).evicted).toEqual([]);
        clock.advance(1);
      }
      await devices.seen('alice', 'd0');
      expect((await devices.register('alice', 'extra', 'Device')).evicted).toEqual(['d1']);
      expect(await devices.list('alice')).toHaveLength(LIMITS.devicesMax);
      expect(await devices.list('bob')).toHaveLength(1);
    },
  },
  {
    sentence: 'a device that logs in several times at once is one device, and many at once are never too many',
    async check({ directory: { devices }, directory }) {
      await people(directory, 'alice');
      await Promise.all(Array.from({ length: 4 }, () => devices.register('alice', 'phone', 'Phone')));
      expect(await devices.list('alice')).toHaveLength(1);
      for (let n = 1; n < LIMITS.devicesMax - 1; n++) await devices.register('alice', `d${n}`, 'Device');
      await Promise.all(['x', 'y', 'z'].map((deviceId) => devices.register('alice', deviceId, 'Device')));
      expect(await devices.list('alice')).toHaveLength(LIMITS.devicesMax);
    },
  },
  {
    sentence: 'a device is not made, and not found again, with a password that was changed since it was shown',
    async check({ directory: { accounts, devices } }) {
      await accounts.create({ userId: 'alice', passwordHash: 'old' });
      expect(await kindOf(devices.register('alice', 'phone', 'Phone', 'old'))).toBe('none');
      await accounts.changePasswordHash('alice', { passwordHash: 'new', before: 'old', keepDeviceId: 'phone' });
      for (const deviceId of ['phone', 'laptop'])
        expect(await kindOf(devices.register('alice', deviceId, 'Device', 'old'))).toBe('wrong_credentials');
      expect(await kindOf(devices.register('nobody', 'phone', 'Phone', 'old'))).toBe('user_not_found');
      expect((await devices.list('alice')).map(({ name }) => name)).toEqual(['Phone']);
      expect(await kindOf(devices.register('alice', 'laptop', 'Laptop', 'new'))).toBe('none');
    },
  },
  {
    sentence: 'a login at the same moment as a change of the password leaves no device of the old one',
    async check({ directory: { accounts, devices } }) {
      for (let round = 0; round < 20; round++) {
        const userId = `user${round}`;
        await accounts.create({ userId, passwordHash: 'old' });
        const change = () => accounts.changePasswordHash(userId, { passwordHash: 'new', before: 'old' });
        const logins = ['phone', 'laptop'].map((device) => kindOf(devices.register(userId, device, device, 'old')));
        await Promise.all([...logins, change()]);
        expect(await devices.list(userId)).toEqual([]);
      }
    },
  },
  {
    sentence: 'a change of the password removes all devices but the one to keep, with their refresh tokens, or nothing',
    async check({ directory: { accounts, devices, refreshTokens }, directory }) {
      await people(directory, 'alice', 'bob');
      const phone = await tokenOf(directory, 'alice', 'phone');
      const laptop = await tokenOf(directory, 'alice', 'laptop');
      await tokenOf(directory, 'bob', 'phone');
      const change = { passwordHash: 'new', keepDeviceId: 'phone' };
      expect(await kindOf(accounts.changePasswordHash('alice', { ...change, before: 'other' }))).toBe(
        'wrong_credentials',
      );
      expect(await devices.list('alice')).toHaveLength(2);
      expect(await accounts.changePasswordHash('alice', change)).toEqual(['laptop']);
      expect(await refreshTokens.holderOf(laptop)).toBeUndefined();
      expect(await rotated(directory, phone)).toContain('.');
      expect(await accounts.changePasswordHash('alice', { passwordHash: 'newer' })).toEqual(['phone']);
      expect(await devices.list('bob')).toHaveLength(1);
    },
  },
  {
    sentence: 'devices of nobody, without a proper id or without a name are refused',
    async check({ directory: { devices }, directory }) {
      await people(directory, 'alice');
      expect(await kindOf(devices.register('nobody', 'phone', 'Phone'))).toBe('user_not_found');
      expect(await kindOf(devices.register('alice', 'a b', 'Phone'))).toBe('invalid_argument');
      expect(await kindOf(devices.register('alice', 'phone', ' '))).toBe('invalid_argument');
      expect(await kindOf(devices.rename('alice', 'phone', 'Phone'))).toBe('not_found');
    },
  },
];

export const refreshTokenGuarantees: readonly Guarantee[] = [
  {
    sentence: 'a refresh token gives the next one, which carries on, also after the store was reopened',
    async check({ directory, clock, reopen }) {
      await people(directory, 'alice');
      const first = await tokenOf(directory, 'alice', 'phone');
      expect(first).toMatch(/^[\w-]+\.[\w-]{43}$/);
      clock.advance(60_000);
      const rotation = await directory.refreshTokens.rotate(first);
      expect(rotation).toMatchObject({
        type: 'rotated',
        userId: 'alice',
        deviceId: 'phone',
        expiresAtMs: clock.now() + LIMITS.refreshTokenMs,
      });
      expect((await directory.devices.list('alice'))[0]?.lastSeenAtMs).toBe(clock.now());
      const second = rotation.type === 'rotated' ? rotation.token : '';
      expect(second).not.toBe(first);
      const third = await rotated(await reopen(), second);
      expect(third).toMatch(/^[\w-]+\.[\w-]{43}$/);
      expect(new Set([first, second, third]).size).toBe(3);
    },
  },
  {
    sentence: 'an old refresh token that comes back revokes the whole family, and no other',
    async check({ directory, clock }) {
      await people(directory, 'alice');
      const phone = await tokenOf(directory, 'alice', 'phone');
      const laptop = await tokenOf(directory, 'alice', 'laptop');
      const second = await rotated(directory, phone);
      clock.advance(LIMITS.refreshRetryMs + 1);
      expect(await directory.refreshTokens.rotate(phone)).toEqual({
        type: 'reused',
        userId: 'alice',
        deviceId: 'phone',
      });
      expect(await rotated(directory, second)).toBe('reused');
      expect(await rotated(directory, laptop)).toContain('.');
    },
  },
  {
    sentence: 'a token older than the one before the newest revokes at once',
    async check({ directory }) {
      await people(directory, 'alice');
      const first = await tokenOf(directory, 'alice', 'phone');
      const second = await rotated(directory, first);
      const third = await rotated(directory, second);
      expect(await rotated(directory, first)).toBe('reused');
      expect(await rotated(directory, third)).toBe('reused');
      expect(await directory.refreshTokens.holderOf(third)).toBeUndefined();
    },
  },
  {
    sentence:
      'a reuse is told again to who has missed its answer, for a while, and not after the device has logged in anew',
    async check({ directory, clock }) {
      await people(directory, 'alice');
      const spent: string[] = [];
      for (const deviceId of ['phone', 'laptop']) {
        const first = await tokenOf(directory, 'alice', deviceId);
        await rotated(directory, await rotated(directory, first));
        expect(await rotated(directory, first)).toBe('reused');
        spent.push(first);
      }
      const [phone = '', laptop = ''] = spent;
      await directory.devices.register('alice', 'laptop', 'Laptop');
      clock.advance(LIMITS.refreshRetryMs - 1);
      expect([await rotated(directory, phone), await rotated(directory, laptop)]).toEqual(['reused', 'unknown']);
      clock.advance(1);
      expect(await rotated(directory, phone)).toBe('unknown');
    },
  },
  {
    sentence: 'a rotation repeated soon, or twice at once, gives the same next token',
    async check({ directory, clock, reopen }) {
      await people(directory, 'alice');
      const first = await tokenOf(directory, 'alice', 'phone');
      const [one, two] = await Promise.all([rotated(directory, first), rotated(directory, first)]);
      expect(one).toContain('.');
      expect(two).toBe(one);
      clock.advance(LIMITS.refreshRetryMs);
      expect(await rotated(await reopen(), first)).toBe(one);
    },
  },
  {
    sentence: 'an old refresh token used several times at once is noticed each time, and none of its family lives on',
    async check({ directory, clock }) {
      await people(directory, 'alice');
      const first = await tokenOf(directory, 'alice', 'phone');
      const second = await rotated(directory, first);
      clock.advance(LIMITS.refreshRetryMs + 1);
      const answers = await Promise.all([first, first, first].map((token) => rotated(directory, token)));
      expect(answers).toEqual(['reused', 'reused', 'reused']);
      expect(await rotated(directory, second)).toBe('reused');
    },
  },
  {
    sentence: 'an expired, unknown or garbled refresh token is unknown',
    async check({ directory, clock }) {
      await people(directory, 'alice');
      const token = await tokenOf(directory, 'alice', 'phone');
      for (const garbled of ['', '.', 'x', 'x.y', `${'a'.repeat(200)}.b`, "a'b.c", token.replace('.', '')])
        expect(await rotated(directory, garbled)).toBe('unknown');
      clock.advance(LIMITS.refreshTokenMs);
      expect(await rotated(directory, token)).toBe('unknown');
    },
  },
  {
    sentence: 'a refresh token tells its device until it expires or is revoked, and that uses nothing up',
    async check({ directory, clock }) {
      await people(directory, 'alice');
      const first = await tokenOf(directory, 'alice', 'phone');
      const second = await rotated(directory, first);
      const holder = { userId: 'alice', deviceId: 'phone' };
      for (const token of [first, second, second])
        expect(await directory.refreshTokens.holderOf(token)).toEqual(holder);
      for (const garbled of ['', '.', 'x.y', `${'a'.repeat(200)}.b`, "a'b.c"])
        expect(await directory.refreshTokens.holderOf(garbled)).toBeUndefined();
      expect(await rotated(directory, second)).toContain('.');
      clock.advance(LIMITS.refreshTokenMs);
      expect(await directory.refreshTokens.holderOf(second)).toBeUndefined();
      const laptop = await tokenOf(directory, 'alice', 'laptop');
      await directory.devices.remove('alice', 'laptop');
      expect(await directory.refreshTokens.holderOf(laptop)).toBeUndefined();
    },
  },
  {
    sentence: 'removing a device ends its refresh tokens, and no others',
    async check({ directory }) {
      await people(directory, 'alice');
      const phone = await tokenOf(directory, 'alice', 'phone');
      const laptop = await tokenOf(directory, 'alice', 'laptop');
      const tablet = await tokenOf(directory, 'alice', 'tablet');
      await directory.devices.remove('alice', 'phone');
      expect(await rotated(directory, phone)).toBe('unknown');
      expect(await rotated(directory, laptop)).toContain('.');
      await directory.devices.removeOthers('alice', 'laptop');
      expect(await rotated(directory, tablet)).toBe('unknown');
      expect(await kindOf(directory.refreshTokens.issue('alice', 'phone'))).toBe('not_found');
    },
  },
];
