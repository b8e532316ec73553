/** Where a device is reached while it is away, as it says so itself. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createHarness, type Harness } from './testing/harness.js';

let chat: Harness;
let token: string;

beforeAll(async () => {
  const kinds = ['webpush', 'fcm', 'apns', 'webhook'] as const;
  chat = await createHarness({ push: { kinds, webPushKey: undefined, addresses: { allowPrivate: false } } });
  token = (await chat.join('alice')).accessToken;
});

const url = 'https://1.1.1.1/';

describe('a push endpoint', () => {
  it.each([
    [{ kind: 'webhook', url, secret: 'short' }, 'body.secret must NOT have fewer than 16 characters'],
    [{ kind: 'webhook', url }, "body must have required property 'secret'"],
    [{ kind: 'webhook', url, secret: 'x'.repeat(16), extra: 1 }, 'body must NOT have additional properties ("extra")'],
    [{ kind: 'apns', token: 'zz' }, 'body.token must match pattern "^([0-9a-fA-F]{2}){16,100}$"'],
    [{ kind: 'fax', number: '1' }, 'body.kind is none that is known here'],
    [{ kind: 1 }, 'body.kind is none that is known here'],
    [{}, 'body.kind is none that is known here'],
  ])('that is wrong is told what its own kind asks for: %j', async (body, sentence) => {
    const answer = await chat.call('PUT /v1/devices/current/push', { token, body });
    expect(answer).toMatchObject({ status: 400, error: 'invalid_argument' });
    expect(answer.json).toMatchObject({ error: { sentence: `Not valid: ${sentence}.` } });
  });

  it.each([
    { kind: 'webhook', url, secret: 'x'.repeat(16) },
    { kind: 'fcm', token: 'x' },
    { kind: 'apns', token: 'ab'.repeat(32) },
  ])('is taken: %j', async (body) => {
    expect(await chat.call('PUT /v1/devices/current/push', { token, body })).toMatchObject({ error: '' });
  });
});
