import { expect, test } from 'vitest';
import { CLOSE } from '../core/errors.js';
import { drainSessions } from './drain.js';
import type { FakeSocket } from './testing/fake-socket.js';
import { Stage } from './testing/stage.js';

const idle = { finishPolls: () => {}, requestsInFlight: () => 0 };

test('a drain tells everyone first, then closes in batches, and ends detached sessions', async () => {
  const stage = new Stage();
  const sockets: FakeSocket[] = [];
  for (let i = 0; i < 300; i++) sockets.push((await stage.login({ token: `user${i}.phone` })).socket);
  sockets[0]?.link.lost(1006);
  const draining = drainSessions(stage.host, { deadlineMs: 10_000, to: ['wss://b.example/v1/connect'] }, idle);
  await stage.clock.settle();
  const closed = (): number => sockets.filter((socket) => socket.closedWith === CLOSE.draining).length;
  expect(closed()).toBeGreaterThan(0);
  expect(closed()).toBeLessThan(200);
  const told = sockets.at(-1)?.read()[0]?.reconnect;
  expect([told?.spreadMs, told?.to]).toEqual([300, ['wss://b.example/v1/connect']]);
  await stage.clock.advance(400);
  await draining;
  expect(closed()).toBe(299);
  expect(stage.cluster.noticesOf('session_close')).toHaveLength(300);
});

test('a session with an open request is closed after its answer', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  let answer = (): void => {};
  stage.cluster.respond = () =>
    new Promise((resolve) => {
      answer = () => resolve({ type: 'done', value: {} });
    });
  socket.send({ requestId: 2, listChannels: {} });
  const draining = drainSessions(stage.host, { deadlineMs: 10_000, to: [] }, idle);
  await stage.clock.advance(1000);
  expect(socket.closedWith).toBeUndefined();
  answer();
  await stage.clock.advance(200);
  await draining;
  expect(socket.readTypes()).toEqual(['reconnect', 'done']);
  expect(socket.closedWith).toBe(CLOSE.draining);
});

test('at the deadline a drain closes what is left', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  stage.cluster.respond = () => new Promise(() => {});
  socket.send({ requestId: 2, listChannels: {} });
  const draining = drainSessions(stage.host, { deadlineMs: 2000, to: [] }, idle);
  await stage.clock.advance(2100);
  await draining;
  expect(socket.closedWith).toBe(CLOSE.draining);
});

test('a hello that comes during a drain is sent elsewhere', async () => {
  const stage = new Stage();
  const socket = stage.connect();
  const early = drainSessions(stage.host, { deadlineMs: 1000, to: [] }, idle);
  await stage.clock.settle();
  await early;
  expect(socket.closedWith).toBe(CLOSE.draining);
  const late = stage.connect();
  late.send({ requestId: 1, hello: { token: 'alice.phone' } });
  expect(late.readTypes()).toEqual(['draining']);
  expect(late.closedWith).toBe(CLOSE.draining);
});

test('a drain that is called off closes nobody more, and new sessions are taken again', async () => {
  const stage = new Stage();
  const sockets: FakeSocket[] = [];
  for (let i = 0; i < 300; i++) sockets.push((await stage.login({ token: `user${i}.phone` })).socket);
  const calledOff = new AbortController();
  const draining = drainSessions(stage.host, { deadlineMs: 10_000, to: [], calledOff: calledOff.signal }, idle);
  await stage.clock.settle();
  const closed = (): number => sockets.filter((socket) => socket.closedWith === CLOSE.draining).length;
  const before = closed();
  expect([before > 0, before < 300, stage.host.draining]).toEqual([true, true, true]);
  calledOff.abort();
  await stage.clock.advance(20_000);
  await draining;
  expect([closed(), stage.host.draining]).toEqual([before, false]);
  await stage.login({ token: 'late.phone' });
});

test('a resume that comes during a drain is sent elsewhere, too', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  socket.link.lost(1006);
  const calledOff = new AbortController();
  void drainSessions(stage.host, { deadlineMs: 1_000, to: [], calledOff: calledOff.signal }, idle);
  await stage.clock.advance(2_000);
  const again = stage.connect();
  again.send({ requestId: 1, hello: { token: 'alice.phone', resume: { sessionId: id, sessionSeq: 0 } } });
  expect([again.readTypes(), again.closedWith]).toEqual([['draining'], CLOSE.draining]);
});
