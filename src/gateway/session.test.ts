import { expect, test } from 'vitest';
import { CLOSE } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import { cursor } from './testing/fake-cluster.js';
import { Stage } from './testing/stage.js';

const puts = (stage: Stage): (number | null | undefined)[] =>
  stage.cluster.noticesOf('session_confirm').map(({ confirmation }) => confirmation.put.inboxSeq);

test('pushes of one turn leave as one frame in one write', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  socket.writes = 0;
  stage.cluster.push(id, 0, ['a', 'b']);
  stage.cluster.push(id, 2, ['c']);
  await stage.clock.settle();
  expect(socket.writes).toBe(1);
  const frames = socket.read();
  expect(frames.map((frame) => [frame.sessionSeq, frame.deliveries?.items?.length])).toEqual([[1, 3]]);
});

test('a push that does not follow the last one is dropped, and the confirmation says where the session is', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login({ cursor: cursor(4) });
  stage.cluster.push(id, 5, ['hole']);
  await stage.clock.settle();
  expect(socket.texts()).toEqual([]);
  expect(puts(stage)).toEqual([4]);
  stage.cluster.push(id, 4, ['five', 'six']);
  stage.cluster.push(id, 4, ['five', 'six']);
  await stage.clock.settle();
  expect(socket.texts()).toEqual(['five', 'six']);
  expect(puts(stage)).toEqual([4, 6]);
  const lacking = stage.cluster.noticesOf('session_confirm').map(({ confirmation }) => confirmation.lacking);
  expect(lacking).toEqual([true, false]);
});

test('a push of a lower epoch is dropped; one of a higher epoch may go back, never ahead', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  stage.cluster.push(id, 0, ['a', 'b'], { epoch: { term: 2, sub: 1 } });
  stage.cluster.push(id, 2, ['late'], { epoch: { term: 1, sub: 9 } });
  stage.cluster.push(id, 3, ['ahead'], { epoch: { term: 3, sub: 1 } });
  stage.cluster.push(id, 1, ['again'], { epoch: { term: 3, sub: 1 } });
  await stage.clock.settle();
  expect(socket.texts()).toEqual(['a', 'b', 'again']);
});

test('an entry that only moves the cursor waits for the next frame', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  stage.cluster.push(id, 0, [undefined]);
  await stage.clock.settle();
  expect(socket.read()).toEqual([]);
  stage.cluster.push(id, 1, ['b']);
  await stage.clock.settle();
  expect(socket.texts()).toEqual(['-', 'b']);
});

test('an entry that only moves the cursor is put at the next sweep, and confirmed', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  stage.cluster.push(id, 0, [undefined]);
  await stage.sweeps(1);
  expect(socket.texts()).toEqual(['-']);
  expect(puts(stage)).toEqual([1]);
});

test('receipts wait for the next frame, or the next sweep', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  const receipts = (): void =>
    stage.cluster.emit({ type: 'session_event', sessionId: id, event: { type: 'receipts', value: {} } });
  receipts();
  await stage.clock.settle();
  expect(socket.readTypes()).toEqual([]);
  stage.cluster.push(id, 0, ['a']);
  await stage.clock.settle();
  expect(socket.readTypes()).toEqual(['receipts', 'deliveries']);
  receipts();
  await stage.sweeps(1);
  expect(socket.readTypes()).toEqual(['receipts']);
});

test('confirmations come once a sweep, and only when something changed', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  await stage.sweeps(2);
  expect(puts(stage)).toEqual([]);
  stage.cluster.push(id, 0, ['a']);
  await stage.clock.settle();
  stage.cluster.push(id, 1, ['b']);
  await stage.clock.settle();
  expect(puts(stage)).toEqual([]);
  await stage.sweeps(2);
  expect(puts(stage)).toEqual([2]);
  socket.send({ acknowledge: { cursor: cursor(2), sessionSeq: 2 } });
  await stage.sweeps(2);
  const last = stage.cluster.noticesOf('session_confirm').at(-1)?.confirmation;
  expect([last?.put.inboxSeq, last?.acknowledged?.inboxSeq]).toEqual([2, 2]);
  expect(puts(stage)).toHaveLength(2);
});

test('the lease of a session is renewed thrice in its time, though nothing changes', async () => {
  const stage = new Stage();
  const { socket } = await stage.login();
  for (let i = 0; i < 7; i++) {
    socket.send({ heartbeat: {} });
    await stage.sweeps(10);
  }
  expect(puts(stage)).toEqual([0, 0]);
  const caller = { userId: 'alice', deviceId: 'phone' };
  expect(stage.cluster.noticesOf('session_confirm')[0]).toMatchObject({ caller, gateway: 'gateway-1', visible: true });
});

