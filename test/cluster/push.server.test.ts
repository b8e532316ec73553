/**
 * The push role on real servers: a push service of the test, whose browser decrypts what comes. Nodes are killed before they
 * have decided, and with a job that nobody took; the push process is killed. None is lost, and none comes twice without a crash.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Browser } from '../../src/push/testing/browser.js';
import { RecordingServer } from '../../src/push/testing/recording-server.js';
import { describeWith } from '../servers/requirement.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';

const ARRIVES_WITHIN_MS = 60_000;

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
  const arrives = (text: string) => expect.poll(texts, { timeout: ARRIVES_WITHIN_MS, interval: 100 }).toContain(text);
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
    await push?.kill();
    await say('four');
    await new Promise((resolve) => setTimeout(resolve, 8_000)); // decided by then, and told to nobody
    await all('kill');
    await all('comeBack');
    await push?.comeBack();
    await cluster.untilOwned();
    await arrives('four');
    await say('five');
    await arrives('five');
    const count = (text: string) => texts().filter((one) => one === text).length;
    expect(['one', 'two', 'four', 'five'].map(count)).toEqual([1, 1, 1, 1]);
  }, 240_000);
});
