/** FCM v1 against a local server that speaks its protocol. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.js';
import { createHttpPoster, type HttpPoster } from '../http-post.js';
import { jobOf, readOf } from '../testing/jobs.js';
import { RecordingServer, type Reply } from '../testing/recording-server.js';
import { type FcmCredentials, fcmSender, loadFcmCredentials } from './fcm-sender.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let google: RecordingServer;
let poster: HttpPoster;
let send: Reply;
let token: Reply;

beforeEach(async () => {
  google = await RecordingServer.start();
  poster = createHttpPoster({ allowPrivate: true });
  send = { status: 200, body: '{"name":"projects/p/messages/1"}' };
  token = {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: '{"access_token":"at1","expires_in":3600,"token_type":"Bearer"}',
  };
  google.answer = ({ url }) => (url === '/token' ? token : send);
});
afterEach(() => {
  poster.close();
  google.stop();
});

function sender() {
  const credentials: FcmCredentials = {
    ...{ projectId: 'p', clientEmail: 'me@p.example', privateKey: pem, tokenUri: `${google.origin}/token` },
  };
  return fcmSender({ credentials, baseUrl: google.origin, poster, clock: systemClock });
}

const failure = (status: number, error: string, errorCode: string | undefined, message = 'no'): Reply => {
  const details = [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode }];
  return {
    status,
    body: JSON.stringify({ error: { code: status, message, status: error, ...(errorCode && { details }) } }),
  };
};

describe('FCM', () => {
  it('is sent one message with the token, tagged by channel, with an access token of the service account', async () => {
    const ours = sender();
    expect(await ours.send({ kind: 'fcm', token: 'device' }, jobOf({ channelName: 'Us' }))).toEqual({ type: 'sent' });
    const request = google.requests.find(({ url }) => url === '/v1/projects/p/messages:send');
    expect(request?.headers.authorization).toBe('Bearer at1');
    expect(JSON.parse(String(request?.body))).toMatchObject({
      message: {
        token: 'device',
        notification: { title: 'Us', body: 'alice: hello' },
        android: { collapse_key: 'alice~bob', notification: { tag: 'alice~bob', notification_count: 3 } },
      },
    });
    expect(ours.notReady?.()).toBeUndefined();
  });

  it('has a device take back what was read elsewhere: data alone, in the place of another take-back of the channel', async () => {
    expect(await sender().takeBack?.({ kind: 'fcm', token: 'device' }, readOf())).toEqual({ type: 'sent' });
    const { message } = JSON.parse(String(google.requests.at(-1)?.body));
    expect(message).toMatchObject({ token: 'device', android: { collapse_key: 'alice~bob', priority: 'NORMAL' } });
    expect(message.notification).toBeUndefined();
    expect(JSON.parse(message.data.parley)).toMatchObject({ type: 'read', seq: 2, badge: 1 });
  });

  it.each([
    [failure(404, 'NOT_FOUND', 'UNREGISTERED'), { type: 'gone' }],
    [failure(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH'), { type: 'refused' }],
    [
      failure(
        400,
        'INVALID_ARGUMENT',
        'INVALID_ARGUMENT',
        'The registration token is not a valid FCM registration token',
      ),
      { type: 'gone' },
    ],
    [failure(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'Invalid value at message.data'), { type: 'refused' }],
    [failure(429, 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED'), { type: 'retry', afterMs: 60_000 }],
    [
      { ...failure(503, 'UNAVAILABLE', 'UNAVAILABLE'), headers: { 'retry-after': '9' } },
      { type: 'retry', afterMs: 9_000 },
    ],
    [failure(500, 'INTERNAL', 'INTERNAL'), { type: 'retry' }],
    [failure(401, 'UNAUTHENTICATED', 'THIRD_PARTY_AUTH_ERROR'), { type: 'retry' }],
    [failure(401, 'UNAUTHENTICATED', undefined), { type: 'retry' }],
    [failure(404, 'NOT_FOUND', undefined), { type: 'retry' }],
    [failure(403, 'PERMISSION_DENIED', undefined), { type: 'retry' }],
  ])('that answers %j is understood', async (reply, outcome) => {
    send = reply;
    expect(await sender().send({ kind: 'fcm', token: 'device' }, jobOf())).toMatchObject(outcome);
  });

  it('is not ready while its credentials may not send, and says so', async () => {
    const ours = sender();
    send = failure(403, 'PERMISSION_DENIED', undefined);
    await ours.send({ kind: 'fcm', token: 'device' }, jobOf());
    expect(ours.notReady?.()).toBe('FCM does not let its credentials send: status 403');
    send = { status: 200, body: '{}' };
    await ours.send({ kind: 'fcm', token: 'device' }, jobOf());
    expect(ours.notReady?.()).toBeUndefined();
  });

  it('takes a token of another project for dead only once its own credentials have sent something', async () => {
    const ours = sender();
    const mismatch = failure(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH');
    const outcomes: string[] = [];
    for (const answer of [mismatch, { status: 200, body: '{}' }, mismatch]) {
      send = answer;
      outcomes.push((await ours.send({ kind: 'fcm', token: 'device' }, jobOf())).type);
    }
    expect(outcomes).toEqual(['refused', 'sent', 'gone']);
  });

  it('asks for another access token after one was refused', async () => {
    const ours = sender();
    send = failure(401, 'UNAUTHENTICATED', undefined);
    await ours.send({ kind: 'fcm', token: 'device' }, jobOf());
    token = { ...token, body: '{"access_token":"at2","expires_in":3600,"token_type":"Bearer"}' };
    await ours.send({ kind: 'fcm', token: 'device' }, jobOf());
    const sends = google.requests.filter(({ url }) => url !== '/token');
    expect(sends.map(({ headers }) => headers.authorization)).toEqual(['Bearer at1', 'Bearer at2']);
  });

  it('is not ready while its credentials are refused, and says so', async () => {
    token = {
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: '{"error":"invalid_grant","error_description":"Invalid JWT Signature."}',
    };
    const ours = sender();
    expect(await ours.send({ kind: 'fcm', token: 'device' }, jobOf())).toMatchObject({ type: 'retry' });
    expect(ours.notReady?.()).toMatch(/FCM gives no access token for its credentials: .*invalid_grant/);
  });

  it('has credentials whose faults are named', () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-fcm-'));
    const file = join(folder, 'account.json');
    const load = (text: string) => {
      writeFileSync(file, text);
      return () => loadFcmCredentials(file);
    };
    expect(() => loadFcmCredentials(file)).toThrow('it cannot be read');
    expect(load('x')).toThrow('it is no JSON');
    expect(load('{}')).toThrow('it lacks private_key');
    expect(load('{"private_key":"x"}')).toThrow('private_key is no key in PEM');
    const whole = { private_key: pem, project_id: 'p', client_email: 'e', token_uri: 'u' };
    expect(load(JSON.stringify(whole))().projectId).toBe('p');
    rmSync(folder, { recursive: true });
  });
});