test('the cursor that a device comes with is confirmed as acknowledged', async () => {
  const stage = new Stage();
  await stage.login({ cursor: cursor(4) });
  await stage.sweeps(2);
  const confirmations = stage.cluster.noticesOf('session_confirm').map(({ confirmation }) => confirmation);
  expect(confirmations.map(({ put, acknowledged }) => [put, acknowledged])).toEqual([[cursor(4), cursor(4)]]);
});

test('a push that wants it is confirmed at once, or when a full socket has drained', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  stage.cluster.push(id, 0, ['a'], { confirmNow: true });
  await stage.clock.settle();
  expect(puts(stage)).toEqual([1]);
  socket.buffered = 100 * 1024;
  stage.cluster.push(id, 1, ['b'], { confirmNow: true });
  await stage.clock.settle();
  expect(puts(stage)).toEqual([1]);
  socket.buffered = 0;
  socket.link.drained();
  expect(puts(stage)).toEqual([1, 2]);
});

test('an acknowledgement of what was never given is an error', async () => {
  const stage = new Stage();
  const { socket } = await stage.login({ cursor: cursor(3) });
  socket.send({ acknowledge: { cursor: cursor(4) } });
  await stage.clock.settle();
  expect(socket.readTypes()).toEqual(['cursor_invalid']);
});

test('under pressure typing goes first, then presence and receipts; messages, limited and read updates never', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  const event = (type: string, value: object) =>
    stage.cluster.emit({ type: 'session_event', sessionId: id, event: { type, value } as never });
  let position = 0;
  const gets = async (bufferedBytes: number): Promise<string[]> => {
    socket.buffered = bufferedBytes;
    event('typing', { channelId: 'alice~bob', userId: 'bob' });
    event('presence', { items: [] });
    event('receipts', {
      channelId: 'alice~bob',
      items: [{ userId: 'bob', deliveredSeq: position, readSeq: position }],
    });
    stage.cluster.push(id, position, [`message ${++position}`]);
    event('readUpdate', { channelId: 'alice~bob', seq: 1, unread: 0 });
    await stage.clock.settle();
    return socket.readTypes();
  };
  const kept = ['deliveries', 'readUpdate'];
  expect(await gets(0)).toEqual(['typing', 'presence', 'receipts', ...kept]);
  expect(await gets(100 * 1024)).toEqual(['presence', 'receipts', ...kept]);
  expect(await gets(LIMITS.sessionSendBytesMax - 1)).toEqual(kept);
  event('limited', { heads: [], cursor: cursor(9), more: false });
  await stage.clock.settle();
  expect(socket.readTypes()).toEqual(['limited']);
  expect((await gets(0)).slice(0, 3)).toEqual(['typing', 'presence', 'receipts']);
});

test('a session whose budget is spent is closed as a slow reader, and can be resumed', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  socket.buffered = LIMITS.sessionSendBytesMax + 1;
  stage.cluster.push(id, 0, ['lost']);
  await stage.clock.settle();
  expect(socket.closedWith).toBe(CLOSE.slow_reader);
  const again = await stage.login({ resume: { sessionId: id, sessionSeq: 0 } });
  expect(again.welcome.resumed).toBe(true);
  expect(again.id).toBe(id);
});

test('after limited the inbox goes on at the cursor it names', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login({ cursor: cursor(2) });
  const limited = { heads: [], cursor: cursor(90), more: false };
  stage.cluster.emit({ type: 'session_event', sessionId: id, event: { type: 'limited', value: limited as never } });
  stage.cluster.push(id, 90, ['next']);
  await stage.clock.settle();
  const frames = socket.read();
  expect(frames.map((frame) => [frame.sessionSeq, frame.body])).toEqual([
    [1, 'limited'],
    [2, 'deliveries'],
  ]);
});

test('the user actor can end a session, by reason', async () => {
  for (const reason of ['session_revoked', 'owner_changed', 'session_superseded'] as const) {
    const stage = new Stage();
    const { socket, id } = await stage.login();
    stage.cluster.emit({ type: 'session_end', sessionId: id, reason });
    expect(socket.closedWith).toBe(CLOSE[reason]);
    expect(stage.host.sessions.size).toBe(0);
  }
});
