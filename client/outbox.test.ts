import { describe, expect, it } from 'vitest';
import { v1 } from '../src/protocol/wire.js';
import { memoryStorage } from './storage.js';
import { settle } from './testing/fake-clock.js';
import { messageEvent, type ScriptedSocket } from './testing/scripted-gateway.js';
import { online, type Setup, setup } from './testing/setup.js';
import type { PendingMessage } from './types.js';

const GROUP = 'gaaaaaaaaaaaaaaaa';

/** Online, in a group whose events up to 10 it has seen. */
async function inGroup(given: Setup): Promise<ScriptedSocket> {
  const socket = await online(given);
  socket.deliver(1, messageEvent(GROUP, 10, 'bob', 'ten'));
  return socket;
}

const send = (given: Setup, text: string): PendingMessage => given.client.send({ channelId: GROUP, text });

/** The sends that came, with the id of their request. */
const sends = (socket: ScriptedSocket): { readonly id: number; readonly send: v1.Send }[] =>
  socket.frames.flatMap(({ requestId, body }) => (body.type === 'send' ? [{ id: requestId, send: body.value }] : []));

function acknowledge(socket: ScriptedSocket, index: number, seq: number): void {
  const sent = sends(socket)[index];
  if (sent === undefined) throw new Error(`send ${index} did not come`);
  socket.acknowledge(sent.id, sent.send, seq);
}

function refuse(socket: ScriptedSocket, index: number, name: string, retry = v1.Retry.NEVER): void {
  socket.refuse(sends(socket)[index]?.id ?? 0, name, retry);
}

const texts = (socket: ScriptedSocket): (string | null | undefined)[] =>
  sends(socket).map((sent) => sent.send.message?.text);

