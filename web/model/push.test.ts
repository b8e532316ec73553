import { beforeEach, expect, it, vi } from 'vitest';
import type { ParleyClient } from '../../client/index.js';
import { isSubscribed, renew, subscribe, unsubscribe } from './push.js';

const SUBSCRIPTION = {
  toJSON: () => ({ endpoint: 'https://push.example.com/1', keys: { p256dh: 'key', auth: 'secret' } }),
  unsubscribe: () => {
    subscribed = undefined;
    return Promise.resolve(true);
  },
};
const TOLD = { kind: 'webpush', url: 'https://push.example.com/1', p256dh: 'key', auth: 'secret' };

/** The browser's; it outlives whoever asked for it. */
let subscribed: typeof SUBSCRIPTION | undefined;
let told: unknown[] = [];
let fails = false;

const client = {
  people: {
    registerPush: (device: unknown) => {
      if (fails) return Promise.reject(new Error('no network'));
      told.push(device);
      return Promise.resolve();
    },
    unregisterPush: () => Promise.resolve(),
  },
} as unknown as ParleyClient;

beforeEach(() => {
  subscribed = undefined;
  told = [];
  fails = false;
  const stored = new Map<string, string>();
  const pushManager = {
    getSubscription: () => Promise.resolve(subscribed ?? null),
    subscribe: () => {
      subscribed = SUBSCRIPTION;
      return Promise.resolve(SUBSCRIPTION);
    },
  };
  const registration = { pushManager };
  const serviceWorker = {
    getRegistration: () => Promise.resolve(registration),
    register: () => Promise.resolve(registration),
    ready: Promise.resolve(registration),
  };
  vi.stubGlobal('navigator', { serviceWorker });
  vi.stubGlobal('window', { PushManager: class {} });
  vi.stubGlobal('Notification', { requestPermission: () => Promise.resolve('granted') });
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  });
  return () => void vi.unstubAllGlobals();
});

it('tells the server again of a subscription, whoever asked for it logs in anew', async () => {
  await subscribe(client, 'ann', 'server key');
  await renew(client, 'ann');
  expect([told, await isSubscribed('ann')]).toEqual([[TOLD, TOLD], true]);
});

it('is another person’s only once they ask, and then no longer the first one’s', async () => {
  await subscribe(client, 'ann', 'server key');
  await renew(client, 'ben');
  expect([told.length, await isSubscribed('ben')]).toEqual([1, false]);
  await subscribe(client, 'ben', 'server key');
  await renew(client, 'ann');
  expect([told.length, await isSubscribed('ann'), await isSubscribed('ben')]).toEqual([2, false, true]);
});

it('is not on where the server does not know it', async () => {
  fails = true;
  await expect(subscribe(client, 'ann', 'server key')).rejects.toThrow('no network');
  expect(await isSubscribed('ann')).toBe(false);
  fails = false;
  await subscribe(client, 'ann', 'server key');
  await unsubscribe(client);
  await renew(client, 'ann');
  expect([told.length, await isSubscribed('ann'), subscribed]).toEqual([1, false, undefined]);
});
