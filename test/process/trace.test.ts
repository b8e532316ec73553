/** Traces of the real process, as an operator's collector and command line see them. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { memoryStorage, ParleyClient, webSocketFactory } from '../../client/index.js';
import { Collector } from '../tracing/collector.js';
import { until } from '../until.js';
import { type Ran, runCommand } from './command-line.js';
import { ParleyProcess, temporaryFolder } from './parley.js';

const folder = temporaryFolder();
const data = join(folder.path, 'data');
const CLIENT = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const WAIT = { timeout: 15_000, interval: 100 };
let collector: Collector;
let parley: ParleyProcess;
let token = '';
const clients: ParleyClient[] = [];

const trace = (...args: readonly string[]): Promise<Ran> => runCommand('trace', ...args, '--data', data);

async function person(userId: string, traceparent = (): string | undefined => undefined): Promise<ParleyClient> {
  const client = new ParleyClient({
    baseUrl: parley.origin,
    webSocket: webSocketFactory(WebSocket as never),
    storage: memoryStorage(),
    traceparent,
  });
  clients.push(client);
  await client.signUp({ userId, password: 'correct horse battery' });
  await client.connect();
  return client;
}

async function post(
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const response = await fetch(`${parley.origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** By POST, with the client's span as a header. Resolves to the message's id. */
async function send(clientMessageId: string, traceparent: string): Promise<string> {
  const body = { send: { userId: 'bob', clientMessageId, message: { text: 'hush' } } };
  const answer = await post('/v1/request', body, { authorization: `Bearer ${token}`, traceparent });
  return (answer.sendAck as { messageId: string }).messageId;
}

beforeAll(async () => {
  collector = await Collector.start();
  parley = await ParleyProcess.start(
    ...['--port', '0', '--data', data],
    ...['--trace-sample', '0', '--otlp-endpoint', collector.url],
  );
  await person('bob');
  const account = { userId: 'alice', password: 'correct horse battery' };
  token = String((await post('/v1/accounts', account)).accessToken);
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await parley.signal('SIGKILL');
  collector.close();
  folder.remove();
});

describe('a traced message', () => {
  let messageId = '';
  beforeAll(async () => {
    messageId = await send('m1', `00-${CLIENT.traceId}-${CLIENT.spanId}-01`);
  });

  it('comes to the collector as one trace, from the client’s span to the store and back, and to the other device', async () => {
    const actor = `(${CLIENT.spanId}) request send actor`;
    const toBob = `${actor} append inbox`;
    const wanted = [
      ...[`(${CLIENT.spanId}) request send`, actor, `${actor} mailbox`, `${actor} append`],
      ...[`${actor} append queued`, `${actor} append flush`, `${actor} append fence`],
      ...[toBob, `${toBob} mailbox`, `${toBob} queued`, `${toBob} flush`, `${toBob} fence`],
      ...[`${toBob} deliver`, `${toBob} deliver device`],
    ];
    const ways = (): string[] => collector.spans.map((span) => collector.wayOf(span));
    await expect.poll(ways, WAIT).toEqual(expect.arrayContaining(wanted));
    expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([CLIENT.traceId]));
    expect(new Set(collector.spans.map((span) => span.spanId)).size).toBe(collector.spans.length);
    const request = collector.spans.find((span) => span.name === 'request send');
    expect(request).toMatchObject({
      kind: 2,
      attributes: { 'parley.message.id': messageId, 'parley.request': 'send' },
    });
    expect(request?.resource).toMatchObject({ 'service.name': 'parley' });
    for (const { durationNs } of collector.spans) expect(durationNs).toBeGreaterThanOrEqual(0n);
  });

  it('sends nothing of what people wrote', () => {
    expect(collector.text).not.toContain('hush');
  });

  it('is told by parley trace, as a table and as JSON', async () => {
    const shown = await trace(messageId);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^message +\d+\nchannel +alice~bob\nseq +2\nfrom +alice\n/);
    expect(shown.stdout).toMatch(/\n[\d.]+ +[\d.]+ +request send +\S+ +alice/);
    const order: readonly string[] =
      shown.stdout.match(/ (request send|mailbox|append|flush|deliver|device)(?= )/g) ?? [];
    expect(order.slice(0, 3)).toEqual([' request send', ' mailbox', ' append']);
    expect(order.indexOf(' device')).toBe(order.indexOf(' deliver') + 1);
    expect(shown.stdout).toMatch(/\nbob +yes +(yes|no) +no/);
    const answer = JSON.parse((await trace(messageId, '--json')).stdout) as Record<string, unknown>;
    expect(answer).toMatchObject({ messageId, channelId: 'alice~bob', seq: 2, messageFrom: 'alice', traced: true });
    expect(answer).toMatchObject({ traceIds: [CLIENT.traceId], committed: true, members: 2, clientMessageId: 'm1' });
  });
});

describe('an application that has a span', () => {
  const TRACE = 'a'.repeat(32);
  const [OWN_SEND, OWN_READ] = ['b'.repeat(16), 'c'.repeat(16)];

  it('hands it to the SDK, under which its sends and reads are traced, over HTTP too', async () => {
    let span: string | undefined;
    const carol = await person('carol', () => span && `00-${TRACE}-${span}-01`);
    span = OWN_SEND;
    await carol.send({ to: 'bob', text: 'hush' }).sent();
    span = OWN_READ;
    await carol.people.settings();
    await fetch(`${parley.origin}/v1/channels/bob~carol/history`, {
      headers: { authorization: `Bearer ${carol.session?.accessToken}`, traceparent: `00-${TRACE}-${OWN_READ}-01` },
    });
    span = undefined;
    const ways = (): string[] => collector.spans.map((one) => collector.wayOf(one));
    const history = `(${OWN_READ}) request GET /channels/:channelId/history`;
    const wanted = [`(${OWN_SEND}) request send actor append flush`, `(${OWN_READ}) request GET /me/settings`];
    await expect.poll(ways, WAIT).toEqual(expect.arrayContaining([...wanted, history, `${history} actor`]));
  });
});

describe('a message that was not traced', () => {
  it('is still found, and said not to have been traced', async () => {
    const messageId = await send('m2', '');
    const { code, stdout } = await trace(messageId);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\ntraces +none: it was not sampled/);
    // Its row in an inbox is stored a while after the acknowledgement.
    await until('her inbox has it', async () => /\nalice +yes +/.test((await trace(messageId)).stdout));
  });

  it('ends with a code of its own when there is no such message, and with another for what is no id', async () => {
    expect(await trace('7')).toMatchObject({ code: 5, stderr: expect.stringContaining('message_not_found') as string });
    expect((await trace('seven')).code).toBe(1);
  });
});

describe('a wrong option', () => {
  it('is told at once', async () => {
    const start = (...args: string[]) =>
      ParleyProcess.run('--port', '0', '--data', join(folder.path, 'other'), ...args);
    const endpoint = await start('--otlp-endpoint', 'collector:4318');
    expect(endpoint).toMatchObject({ code: 2, output: expect.stringContaining('otlp-endpoint') as string });
    const share = await start('--trace-sample', '2');
    expect(share).toMatchObject({ code: 2, output: expect.stringContaining('trace-sample') as string });
  });
});
