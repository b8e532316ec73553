/**
 * The push role on real servers: a push service of the test, whose browser decrypts what comes. Nodes are killed before they
 * have decided, and with a job that is not done; the push process is killed. None is lost, and none comes twice without a crash.
 * While FCM or APNs refuses its credentials the push process is not ready, and says why.
 */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from '../../src/push/testing/browser.js';
import { RecordingServer } from '../../src/push/testing/recording-server.js';
import { temporaryFolder } from '../process/parley.js';
import { describeWith } from '../servers/requirement.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';

const PATIENCE = { timeout: 60_000, interval: 100 };
const READY_WITHIN_MS = 90_000;

/** A Google that takes no credentials, and the options to send by it. */
async function refusingGoogle(folder: string): Promise<Refusing> {
  const server = await RecordingServer.start();
  server.answer = () => ({
    ...{ status: 400, headers: { 'content-type': 'application/json' } },
    body: '{"error":"invalid_grant","error_description":"Invalid JWT Signature."}',
  });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = join(folder, 'account.json');
  const account = {
    ...{ type: 'service_account', project_id: 'p', client_email: 'me@p.example' },
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: `${server.origin}/token`,
  };
  writeFileSync(file, JSON.stringify(account));
  return { options: ['--fcm-credentials', file], stop: () => server.stop() };
}

/** An Apple that takes no credentials. */
async function refusingApple(folder: string): Promise<Refusing> {
  const server = createServer().on('stream', (stream) => {
    stream.respond({ ':status': 403 });
    stream.end('{"reason":"InvalidProviderToken"}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const file = join(folder, 'key.p8');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const ids = ['--apns-key-id', 'KEY4567890', '--apns-team-id', 'TEAM567890', '--apns-topic', 'org.example.chat'];
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { options: ['--apns-key', file, ...ids, '--apns-base-url', baseUrl], stop: () => server.close() };
}

interface Refusing {
  readonly options: readonly string[];
  readonly stop: () => void;
}

describeWith('push in a cluster on real servers', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let service: RecordingServer;
  let browser: Browser;
  let sends = 0;
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    service = await RecordingServer.start();
    browser = new Browser(service.origin);
    cluster = await RealCluster.start(programs, { nodes: 2, gateways: 1, pushes: 1 });
    for (const userId of ['alice', 'bob']) {
      const { accessToken } = await call('POST', '/accounts', '', { userId, password: 'correct horse battery' });
      tokens.set(userId, String(accessToken));
    }
    await call('PUT', '/devices/current/push', 'bob', browser.endpoint());
  }, 240_000);
  afterAll(async () => {
    await cluster?.remove();
    service?.stop();
  });

  async function call(method: string, path: string, userId: string, body: object): Promise<Record<string, unknown>> {
    const authorization = userId === '' ? {} : { authorization: `Bearer ${tokens.get(userId)}` };
    const headers = { 'content-type': 'application/json', ...authorization };
    const answer = await fetch(`${cluster.origin}/v1${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  }

  /** Alice writes to bob, who is away; acknowledged, so durable. */
  async function say(text: string): Promise<void> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${tokens.get('alice')}` };
    const send = { userId: 'bob', clientMessageId: `m${++sends}`, message: { text } };
    const gateway = `http://127.0.0.1:${cluster.gateways[0]?.port}`;
    const answer = await fetch(`${gateway}/v1/request`, { method: 'POST', headers, body: JSON.stringify({ send }) });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('sendAck')]);
  }

  const texts = (): string[] =>
    service.requests.map(({ body }) => (JSON.parse(browser.decrypt(body)) as { text: string }).text);
  const arrives = (text: string) => expect.poll(texts, PATIENCE).toContain(text);
  const count = (text: string) => texts().filter((one) => one === text).length;
  const all = (act: 'kill' | 'comeBack') => Promise.all(cluster.nodes.map((node) => node[act]()));

  it('sends what no device acknowledges, encrypted for the browser, once', async () => {
    await say('one');
    await arrives('one');
    await say('two');
    await arrives('two');
    expect(texts()).toEqual(['one', 'two']);
  }, 120_000);

  it('loses none when all nodes die between the message and the decision', async () => {
    await say('three');
    await all('kill');
    await all('comeBack');
    await cluster.untilOwned();
    await arrives('three');
  }, 240_000);

  it('loses none when the push process is dead, and the nodes die with the job in hand', async () => {
    const [push] = cluster.pushes;
    service.answer = () => ({ status: 503 });
    await say('four');
    await arrives('four'); // decided by then, and not taken by the push service
    await push?.kill();
    await all('kill');
    const refused = count('four');
    service.answer = () => ({ status: 201 });
    await all('comeBack');
    await push?.comeBack();
    await cluster.untilOwned();
    await expect.poll(() => count('four'), PATIENCE).toBeGreaterThan(refused);
    await say('five');
    await arrives('five');
    expect(['one', 'two', 'four', 'five'].map(count)).toEqual([1, 1, refused + 1, 1]);
  }, 240_000);

  it.each([
    { who: 'FCM', refusing: refusingGoogle, reason: 'FCM gives no access token for its credentials: invalid_grant' },
    { who: 'APNs', refusing: refusingApple, reason: 'APNs refuses its credentials: InvalidProviderToken' },
  ])(
    'is not ready, and says why, while $who refuses its credentials; other pushes go on',
    async (given) => {
      const folder = temporaryFolder();
      const refusing = await given.refusing(folder.path);
      const push = cluster.pushes[0] ?? expect.fail('there is a push process');
      try {
        await push.stop();
        push.configure(...refusing.options);
        push.spawn();
        const until = { timeout: READY_WITHIN_MS, interval: 100 };
        await expect.poll(() => push.readiness(), until).toContain(given.reason);
        await expect.poll(() => push.output, until).toContain(`parley: push is not ready: ${given.reason}`);
        await say(`beside ${given.who}`);
        await arrives(`beside ${given.who}`);
        expect(await push.readiness()).toContain(given.reason);
      } finally {
        await push.stop();
        push.configure();
        await push.comeBack();
        refusing.stop();
        folder.remove();
      }
    },
    300_000,
  );
});
