import { expect, test } from 'vitest';
import { CLOSE, ParleyError } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import { cursor, obliging } from './testing/fake-cluster.js';
import { Stage } from './testing/stage.js';

const send = (clientMessageId: string) => ({ userId: 'bob', clientMessageId, message: { text: 'hi' } });

test('a hello is answered by a welcome, with the request id it had', async () => {
  const stage = new Stage();
  const socket = stage.connect();
  socket.send({ requestId: 9, hello: { token: 'alice.phone', cursor: cursor(3) } });
  await stage.clock.settle();
  const [frame] = socket.read();
  expect(frame?.requestId).toBe(9);
  expect(frame?.welcome).toMatchObject({ userId: 'alice', deviceId: 'phone', resumed: false, cursor: cursor(3) });
  expect(stage.cluster.asked[0]).toMatchObject({
    actor: 'user:alice',
    question: { type: 'session_open', gateway: 'gateway-1', cursor: cursor(3) },
  });
});

test('pushes that overtake the answer to session_open are handed over after the welcome', async () => {
  const stage = new Stage();
  stage.cluster.respond = (actor, question) => {
    if (question.type === 'session_open') stage.cluster.push(question.caller.sessionId, 0, ['early']);
    return obliging(actor, question);
  };
  const socket = stage.connect();
  socket.send({ requestId: 1, hello: { token: 'alice.phone', cursor: cursor(0) } });
  await stage.clock.settle();
  expect(socket.readTypes()).toEqual(['welcome', 'deliveries']);
});

test.each([
  ['wrong', 'unauthenticated', CLOSE.unauthenticated],
  ['', 'unauthenticated', CLOSE.unauthenticated],
  ['expired', 'token_expired', CLOSE.token_expired],
])('the token "%s" is refused with %s', async (token, error, code) => {
  const stage = new Stage();
  const socket = stage.connect();
  socket.send({ requestId: 1, hello: { token } });
  await stage.clock.settle();
  expect(socket.readTypes()).toEqual([error]);
  expect(socket.closedWith).toBe(code);
});

test('a token of another device is refused', async () => {
  const stage = new Stage();
  const socket = stage.connect();
  socket.send({ requestId: 1, hello: { token: 'alice.phone', deviceId: 'laptop' } });
  await stage.clock.settle();
  expect(socket.closedWith).toBe(CLOSE.unauthenticated);
});

test('an actor that refuses the session ends the connection, and is told that it is closed', async () => {
  const stage = new Stage();
  stage.cluster.respond = () => Promise.reject(new ParleyError('cursor_invalid'));
  const socket = stage.connect();
  socket.send({ requestId: 1, hello: { token: 'alice.phone', cursor: cursor(99) } });
  await stage.clock.settle();
  expect(socket.readTypes()).toEqual(['cursor_invalid']);
  expect(socket.closedWith).toBe(CLOSE.bad_frame);
  expect(stage.cluster.noticesOf('session_close')).toHaveLength(1);
});

test('a connection lost while its session opens leaves no session behind', async () => {
  const stage = new Stage();
  const socket = stage.connect();
  socket.send({ requestId: 1, hello: { token: 'alice.phone' } });
  socket.link.lost(1006);
  await stage.clock.settle();
  expect(stage.host.sessions.size).toBe(0);
});

test('a frame before hello is refused and the connection closed', async () => {
  const stage = new Stage();
  const socket = stage.connect();
  socket.send({ requestId: 4, listChannels: {} });
  expect(socket.readTypes()).toEqual(['hello_required']);
  expect(socket.closedWith).toBe(CLOSE.bad_frame);
});

test('requests sent right behind the hello are answered after the welcome, in order', async () => {
  const stage = new Stage();
  const socket = stage.connect();
  socket.send({ requestId: 1, hello: { token: 'alice.phone' } });
  socket.send({ requestId: 2, send: send('a') });
  socket.send({ requestId: 3, send: send('b') });
  await stage.clock.settle();
  expect(socket.read().map((frame) => [frame.requestId, frame.body])).toEqual([
    [1, 'welcome'],
    [2, 'sendAck'],
    [3, 'sendAck'],
  ]);
});

test('a connection that says no hello is closed at the deadline', async () => {
  const stage = new Stage();
  const socket = stage.connect();
  await stage.sweeps(LIMITS.helloDeadlineMs / 1000);
  expect(socket.closedWith).toBeUndefined();
  await stage.sweeps(1);
  expect(socket.closedWith).toBe(CLOSE.hello_timeout);
  expect(stage.host.unauthenticated.size).toBe(0);
});

test('a session that goes silent is ended, and one that sends heartbeats is not', async () => {
  const stage = new Stage();
  const silent = await stage.login();
  const alive = await stage.login({ token: 'bob.phone', cursor: cursor(5) });
  for (let i = 0; i < 4; i++) {
    await stage.sweeps(10);
    alive.socket.send({ heartbeat: { cursor: cursor(5) } });
    await stage.clock.settle();
  }
  expect(silent.socket.closedWith).toBe(CLOSE.heartbeat_missed);
  expect(alive.socket.closedWith).toBeUndefined();
  expect(alive.socket.read().map((frame) => frame.heartbeat?.cursor?.inboxSeq)).toEqual([5, 5, 5, 5]);
});

