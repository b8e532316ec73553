/** A push service and a browser of our own: what is sent is decrypted by RFC 8291 and its signature checked by RFC 8292. */
import { createECDH, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.js';
import { createHttpPoster, type HttpPoster } from '../http-post.js';
import { Browser } from '../testing/browser.js';
import { jobOf } from '../testing/jobs.js';
import { RecordingServer } from '../testing/recording-server.js';
import { loadVapidKeyFile, vapidKeysOf, wholeKey } from './vapid-keys.js';
import { webPushSender } from './web-push-sender.js';

let folder: string;
let service: RecordingServer;
let poster: HttpPoster;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-vapid-'));
  service = await RecordingServer.start();
  poster = createHttpPoster({ allowPrivate: true });
});
afterEach(() => {
  poster.close();
  service.stop();
  rmSync(folder, { recursive: true, force: true });
});

const sender = () => {
  const keys = vapidKeysOf(join(folder, 'vapid.json'));
  return { keys, sender: webPushSender({ keys, subject: 'mailto:me@example.org', poster, clock: systemClock }) };
};

describe('a Web Push message', () => {
  it('is read by the browser it was made for, and by nobody else', async () => {
    const browser = new Browser(service.origin);
    expect(await sender().sender.send(browser.endpoint(), jobOf({ text: 'grüße 🙂' }))).toEqual({ type: 'sent' });
    const [request] = service.requests;
    const body = request?.body ?? Buffer.alloc(0);
    expect(JSON.parse(browser.decrypt(body))).toMatchObject({ text: 'grüße 🙂', channelId: 'alice~bob', badge: 3 });
    expect(() => new Browser(service.origin).decrypt(body)).toThrow();
    expect(request?.headers).toMatchObject({ 'content-encoding': 'aes128gcm', urgency: 'high', ttl: '21600' });
    expect(request?.headers.topic).toMatch(/^[\w-]{32}$/);
  });

  it('is signed with the VAPID key for the origin of the push service', async () => {
    const { keys, sender: ours } = sender();
    await ours.send(new Browser(service.origin).endpoint(), jobOf());
    const [, token = '', key] = /^vapid t=(\S+), k=(\S+)$/.exec(service.requests[0]?.headers.authorization ?? '') ?? [];
    expect(key).toBe(keys.publicKey);
    const [head = '', claims = '', signature = ''] = token.split('.');
    const point = Buffer.from(keys.publicKey, 'base64url');
    const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
    const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
    const signed = verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    expect(signed).toBe(true);
    const { aud, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
    expect([aud, sub]).toEqual([service.origin, 'mailto:me@example.org']);
  });

  it.each([
    [404, {}, { type: 'gone' }],
    [410, {}, { type: 'gone' }],
    [429, { 'retry-after': '7' }, { type: 'retry', afterMs: 7_000 }],
    [500, {}, { type: 'retry', afterMs: undefined }],
    [503, {}, { type: 'retry' }],
    [400, {}, { type: 'refused' }],
    [413, {}, { type: 'refused' }],
    [403, {}, { type: 'refused' }],
  ])('that is answered with %i means what RFC 8030 says', async (status, headers, outcome) => {
    service.answer = () => ({ status, headers });
    const { sender: ours } = sender();
    expect(await ours.send(new Browser(service.origin).endpoint(), jobOf())).toMatchObject(outcome);
  });

  it('for keys that are none takes the endpoint out', async () => {
    const endpoint = { ...new Browser(service.origin).endpoint(), p256dh: 'A'.repeat(87) };
    expect(await sender().sender.send(endpoint, jobOf())).toMatchObject({ type: 'gone' });
  });
});

describe('a refusal of the VAPID keys', () => {
  /** What this sender says of its keys after these answers, each `<user> <host> <status>`. */
  async function saidAfter(...answers: readonly string[]): Promise<string | undefined> {
    let status = 0;
    const answering = { post: async () => ({ status, headers: {}, body: '' }), close: () => undefined };
    const keys = vapidKeysOf(join(folder, 'vapid.json'));
    const ours = webPushSender({ keys, subject: 'mailto:me@example.org', poster: answering, clock: systemClock });
    for (const answer of answers) {
      const [userId = '', host = '', text = ''] = answer.split(' ');
      status = Number(text);
      await ours.send(new Browser(`https://${host}`).endpoint(), jobOf({ userId }));
    }
    return ours.notReady?.();
  }
  const refused = (host: string) => ['bob', 'carol', 'dave'].map((user) => `${user} ${host} 403`);

  it("is the operator's to mend where a browser's service refuses several users, and accepts nobody", async () => {
    expect(await saidAfter('erin fcm.googleapis.com 201', ...refused('web.push.apple.com'))).toBe(
      'the push service push.apple.com refuses the VAPID keys',
    );
  });

  it('is that of a subscription where the service accepts others', async () => {
    expect(await saidAfter(...refused('web.push.apple.com'), 'erin web.push.apple.com 201')).toBeUndefined();
    expect(await saidAfter('erin web.push.apple.com 201', ...refused('web.push.apple.com'))).toBeUndefined();
  });

  it("is nobody's word where one user alone is refused, or at an address of their own", async () => {
    const own = Array.from({ length: 5 }, () => 'mallory fcm.googleapis.com 403');
    expect(await saidAfter(...own, ...refused('push.mallory.example'), ...refused('xpush.apple.com'))).toBeUndefined();
  });
});

describe('the VAPID keys', () => {
  it('are made once, for their owner alone', () => {
    const file = join(folder, 'vapid.json');
    const made = vapidKeysOf(file);
    expect(vapidKeysOf(file)).toEqual(made);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('have all their bytes, also those that are 0 in front', () => {
    const whole = wholeKey(Buffer.from([1, 2, 3]));
    expect([whole.length, whole.readUIntBE(29, 3)]).toEqual([32, 0x010203]);
  });

  it('loads keys that are padded, or whose private key lacks the zeros in front, as the package wants them', async () => {
    const file = join(folder, 'vapid.json');
    const pair = createECDH('prime256v1');
    do pair.generateKeys();
    while (pair.getPrivateKey().length === 32);
    const whole = {
      publicKey: pair.getPublicKey('base64url'),
      privateKey: wholeKey(pair.getPrivateKey()).toString('base64url'),
    };
    const written = { publicKey: pair.getPublicKey('base64'), privateKey: pair.getPrivateKey('base64') };
    writeFileSync(file, JSON.stringify(written));
    expect(loadVapidKeyFile(file)).toEqual(whole);
  });

  it('are refused with a sentence when they are wrong', () => {
    const file = join(folder, 'vapid.json');
    const { publicKey } = vapidKeysOf(file);
    const other = vapidKeysOf(join(folder, 'other.json'));
    const wrong = (text: string) => {
      writeFileSync(file, text);
      return () => loadVapidKeyFile(file);
    };
    expect(wrong('x')).toThrow('it is no JSON');
    expect(wrong('{}')).toThrow('it lacks publicKey or privateKey');
    expect(wrong(JSON.stringify({ ...other, publicKey }))).toThrow('the public key is not that of the private key');
    expect(wrong(JSON.stringify({ ...other, privateKey: '' }))).toThrow('cannot be used');
    expect(() => loadVapidKeyFile(join(folder, 'none'))).toThrow('it cannot be read');
    expect(readFileSync(join(folder, 'other.json'), 'utf8')).toContain(other.publicKey);
  });
});
