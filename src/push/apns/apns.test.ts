/** APNs against a local HTTP/2 server that speaks its protocol. */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../core/limits.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import { jobOf, readOf } from '../testing/jobs.js';
import { ApnsSender } from './apns-sender.js';
import { loadApnsCredentials } from './apns-token.js';

const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const DEVICE = { kind: 'apns' as const, token: 'ab'.repeat(32) };

let apple: Http2Server;
let apns: ApnsSender;
let clock: FakeClock;
const sessions = new Set<ServerHttp2Session>();
const requests: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
let answer: { status: number; reason?: string; retryAfter?: string } | 'nothing';

beforeEach(async () => {
  requests.length = 0;
  answer = { status: 200 };
  apple = createServer();
  apple.on('session', (session) => sessions.add(session));
  apple.on('stream', async (stream, headers) => {
    let body = '';
    for await (const chunk of stream) body += chunk;
    requests.push({ headers, body });
    if (answer === 'nothing') return;
    const { status, reason, retryAfter } = answer;
    stream.respond({ ':status': status, ...(retryAfter && { 'retry-after': retryAfter }) });
    stream.end(reason === undefined ? undefined : JSON.stringify({ reason }));
  });
  apple.listen(0, '127.0.0.1');
  await once(apple, 'listening');
  clock = new FakeClock();
  const baseUrl = `http://127.0.0.1:${(apple.address() as AddressInfo).port}`;
  const credentials = { key, keyId: 'KEY4567890', teamId: 'TEAM567890' };
  apns = new ApnsSender({ credentials, topic: 'org.example.chat', baseUrl, clock });
});
afterEach(() => {
  apns.close();
  for (const session of sessions) session.destroy();
  sessions.clear();
  apple.close();
});