test('a request is answered with its id, an error too', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  socket.send({ requestId: 7, send: send('a') });
  socket.send({ requestId: 8, send: { userId: 'bob', clientMessageId: 'b', message: { text: '' } } });
  stage.cluster.respond = () => Promise.reject(new ParleyError('not_a_member'));
  socket.send({ requestId: 9, getChannel: { channelId: 'gaaaaaaaaaaaaaaaa' } });
  await stage.clock.settle();
  const answers = socket.read().map((frame) => [frame.requestId, frame.error?.name ?? frame.body] as const);
  expect(answers.toSorted((a, b) => a[0] - b[0])).toEqual([
    [7, 'sendAck'],
    [8, 'message_empty'],
    [9, 'not_a_member'],
  ]);
});

test('a request without an id and a second hello are errors', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  socket.send({ requestId: 0, listChannels: {} });
  socket.send({ requestId: 2, hello: { token: 'alice.phone' } });
  await stage.clock.settle();
  expect(socket.readTypes()).toEqual(['invalid_argument', 'invalid_argument']);
});

test('frames that cannot be decoded are told so, and end the connection when they go on', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  socket.sendBytes(Uint8Array.of(0xff, 0xff, 0xff));
  socket.sendBytes(new Uint8Array(), true);
  socket.sendBytes(new Uint8Array(LIMITS.frameBytesMax + 1));
  await stage.clock.settle();
  expect(socket.readTypes()).toEqual(['malformed_frame', 'unknown_type', 'frame_too_large']);
  socket.sendBytes(Uint8Array.of(1), false);
  expect(socket.readTypes()).toEqual(['malformed_frame']);
  expect(socket.closedWith).toBe(CLOSE.bad_frame);
});

test('a request of an unknown kind is answered as one, however many come', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  for (let id = 1; id <= 6; id++) socket.send({ requestId: id });
  await stage.clock.settle();
  expect(socket.read().map(({ requestId, error }) => [requestId, error?.name])).toEqual(
    [1, 2, 3, 4, 5, 6].map((id) => [id, 'unknown_type']),
  );
  expect(socket.closedWith).toBeUndefined();
});

test('a session above its rate is told when to come back; a flood ends it', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  for (let i = 0; i <= LIMITS.sessionFramesBurst; i++) socket.send({ heartbeat: {} });
  await stage.clock.settle();
  const last = socket.read().at(-1)?.error;
  expect([last?.name, (last?.retryAfterMs ?? 0) > 0]).toEqual(['rate_limited', true]);
  await stage.clock.advance(1000);
  socket.send({ heartbeat: {} });
  await stage.clock.settle();
  expect(socket.readTypes()).toEqual(['heartbeat']);
  for (let i = 0; i < 2 * LIMITS.sessionFramesBurst + 100; i++) socket.send({ heartbeat: {} });
  expect(socket.closedWith).toBe(CLOSE.flood);
});

test('a request above the rate gets the refusal as its answer', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  for (let i = 0; i < LIMITS.sessionFramesBurst; i++) socket.send({ heartbeat: {} });
  await stage.clock.settle();
  socket.read();
  socket.send({ requestId: 77, markRead: { channelId: 'alice~bob', seq: 1 } });
  await stage.clock.settle();
  expect(socket.read().map(({ requestId, error }) => [requestId, error?.name])).toEqual([[77, 'rate_limited']]);
});

test('a session with too many open requests is told that it is too many', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  stage.cluster.respond = () => new Promise(() => {});
  for (let i = 1; i <= LIMITS.requestsInFlightPerSessionMax + 1; i++) {
    await stage.clock.advance(20);
    socket.send({ requestId: i, listChannels: {} });
  }
  await stage.clock.settle();
  const answers = socket.read();
  expect(answers.map(({ requestId, error }) => [requestId, error?.name, error?.retryAfterMs])).toEqual([
    [257, 'overloaded', 500],
  ]);
});

test('that somebody types is passed on every 3 s, that they stopped once while it is shown, and then the next letter at once', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  const passed = async (...said: readonly boolean[]): Promise<boolean[]> => {
    for (const stopped of said) socket.send({ typing: { channelId: 'alice~bob', stopped } });
    await stage.clock.settle();
    return stage.cluster.noticesOf('typing').map(({ stopped }) => stopped);
  };
  expect(await passed(true)).toEqual([]);
  expect(await passed(false, false)).toEqual([false]);
  await stage.clock.advance(LIMITS.typingShownMs - 1);
  expect(await passed(true, true)).toEqual([false, true]);
  expect(await passed(false)).toEqual([false, true, false]);
  await stage.clock.advance(LIMITS.typingShownMs);
  expect(await passed(true)).toHaveLength(3);
});

test('that somebody goes on to type after a message is passed on at once', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  const type = () => socket.send({ typing: { channelId: 'alice~bob', stopped: false } });
  type();
  socket.send({ requestId: 1, send: { userId: 'bob', clientMessageId: 'first', message: { text: 'one' } } });
  type();
  await stage.clock.settle();
  expect(stage.cluster.noticesOf('typing')).toHaveLength(2);
});
