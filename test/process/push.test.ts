/** Push through the real process: registered over HTTP, decided by the user's actor, posted to a webhook of the test. */
import { createECDH, createHmac, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ParleyProcess, temporaryFolder } from './parley.js';

const SECRET = 'a secret of the webhook';

let folder: ReturnType<typeof temporaryFolder>;
let parley: ParleyProcess;
let hook: Server;
const posted: { readonly signature: string; readonly body: string }[] = [];
const start = (...more: string[]) =>
  ParleyProcess.start('--port', '0', '--data', join(folder.path, 'data'), '--push-webhooks', 'true', ...more);

beforeEach(async () => {
  folder = temporaryFolder();
  posted.length = 0;
  hook = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    posted.push({ signature: String(request.headers['parley-signature']), body });
    response.end();
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
});
afterEach(async () => {
  await parley.signal('SIGKILL');
  hook.close();
  folder.remove();
});

interface Answer {
  readonly accessToken: string;
  readonly error: { readonly name: string };
}

async function call(
  method: string,
  path: string,
  token: string,
  body?: object,
): Promise<{ status: number; json: Answer }> {
  const headers = { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${parley.origin}/v1${path}`, { method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, json: JSON.parse(text === '' ? '{}' : text) };
}

async function joined(userId: string): Promise<string> {
  const { json } = await call('POST', '/accounts', '', { userId, password: 'correct horse battery' });
  return json.accessToken;
}

const webhook = () => ({
  kind: 'webhook',
  url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`,
  secret: SECRET,
});

it('a message to somebody who is away is posted to their webhook once, signed', async () => {
  parley = await start('--push-private-addresses', 'true');
  const [alice, bob] = [await joined('alice'), await joined('bob')];
  expect((await call('PUT', '/devices/current/push', bob, webhook())).status).toBe(204);
  const sent = await call('POST', '/request', alice, {
    send: { userId: 'bob', clientMessageId: 'm1', message: { text: 'hello' } },
  });
  expect(sent.status).toBe(200);
  await expect.poll(() => posted.length, { timeout: 30_000 }).toBe(1);
  const { signature, body } = posted[0] ?? { signature: '', body: '' };
  const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
  expect(hex).toBe(createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'));
  expect(JSON.parse(body)).toMatchObject({
    version: 1,
    channelId: 'alice~bob',
    from: 'alice',
    text: 'hello',
    badge: 1,
  });
}, 90_000);

it('a webhook on a private address is refused, and one of a server without webhooks', async () => {
  parley = await start();
  const bob = await joined('bob');
  for (const url of [
    'https://127.0.0.1/x',
    'https://10.1.2.3/',
    'https://[::ffff:a00:1]/',
    'https://localhost/',
    'http://example.com/',
  ]) {
    const { status, json } = await call('PUT', '/devices/current/push', bob, { ...webhook(), url });
    expect([url, status, json.error.name]).toEqual([url, 400, 'push_endpoint_refused']);
  }
  const { json } = await call('PUT', '/devices/current/push', bob, { kind: 'fcm', token: 't' });
  expect(json.error.name).toBe('push_not_configured');
}, 90_000);

it('credentials that a service refuses are named at start, on stderr and by /v1/ready; those of a wrong file end it', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const google = createServer((_, response) => {
    response.writeHead(400, { 'content-type': 'application/json' });
    response.end('{"error":"invalid_grant","error_description":"Invalid JWT Signature."}');
  }).listen(0, '127.0.0.1');
  await once(google, 'listening');
  const account = {
    ...{ type: 'service_account', project_id: 'p', client_email: 'me@p.example' },
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: `http://127.0.0.1:${(google.address() as AddressInfo).port}/token`,
  };
  const file = join(folder.path, 'account.json');
  writeFileSync(file, JSON.stringify(account));
  parley = await start('--fcm-credentials', file);
  const sentence = 'FCM gives no access token for its credentials: invalid_grant';
  await expect.poll(() => parley.output, { timeout: 20_000 }).toContain(`parley: push is not ready: ${sentence}`);
  const ready = await fetch(`${parley.origin}/v1/ready`);
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { status: 'ready', push: expect.stringContaining(sentence) },
  ]);
  google.close();
  writeFileSync(file, '{}');
  for (const [option, name] of [
    ['--vapid-keys', 'VAPID keys'],
    ['--fcm-credentials', 'FCM credentials'],
    ['--apns-key', 'APNs key'],
  ] as const) {
    const other = ['--port', '0', '--data', join(folder.path, 'other'), option, file];
    const { code, output } = await ParleyProcess.run(...other);
    expect([option, code]).toEqual([option, 1]);
    expect(output).toContain(`parley: The ${name} in ${file} cannot be used: `);
  }
}, 90_000);

it('the push role of a cluster ends with what is wrong with a file, before it asks for any server', async () => {
  parley = await start();
  const nowhere = ['--consul', '127.0.0.1:1', '--nats', '127.0.0.1:1', '--postgres', 'postgres://127.0.0.1:1/x'];
  const file = join(folder.path, 'keys.json');
  const [mine, other] = [createECDH('prime256v1'), createECDH('prime256v1')];
  const [publicKey] = [mine.generateKeys('base64url'), other.generateKeys()];
  writeFileSync(file, JSON.stringify({ publicKey, privateKey: other.getPrivateKey('base64url') }));
  for (const [option, sentence] of [
    ['--vapid-keys', 'The VAPID keys in FILE cannot be used: the public key is not that of the private key.'],
    ['--fcm-credentials', 'The FCM credentials in FILE cannot be used: '],
    ['--apns-key', 'The APNs key in FILE cannot be used: '],
  ] as const) {
    const args = ['push', '--cluster', 'test', '--port', '0', ...nowhere, option, file];
    const { code, output } = await ParleyProcess.run(...args);
    expect([option, code, output]).toEqual([option, 1, expect.stringContaining(sentence.replace('FILE', file))]);
  }
}, 90_000);