describe('APNs', () => {
  it('is sent an alert with badge and collapse id on one connection', async () => {
    expect(await apns.send(DEVICE, jobOf())).toEqual({ type: 'sent' });
    expect(await apns.send(DEVICE, jobOf({ seq: 3 }))).toEqual({ type: 'sent' });
    expect(sessions.size).toBe(1);
    const [first, second] = requests;
    expect(first?.headers).toMatchObject({
      ':path': `/3/device/${DEVICE.token}`,
      'apns-topic': 'org.example.chat',
      'apns-push-type': 'alert',
    });
    expect(String(first?.headers['apns-collapse-id']).length).toBeLessThanOrEqual(64);
    expect(second?.headers['apns-collapse-id']).toBe(first?.headers['apns-collapse-id']);
    expect(JSON.parse(first?.body ?? '')).toMatchObject({
      aps: { alert: { title: 'alice', body: 'hello' }, badge: 3, 'thread-id': 'alice~bob' },
      parley: { seq: 2 },
    });
  });

  it('has a device take back what was read elsewhere: the badge, nothing to be seen or heard, in the place of the alert', async () => {
    await apns.send(DEVICE, jobOf());
    expect(await apns.takeBack(DEVICE, readOf({ badge: 0 }))).toEqual({ type: 'sent' });
    const [alert, read] = requests;
    expect(read?.headers).toMatchObject({ 'apns-push-type': 'alert', 'apns-priority': '5' });
    expect(read?.headers['apns-collapse-id']).toBe(alert?.headers['apns-collapse-id']);
    expect(JSON.parse(read?.body ?? '')).toEqual({
      aps: { badge: 0, 'content-available': 1 },
      parley: { version: 1, type: 'read', userId: 'bob', channelId: 'alice~bob', seq: 2, badge: 0 },
    });
  });

  it('gets a token signed by ES256 that is kept for a while, and renewed', async () => {
    const tokenOf = async (): Promise<string> => {
      await apns.send(DEVICE, jobOf());
      return String(requests.at(-1)?.headers.authorization).replace('bearer ', '');
    };
    const first = await tokenOf();
    expect(await tokenOf()).toBe(first);
    const [head = '', claims = '', signature = ''] = first.split('.');
    const publicKey = { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' as const };
    expect(verify('sha256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({ alg: 'ES256', kid: 'KEY4567890' });
    await clock.advance(41 * 60_000);
    expect(await tokenOf()).not.toBe(first);
  });

  it.each([
    [400, 'BadDeviceToken', { type: 'refused' }],
    [400, 'DeviceTokenNotForTopic', { type: 'refused' }],
    [410, 'Unregistered', { type: 'gone' }],
    [410, 'ExpiredToken', { type: 'gone' }],
    [413, 'PayloadTooLarge', { type: 'refused' }],
    [400, 'BadCollapseId', { type: 'refused' }],
    [400, 'BadExpirationDate', { type: 'refused' }],
    [404, 'BadPath', { type: 'refused' }],
    [405, 'MethodNotAllowed', { type: 'refused' }],
    [403, 'ExpiredProviderToken', { type: 'retry' }],
    [429, 'TooManyRequests', { type: 'retry' }],
    [429, 'TooManyProviderTokenUpdates', { type: 'retry' }],
    [500, 'InternalServerError', { type: 'retry' }],
    [503, 'ServiceUnavailable', { type: 'retry' }],
    [503, 'Shutdown', { type: 'retry' }],
    [400, 'IdleTimeout', { type: 'retry' }],
    [400, 'BadMessageId', { type: 'refused' }],
    [400, 'BadPriority', { type: 'refused' }],
    [400, 'DuplicateHeaders', { type: 'refused' }],
    [400, 'InvalidPushType', { type: 'refused' }],
    [400, 'MissingDeviceToken', { type: 'refused' }],
    [400, 'PayloadEmpty', { type: 'refused' }],
  ])('that answers %i %s is understood', async (status, reason, outcome) => {
    answer = { status, reason };
    expect(await apns.send(DEVICE, jobOf())).toMatchObject(outcome);
    expect(apns.notReady()).toBeUndefined();
  });

  it.each([
    [403, 'InvalidProviderToken'],
    [403, 'MissingProviderToken'],
    [403, 'BadEnvironmentKeyIdInToken'],
    [403, 'UnrelatedKeyIdInToken'],
    [403, 'BadCertificate'],
    [403, 'BadCertificateEnvironment'],
    [403, 'Forbidden'],
    [400, 'BadTopic'],
    [400, 'TopicDisallowed'],
    [400, 'MissingTopic'],
  ])(
    'that answers %i %s refuses our credentials: the role is not ready, and the push waits',
    async (status, reason) => {
      answer = { status, reason };
      expect(await apns.send(DEVICE, jobOf())).toMatchObject({ type: 'retry' });
      expect(apns.notReady()).toBe(`APNs refuses its credentials: ${reason}`);
      answer = { status: 200 };
      await apns.send(DEVICE, jobOf());
      expect(apns.notReady()).toBeUndefined();
    },
  );

  it.each(['BadDeviceToken', 'DeviceTokenNotForTopic'])(
    'takes a device for dead by %s only once our own topic and environment have reached one',
    async (reason) => {
      answer = { status: 200 };
      await apns.send(DEVICE, jobOf());
      answer = { status: 400, reason };
      expect(await apns.send(DEVICE, jobOf())).toMatchObject({ type: 'gone' });
    },
  );

  it('is asked at start, by a push to nobody, whether it takes the credentials', async () => {
    answer = { status: 400, reason: 'BadDeviceToken' };
    await apns.check();
    expect(requests.at(-1)?.headers[':path']).toBe(`/3/device/${'0'.repeat(64)}`);
    expect(apns.notReady()).toBeUndefined();
    answer = { status: 403, reason: 'InvalidProviderToken' };
    await apns.check();
    expect(apns.notReady()).toBe('APNs refuses its credentials: InvalidProviderToken');
  });

  it('says when to come back, and a connection that was lost is made again', async () => {
    answer = { status: 503, reason: 'ServiceUnavailable', retryAfter: '5' };
    expect(await apns.send(DEVICE, jobOf())).toMatchObject({ type: 'retry', afterMs: 5_000 });
    for (const session of sessions) session.destroy();
    answer = { status: 200 };
    await expect.poll(async () => (await apns.send(DEVICE, jobOf())).type).toBe('sent');
  });

  it('does not send again on a connection on which nothing was answered in time', async () => {
    answer = 'nothing';
    const unanswered = [apns.send(DEVICE, jobOf()), apns.send(DEVICE, jobOf({ seq: 3 }))];
    await expect.poll(() => requests.length).toBe(2);
    await clock.advance(LIMITS.pushDeadlineMs);
    expect(await Promise.all(unanswered)).toMatchObject([{ type: 'retry' }, { type: 'retry' }]);
    answer = { status: 200 };
    expect(await apns.send(DEVICE, jobOf())).toEqual({ type: 'sent' });
    expect(sessions.size).toBe(2);
  });

  it('has credentials whose faults are named', () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-apns-'));
    const file = join(folder, 'key.p8');
    const load =
      (keyId = 'KEY4567890', teamId = 'TEAM567890') =>
      () =>
        loadApnsCredentials(file, keyId, teamId);
    expect(load()).toThrow('it cannot be read, or is no private key');
    writeFileSync(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expect(load()).toThrow('it is no key of P-256');
    writeFileSync(file, key.export({ type: 'pkcs8', format: 'pem' }));
    expect(load('')).toThrow('apns-key-id is not given');
    expect(load('short')).toThrow('apns-key-id is not of ten letters and digits');
    expect(load('KEY4567890', '')).toThrow('apns-team-id is not given');
    expect(load()().keyId).toBe('KEY4567890');
    rmSync(folder, { recursive: true });
  });
});