describe('the outbox', () => {
  it('sends with the known head as base and hands the own message on at its acknowledged position', async () => {
    const given = setup();
    const socket = await inGroup(given);
    const message = send(given, 'mine');
    expect(message.state).toBe('pending');
    expect(sends(socket)[0]?.send).toMatchObject({ channelId: GROUP, base: 10, after: '', message: { text: 'mine' } });
    expect(message.clientMessageId).toMatch(/^[0-9a-f]{32}$/);
    acknowledge(socket, 0, 11);
    expect(message).toMatchObject({ state: 'sent', seq: 11, messageId: '11' });
    await expect(message.sent()).resolves.toMatchObject({ seq: 11 });
    expect(given.seen.at(-1)).toBe(`${GROUP}#11 mine`);
    socket.deliver(2);
    await given.clock.advance(1000);
    expect(socket.got('acknowledge').at(-1)?.cursor?.inboxSeq).toBe(2);
    expect(given.seen).toHaveLength(2);
  });

  it('pipelines up to the limit, each naming the one before, and keeps the order with other people', async () => {
    const given = setup();
    const socket = await inGroup(given);
    const messages = ['a', 'b', 'c', 'd', 'e'].map((text) => send(given, text));
    expect(texts(socket)).toEqual(['a', 'b', 'c', 'd']);
    expect(sends(socket).map((sent) => sent.send.after)).toEqual([
      '',
      ...messages.slice(0, 3).map((message) => message.clientMessageId),
    ]);
    acknowledge(socket, 1, 13);
    acknowledge(socket, 0, 11);
    expect(given.seen.at(-1)).toBe(`${GROUP}#11 a`);
    socket.deliver(2, messageEvent(GROUP, 12, 'bob', 'between'));
    expect(given.seen.slice(-2)).toEqual([`${GROUP}#12 between`, `${GROUP}#13 b`]);
    expect(texts(socket)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('sends again after a reconnect with the same id and base, and takes the position it already had', async () => {
    const given = setup();
    const socket = await inGroup(given);
    const message = send(given, 'mine');
    const first = sends(socket)[0]?.send;
    socket.deliver(2, messageEvent(GROUP, 11, 'bob', 'since'));
    socket.cut();
    await given.clock.advance(1000);
    given.gateway.socket.welcome({ cursor: { term: 1, sub: 0, inboxSeq: 2 } });
    const next = given.gateway.socket;
    expect(sends(next)[0]?.send).toEqual(first);
    next.deliver(3, messageEvent(GROUP, 12, 'alice', 'mine', message.clientMessageId));
    expect(message).toMatchObject({ state: 'sent', seq: 12 });
    acknowledge(next, 0, 12);
    expect(given.seen.slice(1)).toEqual([`${GROUP}#11 since`, `${GROUP}#12 mine`]);
  });

  it('repeats with the same id after a time-out of the server, and after its silence', async () => {
    const given = setup();
    const socket = await inGroup(given);
    socket.onFrame = ({ body }) => {
      if (body.type === 'heartbeat')
        socket.say({ requestId: 0, sessionSeq: 0, body: { type: 'heartbeat', value: {} } });
    };
    send(given, 'mine');
    refuse(socket, 0, 'timeout', v1.Retry.BACKOFF);
    await given.clock.advance(5000);
    expect(texts(socket)).toEqual(['mine', 'mine']);
    await given.clock.advance(30_000);
    expect(sends(socket).length).toBeGreaterThanOrEqual(3);
    expect(new Set(sends(socket).map((sent) => sent.send.clientMessageId)).size).toBe(1);
    acknowledge(socket, 1, 11); // late, of an attempt that was given up
    expect(given.seen.at(-1)).toBe(`${GROUP}#11 mine`);
  });

  it('rests for the refusals of this connection only, however many connections were lost before', async () => {
    const given = setup();
    let socket = await inGroup(given);
    send(given, 'mine');
    for (let lost = 0; lost < 8; lost++) {
      socket.cut();
      while (given.gateway.socket === socket) await given.clock.advance(100);
      socket = given.gateway.socket;
      socket.welcome({ cursor: { term: 1, sub: 0, inboxSeq: 1 } });
    }
    const sentBefore = sends(socket).length;
    refuse(socket, sentBefore - 1, 'overloaded', v1.Retry.BACKOFF);
    await given.clock.advance(1100);
    expect(sends(socket)).toHaveLength(sentBefore + 1);
  });

  it('sends again in order what came out of order', async () => {
    const given = setup();
    const socket = await inGroup(given);
    send(given, 'a');
    send(given, 'b');
    refuse(socket, 1, 'out_of_order', v1.Retry.BACKOFF);
    expect(texts(socket)).toEqual(['a', 'b']);
    refuse(socket, 0, 'overloaded', v1.Retry.BACKOFF);
    await given.clock.advance(5000);
    expect(texts(socket)).toEqual(['a', 'b', 'a', 'b']);
    acknowledge(socket, 2, 11);
    acknowledge(socket, 3, 12);
    expect(given.seen.slice(1)).toEqual([`${GROUP}#11 a`, `${GROUP}#12 b`]);
  });

  it('fails what is refused for good, and the next one no longer names it', async () => {
    const given = setup();
    const socket = await inGroup(given);
    const refused = send(given, 'too long');
    send(given, 'b');
    refuse(socket, 0, 'message_too_large');
    refuse(socket, 1, 'out_of_order', v1.Retry.BACKOFF);
    expect(refused).toMatchObject({ state: 'failed', error: { kind: 'message_too_large' } });
    await expect(refused.sent()).rejects.toMatchObject({ kind: 'message_too_large' });
    expect(sends(socket).at(-1)?.send).toMatchObject({ message: { text: 'b' }, after: '' });
    acknowledge(socket, 2, 11);
    expect(given.seen.at(-1)).toBe(`${GROUP}#11 b`);
  });

  it('takes a new id and base at once when its only attempt expired', async () => {
    const given = setup();
    const socket = await inGroup(given);
    const message = send(given, 'mine');
    const old = message.clientMessageId;
    refuse(socket, 0, 'expired');
    expect(sends(socket)).toHaveLength(2);
    expect(sends(socket)[1]?.send.clientMessageId).not.toBe(old);
    acknowledge(socket, 1, 11);
    expect(message).toMatchObject({ state: 'sent', seq: 11 });
  });

  it('asks the log before it takes a new id, when more than one attempt was made', async () => {
    const given = setup();
    const socket = await inGroup(given);
    const stored = send(given, 'stored');
    refuse(socket, 0, 'timeout', v1.Retry.BACKOFF);
    await given.clock.advance(5000);
    refuse(socket, 1, 'expired');
    expect(socket.got('readHistory')).toMatchObject([{ channelId: GROUP, afterSeq: 10 }]);
    const events = [messageEvent(GROUP, 11, 'alice', 'stored', stored.clientMessageId)];
    socket.answer(socket.request('readHistory'), {
      type: 'history',
      value: { channelId: GROUP, events, head: 11, floor: 0 },
    });
    await given.clock.advance(10);
    expect(stored).toMatchObject({ state: 'sent', seq: 11 });
    expect(sends(socket)).toHaveLength(2);
    expect(given.seen.at(-1)).toBe(`${GROUP}#11 stored`);
  });

  it('asks for the head of a channel it does not know, and waits for the first events of a new one', async () => {
    const given = setup();
    const socket = await online(given);
    given.client.send({ to: 'bob', text: 'hello' });
    expect(socket.got('getChannel')).toMatchObject([{ channelId: 'alice~bob' }]);
    socket.refuse(socket.request('getChannel'), 'channel_not_found', v1.Retry.NEVER);
    await given.clock.advance(0);
    expect(sends(socket)[0]?.send).toMatchObject({ channelId: 'alice~bob', base: 0 });
    acknowledge(socket, 0, 2);
    expect(given.seen).toEqual([]);
    const created = v1.Event.fromObject({ channelId: 'alice~bob', seq: 1, from: 'alice', created: { kind: 1 } });
    socket.deliver(1, created);
    expect(given.seen).toEqual(['alice~bob#1 created', 'alice~bob#2 hello']);
  });

  it('waits a little with the first own message in a channel: the inbox may still bring what was said before', async () => {
    const given = setup();
    const socket = await online(given);
    for (const channelId of [GROUP, 'alice~bob']) {
      given.client.send({ channelId, text: 'mine' });
      socket.answer(socket.request('getChannel'), { type: 'channel', value: { channelId, head: 10 } });
      await given.clock.advance(0);
    }
    acknowledge(socket, 0, 11);
    acknowledge(socket, 1, 11);
    socket.deliver(1, messageEvent(GROUP, 10, 'bob', 'ten'));
    expect(given.seen).toEqual([`${GROUP}#10 ten`, `${GROUP}#11 mine`]);
    await given.clock.advance(1000);
    expect(given.seen.at(-1)).toBe('alice~bob#11 mine');
    expect(socket.got('readHistory')).toEqual([]);
  });

  it('survives a restart with a storage: the same id and base, in order, before what is new', async () => {
    const storage = memoryStorage();
    const first = setup({ storage });
    const socket = await inGroup(first);
    send(first, 'a');
    send(first, 'b');
    await first.clock.advance(1000);
    const before = sends(socket).map((sent) => sent.send);
    await first.client.close();

    const second = setup({ storage });
    const next = await online(second);
    send(second, 'c');
    expect(
      sends(next)
        .slice(0, 2)
        .map((sent) => sent.send),
    ).toEqual(before);
    expect(texts(next)).toEqual(['a', 'b', 'c']);
    expect(second.client.pending(GROUP).map(({ text }) => text)).toEqual(['a', 'b', 'c']);
    for (let i = 0; i < 3; i++) acknowledge(next, i, 11 + i);
    await second.clock.advance(10);
    expect(await storage.load()).toMatchObject({ outbox: [] });
  });

  it('still knows after a restart what it has tried, and with which base', async () => {
    const storage = memoryStorage();
    const first = setup({ storage });
    const before = await inGroup(first);
    first.gateway.accepts = false;
    before.cut();
    const untried = first.client.send({ channelId: GROUP, text: 'mine', deadlineMs: 60_000 });
    await first.clock.advance(1000);
    expect(await storage.load()).toMatchObject({ outbox: [{ text: 'mine' }] });
    first.gateway.socket.open();
    first.gateway.socket.welcome();
    await settle();
    expect(sends(first.gateway.socket)).toMatchObject([{ send: { base: 10 } }]);

    const second = setup({ storage }); // the first one died, and the deadline has passed before this one is online
    await second.clock.advance(70_000);
    void second.client.connect();
    await second.clock.advance(100);
    const next = second.gateway.socket;
    next.welcome();
    expect(sends(next)).toMatchObject([{ send: { base: 10, clientMessageId: untried.clientMessageId } }]);
  });

  it('hands on after a restart what was acknowledged ahead of a gap before it', async () => {
    const storage = memoryStorage();
    const first = setup({ storage });
    const socket = await inGroup(first);
    send(first, 'a');
    acknowledge(socket, 0, 12);
    socket.deliver(2);
    await first.client.close();
    const second = setup({ storage });
    const next = await online(second);
    expect(next.got('hello')[0]?.cursor?.inboxSeq).toBe(2);
    await second.clock.advance(1000);
    const events = [messageEvent(GROUP, 11, 'bob', 'eleven'), messageEvent(GROUP, 12, 'alice', 'a')];
    next.answer(next.request('readHistory'), {
      type: 'history',
      value: { channelId: GROUP, events, head: 12, floor: 0 },
    });
    await second.clock.advance(10);
    expect(second.seen).toEqual([`${GROUP}#11 eleven`, `${GROUP}#12 a`]);
  });

  it('fails at its deadline what was never tried, and never what was', async () => {
    const given = setup();
    const socket = await inGroup(given);
    const tried = given.client.send({ channelId: GROUP, text: 'tried', deadlineMs: 100 });
    given.gateway.accepts = false;
    socket.cut();
    const untried = given.client.send({ channelId: GROUP, text: 'untried', deadlineMs: 100 });
    await given.clock.advance(5000);
    expect(untried).toMatchObject({ state: 'failed', error: { kind: 'timeout' } });
    expect(tried.state).toBe('pending');
  });

  it('refuses more sends than it may hold', async () => {
    const given = setup({ outboxMax: 2 });
    await inGroup(given);
    send(given, 'a');
    send(given, 'b');
    expect(() => send(given, 'c')).toThrow(expect.objectContaining({ kind: 'overloaded' }));
  });

  it('moves from sent to delivered to read by the cursors of others', async () => {
    const given = setup();
    const socket = await inGroup(given);
    const states: string[] = [];
    given.client.on('sendState', ({ state }) => states.push(state));
    send(given, 'mine');
    acknowledge(socket, 0, 11);
    const receipt = (userId: string, deliveredSeq: number, readSeq: number): void =>
      socket.push({ type: 'receipts', value: { channelId: GROUP, items: [{ userId, deliveredSeq, readSeq }] } });
    receipt('alice', 11, 11);
    receipt('bob', 10, 10);
    receipt('bob', 11, 10);
    receipt('bob', 11, 11);
    expect(states).toEqual(['sent', 'delivered', 'read']);
  });
});
