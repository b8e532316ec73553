import { expect } from 'vitest';
import { LIMITS } from '../../core/limits.js';
import type { PushEndpoint } from '../../core/push.js';
import type { Directory } from '../directory.js';
import { type Guarantee, kindOf, people } from './harness.js';

const WEB_PUSH: PushEndpoint = { kind: 'webpush', url: 'https://push.example/1', p256dh: 'BPublic', auth: 'secret' };
const WEBHOOK: PushEndpoint = { kind: 'webhook', url: 'https://hook.example/', secret: 's'.repeat(32) };
const FCM: PushEndpoint = { kind: 'fcm', token: 'f:1' };

async function withDevices(directory: Directory): Promise<Directory['pushEndpoints']> {
  await people(directory, 'alice', 'bob');
  for (const device of ['phone', 'web']) await directory.devices.register('alice', device, device);
  await directory.devices.register('bob', 'phone', 'phone');
  return directory.pushEndpoints;
}

export const pushEndpointGuarantees: readonly Guarantee[] = [
  {
    sentence: 'a device has one push endpoint, which lasts until it is replaced or removed',
    async check({ directory, reopen }) {
      const endpoints = await withDevices(directory);
      expect(await endpoints.list('alice')).toEqual([]);
      await endpoints.set('alice', 'web', WEBHOOK);
      await endpoints.set('alice', 'web', WEB_PUSH);
      await endpoints.set('alice', 'phone', { kind: 'apns', token: 'a1' });
      const again = (await reopen()).pushEndpoints;
      expect(await again.list('alice')).toEqual([
        { deviceId: 'phone', endpoint: { kind: 'apns', token: 'a1' } },
        { deviceId: 'web', endpoint: WEB_PUSH },
      ]);
      expect(await again.remove('alice', 'web')).toBe(true);
      expect(await again.remove('alice', 'web')).toBe(false);
      expect(await again.list('bob')).toEqual([]);
    },
  },
  {
    sentence: 'a push address belongs to the device that named it last, of whatever user',
    async check({ directory }) {
      const endpoints = await withDevices(directory);
      expect(await endpoints.set('alice', 'phone', FCM)).toEqual([]);
      expect(await endpoints.set('alice', 'web', FCM)).toEqual([]);
      expect(await endpoints.set('bob', 'phone', FCM)).toEqual(['alice']);
      expect(await endpoints.list('alice')).toEqual([]);
      expect(await endpoints.list('bob')).toEqual([{ deviceId: 'phone', endpoint: FCM }]);
    },
  },
  {
    sentence: 'a dead push endpoint is removed only while it is still the one that died',
    async check({ directory }) {
      const endpoints = await withDevices(directory);
      await endpoints.set('alice', 'phone', { kind: 'fcm', token: 'f:2' });
      expect(await endpoints.remove('alice', 'phone', 'f:1')).toBe(false);
      expect(await endpoints.remove('alice', 'phone', 'f:2')).toBe(true);
    },
  },
  {
    sentence: 'a push endpoint goes with its device, and there is none without one',
    async check({ directory }) {
      const endpoints = await withDevices(directory);
      await endpoints.set('alice', 'phone', FCM);
      await directory.devices.remove('alice', 'phone');
      expect(await endpoints.list('alice')).toEqual([]);
      expect(await kindOf(endpoints.set('alice', 'phone', FCM))).toBe('not_found');
      expect(await kindOf(endpoints.set('nobody', 'phone', FCM))).toBe('not_found');
      const long = 'x'.repeat(LIMITS.pushAddressCharactersMax + 1);
      for (const token of ['', long, 'nul\0'])
        expect(await kindOf(endpoints.set('alice', 'web', { kind: 'fcm', token }))).toBe('invalid_argument');
    },
  },
  {
    sentence: 'what decides about push is known of those who have an endpoint, and of nobody else',
    async check({ directory, reopen }) {
      const endpoints = await withDevices(directory);
      await directory.settings.changeProfile('alice', { timeZone: 'Asia/Seoul' });
      await directory.settings.changeSettings('alice', {
        notificationLevel: 'mentions',
        doNotDisturb: { fromMinute: 1, toMinute: 2 },
      });
      await directory.settings.changeChannelSettings('alice', 'alice~bob', { muteUntilMs: 9 });
      expect((await directory.people.factsOf('alice'))?.push).toBeUndefined();
      await endpoints.set('alice', 'phone', FCM);
      expect((await (await reopen()).people.factsOf('alice'))?.push).toEqual({
        level: 'mentions',
        muteUntilMs: 0,
        doNotDisturb: { fromMinute: 1, toMinute: 2 },
        timeZone: 'Asia/Seoul',
        channels: new Map([['alice~bob', { level: null, muteUntilMs: 9 }]]),
      });
    },
  },
];
