import { Agent, type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import { SWEEP_MS, SWEEP_TURN_MS } from '../sweep.js';
import { cursor, delivery, message, obliging } from '../testing/fake-cluster.js';
import { Client, goLive, type Live } from '../testing/live.js';

const headers = { authorization: 'Bearer alice.phone' };
/** Time stands still; timers are known by their delay, and the test fires them. */
const timers = new Map<number, () => void>();
const clock: Clock = {
  ...systemClock,
  monotonic: () => 1000,
  after(delayMs, callback) {
    timers.set(delayMs, callback);
    return () => timers.delete(delayMs);
  },
};

let live: Live;
beforeEach(async () => {
  timers.clear();
  live = await goLive({}, clock);
});
afterEach(() => live.gateway.close());

const get = (path: string) => fetch(`http://${live.url}${path}`, { headers });
const post = (body: unknown) =>
  fetch(`http://${live.url}/v1/request`, { method: 'POST', headers, body: JSON.stringify(body) });
const send = { send: { userId: 'bob', clientMessageId: 'a', message: { text: 'hi' } } };

/** Resolves once the gateway has asked for something that fits, with what it asked. */
async function asked(type: string, count = 1): Promise<string[]> {
  for (;;) {
    const found = live.cluster.asked.filter(({ question }) => question.type === type);
    const ids = found.map(({ question }) => ('caller' in question ? question.caller.sessionId : ''));
    if (ids.length >= count) return ids;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a request by POST is answered as on a WebSocket', async () => {
  const response = await post({ requestId: 4, ...send });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ requestId: 4, sendAck: { seq: 1, messageId: '7' } });
  expect(live.cluster.asked[0]).toMatchObject({
    actor: 'channel:alice~bob',
    question: { caller: { userId: 'alice', deviceId: 'phone', sessionId: '' } },
  });
});

test('100 sends travel on one connection', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (let i = 0; i < 100; i++) {
    const status = await new Promise((resolve, reject) => {
      const asking = request(`http://${live.url}/v1/request`, { method: 'POST', headers, agent }, (answer) => {
        ports.add(answer.socket.localPort);
        answer.resume().on('end', () => resolve(answer.statusCode));
      });
      asking.on('error', reject).end(JSON.stringify(send));
    });
    expect(status).toBe(200);
  }
  agent.destroy();
  expect(ports.size).toBe(1);
});

test('errors have the status, the code and the sentence of their kind', async () => {
  const errorOf = async (response: Response): Promise<unknown[]> => {
    const { error } = (await response.json()) as { error: { name: string; code: number } };
    return [response.status, error.name, error.code];
  };
  expect(await errorOf(await post({ send: { ...send.send, message: { text: '' } } }))).toEqual([
    400,
    'message_empty',
    3008,
  ]);
  expect(await errorOf(await post([]))).toEqual([400, 'malformed_frame', 1001]);
  expect(await errorOf(await post({ nonsense: {} }))).toEqual([400, 'unknown_type', 1002]);
  expect(await errorOf(await post({ hello: {} }))).toEqual([400, 'invalid_argument', 1004]);
  expect(await errorOf(await get('/v1/poll?since=1.2'))).toEqual([400, 'invalid_argument', 1004]);
  expect(await errorOf(await get('/v1/connect'))).toEqual([400, 'invalid_argument', 1004]);
  const anonymous = await fetch(`http://${live.url}/v1/poll`);
  expect(await errorOf(anonymous)).toEqual([401, 'unauthenticated', 2001]);
  live.cluster.respond = () => Promise.reject(new ParleyError('overloaded', { retryAfterMs: 1500 }));
  const busy = await post(send);
  expect(busy.headers.get('retry-after')).toBe('2');
  expect(await errorOf(busy)).toEqual([503, 'overloaded', 7002]);
});

test('a device that floods by POST is told when to come back', async () => {
  const statuses = await Promise.all(
    Array.from({ length: LIMITS.sessionFramesBurst + 5 }, async () => {
      const response = await post(send);
      await response.arrayBuffer();
      return response.status;
    }),
  );
  expect(statuses.filter((status) => status === 429)).toHaveLength(5);
});

test('a poll answers a page with the cursor for the next one', async () => {
  live.cluster.respond = (actor, question) => {
    if (question.type !== 'inbox_read') return obliging(actor, question);
    expect(question).toMatchObject({ cursor: cursor(3), limit: 2 });
    const items = [delivery(4, 'four'), delivery(5, 'five')];
    return { type: 'inbox_page', value: { items, cursor: cursor(5), more: true, limited: undefined } };
  };
  const page = (await (await get('/v1/poll?since=1.1.3&limit=2')).json()) as { frames: never[] };
  expect(page).toMatchObject({ cursor: '1.1.5', more: true, frames: [{ deliveries: { items: [{}, {}] } }] });
});

