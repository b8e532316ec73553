import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import { CLOSE } from '../core/errors.js';
import { cursor, message } from './testing/fake-cluster.js';
import { Client, goLive, type Live } from './testing/live.js';

let live: Live;
beforeEach(async () => {
  live = await goLive();
});
afterEach(() => live.gateway.close());

/** The status and the error of a refused upgrade. */
async function refusal(subprotocols: string[], headers = {}): Promise<[number | undefined, string]> {
  const socket = new WebSocket(`ws://${live.url}/v1/connect`, subprotocols, { headers });
  socket.on('error', () => {});
  const [, response] = await once(socket, 'unexpected-response');
  const body: Buffer[] = [];
  for await (const chunk of response) body.push(chunk);
  return [response.statusCode, JSON.parse(Buffer.concat(body).toString()).error.name];
}

test.each(['parley.v1.protobuf', 'parley.v1.json'])(
  'a session over %s: hello, a send, a delivery, a heartbeat',
  async (subprotocol) => {
    const client = await Client.login(live, { cursor: cursor(0) }, subprotocol);
    expect(client.socket.protocol).toBe(subprotocol);
    expect(client.welcome).toMatchObject({ userId: 'alice', deviceId: 'phone', heartbeatMs: 25_000 });
    client.send({ requestId: 2, send: { userId: 'bob', clientMessageId: 'a', message: { text: 'hi' } } });
    const ack = await client.next();
    expect([ack.requestId, ack.sendAck?.seq, String(ack.sendAck?.messageId)]).toEqual([2, 1, '7']);
    live.cluster.push(client.sessionId, 0, ['hello']);
    expect((await client.next()).deliveries?.items?.[0]?.event?.message?.text).toBe('hello');
    client.send({ heartbeat: {} });
    expect((await client.next()).heartbeat?.cursor).toMatchObject({ inboxSeq: 1 });
    expect(live.gateway.load()).toEqual({ sessions: 1, queuedBytes: 0, draining: false });
  },
);

test('a client without a common subprotocol is refused with a sentence', async () => {
  expect(await refusal(['parley.v9.xml'])).toEqual([400, 'invalid_argument']);
});

test('a page of another origin is refused, of the same one not', async () => {
  expect(await refusal(['parley.v1.json'], { origin: 'https://elsewhere.example' })).toEqual([403, 'forbidden']);
  const own = await Client.connect(live, 'parley.v1.json', { origin: `http://${live.url}` });
  expect(own.socket.readyState).toBe(WebSocket.OPEN);
});

test('text that is not UTF-8 ends the connection, bytes that are not get an error', async () => {
  const json = await Client.login(live, {}, 'parley.v1.json');
  json.socket.send(Buffer.from([0x22, 0xff, 0xfe]), { binary: false });
  expect(await json.closed).not.toBe(1000);
  const binary = await Client.login(live);
  binary.socket.send(Buffer.from([0x12, 3, 0x0a, 1, 0xff]));
  expect((await binary.next()).error?.name).toBe('malformed_frame');
});

test('a frame far above the limit ends the connection, and nobody else notices', async () => {
  const other = await Client.login(live, { token: 'bob.phone' });
  const client = await Client.login(live);
  client.socket.send(Buffer.alloc(1024 * 1024));
  await client.closed;
  other.send({ heartbeat: {} });
  expect((await other.next()).body).toBe('heartbeat');
});

test('a reader that stops reading is closed with a code to come back after a backoff', async () => {
  const client = await Client.login(live, { cursor: cursor(0) });
  client.socket.pause();
  // Fill the system's buffers and the session's, one push a turn, until the gateway has given the socket up. What it
  // has queued does not tell: the system's buffers grow, and may take all of it once more.
  for (let seq = 0; !live.happened.includes('slow_reader'); seq++) {
    expect(seq).toBeLessThan(2000);
    live.cluster.push(client.sessionId, seq, ['x'.repeat(60_000)]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  client.socket.resume();
  expect(await client.closed).toBe(CLOSE.slow_reader);
});

test('fan-out events reach the sockets that follow the channel, in both subprotocols', async () => {
  const channelId = 'gaaaaaaaaaaaaaaaa';
  const clients = [await Client.login(live), await Client.login(live, { token: 'bob.phone' }, 'parley.v1.json')];
  for (const { sessionId } of clients)
    live.cluster.emit({ type: 'fanout_interest', sessionId, add: [channelId], seqs: [], remove: [] });
  live.cluster.emit({ type: 'fanout', events: { channelId, head: 3, events: [message(3, 'all', channelId)] } });
  for (const client of clients) {
    const { fanout } = await client.next();
    expect([fanout?.head, fanout?.events?.[0]?.message?.text]).toEqual([3, 'all']);
  }
});

test('a taken port is one sentence', async () => {
  await expect(goLive({ port: live.gateway.port })).rejects.toThrow(/^Port \d+ of 127\.0\.0\.1 is taken/);
});

test('other paths go to the fallback with method, url, headers and body, and its headers come back', async () => {
  const response = await fetch(`http://${live.url}/api/x?y=1`, {
    method: 'POST',
    body: 'hé',
    headers: { 'x-probe': 'p' },
  });
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(await response.json()).toEqual({
    method: 'POST',
    url: '/api/x?y=1',
    text: 'hé',
    probe: 'p',
    remoteAddress: '127.0.0.1',
  });
  expect(await (await fetch(`http://${live.url}/api/x`)).json()).toMatchObject({ method: 'GET', url: '/api/x' });
  const tooLarge = await fetch(`http://${live.url}/api/x`, { method: 'POST', body: 'x'.repeat(100_000) });
  expect(tooLarge.status).toBe(413);
});

test('X-Forwarded-For is believed from trusted proxies only', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
  const ask = async (at: Live) =>
    ((await (await fetch(`http://${at.url}/`, { headers })).json()) as { remoteAddress: string }).remoteAddress;
  expect(await ask(live)).toBe('127.0.0.1');
  const behind = await goLive({ trustedProxies: ['127.0.0.0/8', '198.51.100.7'] });
  expect(await ask(behind)).toBe('203.0.113.9');
  behind.gateway.close();
});

test('a drained gateway closes its sessions with a code to reconnect now, and refuses new ones', async () => {
  const client = await Client.login(live);
  await live.gateway.drain({ deadlineMs: 100, to: [] });
  expect(await client.closed).toBe(CLOSE.draining);
  expect(await refusal(['parley.v1.json'])).toEqual([503, 'draining']);
});
