import { expect, test } from 'vitest';
import { CLOSE } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import { cursor } from './testing/fake-cluster.js';
import { Stage } from './testing/stage.js';

test('a resumed session gets again what the device had not received, then what came while it was away', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login({ cursor: cursor(0) });
  stage.cluster.push(id, 0, ['one']);
  await stage.clock.settle();
  stage.cluster.push(id, 1, ['two']);
  await stage.clock.settle();
  socket.link.lost(1006);
  stage.cluster.push(id, 2, ['away']);
  await stage.clock.settle();

  const back = await stage.login({ resume: { sessionId: id, sessionSeq: 1 } });
  expect(back.welcome.resumed).toBe(true);
  expect(back.socket.texts()).toEqual(['two']);
  expect(stage.cluster.noticesOf('session_confirm').at(-1)?.confirmation.put.inboxSeq).toBe(2);
  stage.cluster.push(id, 2, ['away']);
  await stage.clock.settle();
  const [frame] = back.socket.read();
  expect([frame?.sessionSeq, frame?.deliveries?.items?.[0]?.event?.message?.text]).toEqual([3, 'away']);
});

test('nothing is confirmed while nobody is attached', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login({ cursor: cursor(0) });
  socket.link.lost(1006);
  stage.cluster.push(id, 0, ['away'], { confirmNow: true });
  await stage.sweeps(3);
  expect(stage.cluster.noticesOf('session_confirm')).toEqual([]);
});

test('a read update that comes while the device is away is there when it resumes', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  socket.link.lost(1006);
  const value = { channelId: 'alice~bob', seq: 3, unread: 0 };
  stage.cluster.emit({ type: 'session_event', sessionId: id, event: { type: 'readUpdate', value } });
  const back = await stage.login({ resume: { sessionId: id, sessionSeq: 0 } });
  expect(back.socket.readTypes()).toEqual(['readUpdate']);
});

test('a detached session ends after the resume window, and its user actor hears of it', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  socket.link.lost(1006);
  await stage.sweeps(LIMITS.sessionResumeMs / 1000);
  expect(stage.cluster.noticesOf('session_close')).toEqual([]);
  await stage.sweeps(1);
  expect(stage.cluster.noticesOf('session_close')).toEqual([{ type: 'session_close', sessionId: id }]);
  const back = await stage.login({ resume: { sessionId: id, sessionSeq: 0 } });
  expect(back.welcome.resumed).toBe(false);
});

test('a client that says goodbye ends its session at once', async () => {
  for (const code of [1000, 1001]) {
    const stage = new Stage();
    const { socket } = await stage.login();
    socket.link.lost(code);
    expect(stage.cluster.noticesOf('session_close')).toHaveLength(1);
  }
});

test("another user's or another device's session cannot be resumed", async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  socket.link.lost(1006);
  for (const token of ['bob.phone', 'alice.laptop']) {
    const other = await stage.login({ token, resume: { sessionId: id, sessionSeq: 0 } });
    expect(other.welcome.resumed).toBe(false);
  }
  expect((await stage.login({ resume: { sessionId: id, sessionSeq: 0 } })).welcome.resumed).toBe(true);
});

test('what no longer fits the ring makes the session start anew from the cursor', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login({ cursor: cursor(0) });
  for (let seq = 0; seq < 10; seq++) {
    stage.cluster.push(id, seq, ['x'.repeat(10_000)]);
    await stage.clock.settle();
  }
  socket.link.lost(1006);
  const back = await stage.login({ cursor: cursor(1), resume: { sessionId: id, sessionSeq: 1 } });
  expect(back.welcome.resumed).toBe(false);
  expect(back.welcome.cursor?.inboxSeq).toBe(1);
  expect(stage.host.sessions.size).toBe(1);
});

test('acknowledged frames leave the ring, so that the device cannot ask for them again', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login({ cursor: cursor(0) });
  stage.cluster.push(id, 0, ['one']);
  await stage.clock.settle();
  socket.send({ acknowledge: { cursor: cursor(1), sessionSeq: 1 } });
  socket.link.lost(1006);
  expect((await stage.login({ resume: { sessionId: id, sessionSeq: 0 } })).welcome.resumed).toBe(false);
});

test('a session that the server still believes in moves to the new connection', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login({ cursor: cursor(0) });
  const back = await stage.login({ resume: { sessionId: id, sessionSeq: 0 } });
  expect(back.welcome.resumed).toBe(true);
  expect(socket.closedWith).toBe(CLOSE.session_superseded);
  stage.cluster.push(id, 0, ['one']);
  await stage.clock.settle();
  expect(back.socket.texts()).toEqual(['one']);
  expect(stage.cluster.noticesOf('session_close')).toEqual([]);
});

test('a session_seq that was never given out does not resume', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  socket.link.lost(1006);
  expect((await stage.login({ resume: { sessionId: id, sessionSeq: 5 } })).welcome.resumed).toBe(false);
});