test('a long poll is held until a push, and confirms what it took before its session ends', async () => {
  const polling = get('/v1/poll?since=1.1.0&wait=25');
  const [sessionId = ''] = await asked('session_open');
  live.cluster.push(sessionId, 0, ['new']);
  const page = await (await polling).json();
  expect(page).toMatchObject({
    cursor: '1.1.1',
    frames: [{ deliveries: { items: [{ event: { message: { text: 'new' } } }] } }],
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(live.cluster.told.map(({ notice }) => notice.type)).toEqual(['session_confirm', 'session_close']);
  expect(live.gateway.load().sessions).toBe(0);
});

test('a newer poll of the same device ends the older with an empty page', async () => {
  const older = get('/v1/poll?since=1.1.0&wait=25');
  await asked('session_open');
  const newer = get('/v1/poll?since=1.1.0&wait=25');
  expect(await (await older).json()).toEqual({ frames: [], cursor: '1.1.0', more: false });
  const ids = await asked('session_open', 2);
  live.cluster.push(ids[1] ?? '', 0, ['for the newer']);
  expect(((await (await newer).json()) as { frames: unknown[] }).frames).toHaveLength(1);
});

test('a long poll ends with an empty page when its time is over, 25 s at most', async () => {
  const polling = get('/v1/poll?since=1.1.0&wait=600');
  await asked('session_open');
  timers.get(25_000)?.();
  expect(await (await polling).json()).toEqual({ frames: [], cursor: '1.1.0', more: false });
  expect(live.cluster.noticesOf('session_close')).toHaveLength(1);
});

test('a long poll whose time is over in the very turn in which something came is answered with that', async () => {
  const polling = get('/v1/poll?since=1.1.0&wait=25');
  const [sessionId = ''] = await asked('session_open');
  live.cluster.push(sessionId, 0, ['new']);
  live.cluster.emit({
    type: 'session_event',
    sessionId,
    event: { type: 'readUpdate', value: { channelId: 'g', seq: 1 } },
  });
  timers.get(25_000)?.();
  const { frames, cursor: next } = (await (await polling).json()) as { frames: object[]; cursor: string };
  expect([next, frames.flatMap((frame) => Object.keys(frame))]).toEqual([
    '1.1.1',
    expect.arrayContaining(['deliveries', 'readUpdate']),
  ]);
});

test('a client that leaves a long poll leaves no session', async () => {
  const leaving = new AbortController();
  const polling = fetch(`http://${live.url}/v1/poll?since=1.1.0&wait=25`, { headers, signal: leaving.signal });
  await asked('session_open');
  leaving.abort();
  await expect(polling).rejects.toThrow();
  while (live.gateway.load().sessions > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(live.cluster.noticesOf('session_close')).toHaveLength(1);
});

/** A stream of server-sent events, as its fields arrive. */
class Events {
  readonly response: IncomingMessage;
  private text = '';
  private readonly source: AsyncIterator<Buffer>;

  private constructor(response: IncomingMessage) {
    this.response = response;
    this.source = response[Symbol.asyncIterator]();
  }

  static open(path: string, more: Record<string, string> = {}): Promise<Events> {
    return new Promise((resolve, reject) => {
      request(`http://${live.url}${path}`, { headers: more }, (answer) => resolve(new Events(answer)))
        .on('error', reject)
        .end();
    });
  }

  async next(): Promise<{ id: string | undefined; event: string | undefined; data: Record<string, never> }> {
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end >= 0) {
        const lines = this.text.slice(0, end).split('\n');
        this.text = this.text.slice(end + 2);
        const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        if (field('data')) return { id: field('id'), event: field('event'), data: JSON.parse(field('data') ?? '') };
        continue;
      }
      const { value, done } = await this.source.next();
      if (done) throw new Error('the stream ended');
      this.text += value.toString();
    }
  }
}

test('server-sent events: the welcome, deliveries with cursors as ids, and Last-Event-ID to go on', async () => {
  const stream = await Events.open('/v1/events?since=1.1.2&access_token=alice.phone');
  expect(stream.response.headers['content-type']).toMatch(/^text\/event-stream/);
  const welcome = await stream.next();
  const { sessionId } = welcome.data.welcome ?? { sessionId: '' };
  live.cluster.push(sessionId, 2, ['three', 'four']);
  expect((await stream.next()).id).toBe('1.1.4');
  stream.response.destroy();

  const again = await Events.open('/v1/events?since=1.1.2', { ...headers, 'last-event-id': '1.1.4' });
  expect((await again.next()).id).toBe('1.1.4');
  again.response.destroy();
  while (live.gateway.load().sessions > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('an event stream carries fan-out, and is acknowledged by POST', async () => {
  const channelId = 'gaaaaaaaaaaaaaaaa';
  const stream = await Events.open('/v1/events?since=1.1.0', headers);
  const { sessionId } = (await stream.next()).data.welcome ?? { sessionId: '' };
  live.cluster.emit({ type: 'fanout_interest', sessionId, add: [channelId], seqs: [], remove: [] });
  live.cluster.emit({ type: 'fanout', events: { channelId, head: 2, events: [message(2, 'all', channelId)] } });
  expect((await stream.next()).data).toMatchObject({ fanout: { head: 2 } });
  live.cluster.push(sessionId, 0, ['one']);
  await stream.next();
  expect((await post({ acknowledge: { cursor: cursor(1) } })).status).toBe(200);
  for (let turn = 0; turn < SWEEP_MS / SWEEP_TURN_MS; turn++) timers.get(SWEEP_TURN_MS)?.();
  expect(live.cluster.noticesOf('session_confirm').at(-1)?.confirmation.acknowledged).toMatchObject(cursor(1));
  stream.response.destroy();
});

test('an event stream that the user actor ends says with which code', async () => {
  const stream = await Events.open('/v1/events', headers);
  const { sessionId } = (await stream.next()).data.welcome ?? { sessionId: '' };
  live.cluster.emit({ type: 'session_end', sessionId, reason: 'session_revoked' });
  expect(await stream.next()).toMatchObject({ event: 'close', data: { code: 4003 } });
});

test('a drain tells everyone to go, ends long polls and waits for requests that are open', async () => {
  const client = await Client.login(live);
  const polling = get('/v1/poll?since=1.1.0&wait=25');
  await asked('session_open', 2);
  let answer: (value: Awaited<ReturnType<typeof obliging>>) => void = () => {};
  live.cluster.respond = () => new Promise((resolve) => (answer = resolve));
  const posting = post(send);
  await asked('request');
  const drained = live.gateway.drain({ deadlineMs: 5000, to: ['wss://other.example/v1/connect'] });
  expect((await client.next()).reconnect).toMatchObject({ to: ['wss://other.example/v1/connect'] });
  const polled = await polling;
  expect([polled.status, polled.headers.get('connection')]).toEqual([200, 'close']);
  expect(await polled.json()).toEqual({ frames: [], cursor: '1.1.0', more: false });
  answer({ type: 'done', value: {} });
  const response = await posting;
  expect(response.status).toBe(200);
  const tick = setInterval(() => timers.get(100)?.(), 1);
  expect(await client.closed).toBe(4200);
  await drained;
  clearInterval(tick);
  expect((await fetch(`http://${live.url}/v1/events`, { headers })).status).toBe(503);
});

test('a page of an allowed origin may poll, send and stream; no other may', async () => {
  live.gateway.close();
  const origin = 'https://chat.example';
  live = await goLive({ allowedOrigins: [origin] }, clock);
  const asking = { ...headers, origin };
  const preflight = await fetch(`http://${live.url}/v1/request`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  });
  expect(preflight.status).toBe(204);
  expect(Object.fromEntries(preflight.headers)).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-allow-headers': expect.stringContaining('authorization'),
    vary: 'origin',
  });
  const sending = { method: 'POST', headers: asking, body: JSON.stringify({ requestId: 1, ...send }) };
  const sent = await fetch(`http://${live.url}/v1/request`, sending);
  expect([sent.status, sent.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
  const polled = await fetch(`http://${live.url}/v1/poll`, { headers: asking });
  expect(polled.headers.get('access-control-allow-origin')).toBe(origin);
  const refused = await fetch(`http://${live.url}/v1/poll`, { headers: { origin } });
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
  const stream = await Events.open('/v1/events', asking);
  expect(stream.response.headers['access-control-allow-origin']).toBe(origin);
  stream.response.destroy();
  const foreign = await fetch(`http://${live.url}/v1/poll`, {
    headers: { ...headers, origin: 'https://evil.example' },
  });
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
});
