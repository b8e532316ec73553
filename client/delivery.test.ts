import { describe, expect, it } from 'vitest';
import { EncodedEvent } from '../src/protocol/encoded-event.js';
import { v1 } from '../src/protocol/wire.js';
import { memoryStorage } from './storage.js';
import { messageEvent, type ScriptedSocket } from './testing/scripted-gateway.js';
import { online, type Setup, setup } from './testing/setup.js';

const GROUP = 'gaaaaaaaaaaaaaaaa';
const said = (seq: number, text = `m${seq}`): v1.Event => messageEvent(GROUP, seq, 'bob', text);

function history(socket: ScriptedSocket, events: v1.Event[], head: number): void {
  socket.answer(socket.request('readHistory'), {
    type: 'history',
    value: { channelId: GROUP, events, head, floor: 0 },
  });
}

const texts = (given: Setup): string[] => given.seen.map((line) => line.replace(`${GROUP}#`, ''));

describe('delivery to the application', () => {
  it('hands on inbox entries in order and acknowledges the cursor once a second', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(1, said(1));
    socket.deliver(2, said(2));
    expect(texts(given)).toEqual(['1 m1', '2 m2']);
    expect(socket.got('acknowledge')).toEqual([]);
    await given.clock.advance(1000);
    expect(socket.got('acknowledge')).toMatchObject([{ cursor: { inboxSeq: 2 }, sessionSeq: 2 }]);
    await given.clock.advance(5000);
    expect(socket.got('acknowledge')).toHaveLength(1);
  });

  it('acknowledges at once after fifty entries', async () => {
    const given = setup();
    const socket = await online(given);
    for (let seq = 1; seq <= 50; seq++) socket.deliver(seq, said(seq));
    expect(socket.got('acknowledge').map(({ cursor }) => cursor?.inboxSeq)).toEqual([50]);
  });

  it('drops what came before, by cursor and by (channel, seq)', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(1, said(1));
    socket.deliver(1, said(1));
    socket.deliver(2, said(1));
    socket.deliver(3, said(2));
    expect(texts(given)).toEqual(['1 m1', '2 m2']);
  });

  it('drops entries of a lower epoch than it has seen', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(1, said(1), { term: 2, sub: 0 });
    socket.deliver(2, said(2, 'of an old owner'), { term: 1, sub: 9 });
    socket.deliver(2, said(2), { term: 2, sub: 0 });
    expect(texts(given)).toEqual(['1 m1', '2 m2']);
  });

  it('holds what is ahead of a gap, and fills the gap from history after a while', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(1, said(1));
    socket.deliver(2, said(4));
    expect(texts(given)).toEqual(['1 m1']);
    await given.clock.advance(1000);
    expect(socket.got('readHistory')).toMatchObject([{ channelId: GROUP, afterSeq: 1 }]);
    await given.clock.advance(1000);
    expect(socket.got('acknowledge').at(-1)?.cursor?.inboxSeq).toBe(1);
    history(socket, [said(2), said(3), said(4)], 4);
    await given.clock.advance(1000);
    expect(texts(given)).toEqual(['1 m1', '2 m2', '3 m3', '4 m4']);
    expect(socket.got('acknowledge').at(-1)?.cursor?.inboxSeq).toBe(2);
  });

  it('asks no history for a gap that closes by itself', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(1, said(1));
    socket.fanout(GROUP, 3, [said(3)]);
    socket.deliver(2, said(2));
    await given.clock.advance(5000);
    expect(texts(given)).toEqual(['1 m1', '2 m2', '3 m3']);
    expect(socket.got('readHistory')).toEqual([]);
  });

  it('goes on after a gap that the log does not hold for it, or refuses to show', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(1, said(1));
    socket.deliver(2, said(5));
    await given.clock.advance(1000);
    history(socket, [said(4), said(5)], 5);
    await given.clock.advance(100);
    socket.deliver(3, said(9));
    await given.clock.advance(1000);
    socket.refuse(socket.request('readHistory'), 'not_a_member', v1.Retry.NEVER);
    await given.clock.advance(100);
    expect(texts(given)).toEqual(['1 m1', '4 m4', '5 m5', '9 m9']);
  });

  it('starts a channel anew at its own join, without asking for what came before', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(1, said(1));
    const joined = { userId: 'carol', others: ['alice'] };
    const join = v1.Event.fromObject({ channelId: GROUP, seq: 7, from: 'bob', joined });
    socket.deliver(2, join);
    socket.deliver(3, said(8));
    expect(texts(given)).toEqual(['1 m1', '7 joined', '8 m8']);
  });

  it('goes back to what the inbox brings of a channel of which it has a head alone, and reads on to that', async () => {
    const given = setup();
    const socket = await online(given);
    socket.fanout(GROUP, 9);
    socket.fanout(GROUP, 9);
    const joined = { userId: 'alice', others: [] };
    socket.deliver(1, v1.Event.fromObject({ channelId: GROUP, seq: 7, from: 'bob', joined }));
    expect(texts(given)).toEqual(['7 joined']);
    await given.clock.advance(1000);
    history(socket, [said(8), said(9)], 9);
    await given.clock.advance(10);
    expect(texts(given)).toEqual(['7 joined', '8 m8', '9 m9']);
  });

  it('begins a channel above the head that it is told first, and hands on what is published after it at once', async () => {
    const given = setup();
    const socket = await online(given);
    socket.fanout(GROUP, 9);
    socket.fanout(GROUP, 10, [said(10)]);
    expect(texts(given)).toEqual(['10 m10']);
    await given.clock.advance(5000);
    expect(socket.got('readHistory')).toEqual([]);
  });

  it('asks no history for what was sent and comes by fan-out, too, in a channel of which it had a head alone', async () => {
    const given = setup();
    const socket = await online(given);
    socket.fanout(GROUP, 9);
    given.client.send({ channelId: GROUP, text: 'mine' });
    const { requestId, body } = socket.frames.find((frame) => frame.body.type === 'send') ?? {};
    if (requestId === undefined || body?.type !== 'send') throw new Error('no send');
    socket.acknowledge(requestId, body.value, 10);
    socket.fanout(GROUP, 10, [messageEvent(GROUP, 10, 'alice', 'mine')]);
    await given.clock.advance(5000);
    expect(texts(given)).toEqual(['10 mine']);
    expect(socket.got('readHistory')).toEqual([]);
  });

  it('learns from the head of a fan-out that the last event was lost', async () => {
    const given = setup();
    const socket = await online(given);
    socket.fanout(GROUP, 1, [said(1)]);
    socket.fanout(GROUP, 2);
    await given.clock.advance(1000);
    history(socket, [said(2)], 2);
    await given.clock.advance(10);
    expect(texts(given)).toEqual(['1 m1', '2 m2']);
  });

  it('reads a gap again after a backoff when history is not available', async () => {
    const given = setup();
    const socket = await online(given);
    socket.fanout(GROUP, 1, [said(1)]);
    socket.fanout(GROUP, 2);
    await given.clock.advance(1000);
    socket.refuse(socket.request('readHistory'), 'unavailable', v1.Retry.BACKOFF);
    await given.clock.advance(5000);
    expect(socket.got('readHistory').length).toBeGreaterThan(1);
    history(socket, [said(2)], 2);
    await given.clock.advance(10);
    expect(texts(given)).toEqual(['1 m1', '2 m2']);
  });

  it('pages the channel logs up to the heads when limited, before the cursor moves past', async () => {
    const given = setup();
    const socket = await online(given);
    const heads: unknown[] = [];
    given.client.on('limited', (items) => heads.push(...items));
    socket.deliver(1, said(1));
    const cursor = { term: 1, sub: 0, inboxSeq: 90 };
    socket.push({ type: 'limited', value: { heads: [{ channelId: GROUP, seq: 3 }], cursor, more: false } });
    socket.deliver(91, said(4));
    expect(heads).toEqual([{ channelId: GROUP, head: 3 }]);
    await given.clock.advance(1000);
    expect(socket.got('acknowledge').at(-1)?.cursor?.inboxSeq).toBe(1);
    history(socket, [said(2)], 4);
    await given.clock.advance(1);
    history(socket, [said(3), said(4)], 4);
    await given.clock.advance(1000);
    expect(texts(given)).toEqual(['1 m1', '2 m2', '3 m3', '4 m4']);
    expect(socket.got('acknowledge').at(-1)?.cursor?.inboxSeq).toBe(91);
  });

  it('saves the cursor only after the listeners had the event, and goes on there after a restart', async () => {
    const storage = memoryStorage();
    const first = setup({ storage });
    const savedWhenHanded: unknown[] = [];
    first.client.on('event', () => savedWhenHanded.push((storage.load() as { cursor?: unknown } | undefined)?.cursor));
    const socket = await online(first);
    socket.deliver(1, said(1));
    await first.clock.advance(1000);
    expect(savedWhenHanded).toEqual([undefined]);
    expect(storage.load()).toMatchObject({ cursor: { inboxSeq: 1 }, heads: { [GROUP]: 1 } });
    await first.client.close();

    const second = setup({ storage });
    const next = await online(second);
    expect(next.got('hello')[0]?.cursor?.inboxSeq).toBe(1);
    next.deliver(2, said(1));
    next.deliver(3, said(2));
    expect(texts(second)).toEqual(['2 m2']);
  });

  it('hands an event on once even when a listener throws, and tells of the problem', async () => {
    const given = setup();
    const socket = await online(given);
    given.client.on('event', () => {
      throw new Error('a bug of the application');
    });
    socket.deliver(1, said(1));
    socket.deliver(2, said(2));
    expect(texts(given)).toEqual(['1 m1', '2 m2']);
    expect(given.problems).toHaveLength(2);
  });

  it('holds a bounded number of events ahead of a gap and reads the others from history', async () => {
    const given = setup();
    const socket = await online(given);
    socket.deliver(1, said(1));
    for (let seq = 3; seq <= 700; seq++) socket.deliver(seq, said(seq));
    const all = Array.from({ length: 700 }, (_, index) => said(index + 1));
    socket.onFrame = ({ requestId, body }) => {
      if (body.type !== 'readHistory') return;
      const events = all.slice(body.value.afterSeq ?? 0).slice(0, 200);
      socket.answer(requestId, { type: 'history', value: { channelId: GROUP, events, head: 700, floor: 0 } });
    };
    await given.clock.advance(2000);
    expect(given.seen).toHaveLength(700);
    expect(given.seen.at(-1)).toBe(`${GROUP}#700 m700`);
  });

  it('tells unread counts, receipts, presence and read updates with their types', async () => {
    const given = setup();
    const socket = await online(given);
    const told: unknown[] = [];
    given.client.on('readUpdate', (update) => told.push(update));
    given.client.on('receipts', (update) => told.push(update));
    given.client.on('presence', (items) => told.push(items));
    given.client.on('message', (message, { unread, source }) =>
      told.push([message.text, message.messageId, unread, source]),
    );
    socket.push({ type: 'readUpdate', value: { channelId: GROUP, seq: 3, unread: 2 } });
    socket.push({
      type: 'receipts',
      value: { channelId: GROUP, items: [{ userId: 'bob', deliveredSeq: 3, readSeq: 2 }] },
    });
    socket.push({ type: 'presence', value: { items: [{ userId: 'bob', state: v1.PresenceState.ONLINE }] } });
    socket.push({
      type: 'deliveries',
      value: [{ cursor: { term: 1, sub: 0, inboxSeq: 1 }, event: EncodedEvent.of(said(4)), unread: 7 }],
    });
    expect(told).toEqual([
      { channelId: GROUP, seq: 3, unread: 2 },
      { channelId: GROUP, items: [{ userId: 'bob', deliveredSeq: 3, readSeq: 2 }] },
      [{ userId: 'bob', state: 'online', lastSeen: undefined, status: '', statusUntil: undefined }],
      ['m4', '4', 7, 'inbox'],
    ]);
  });

  it('speaks JSON when told to', async () => {
    const given = setup({ subprotocol: 'parley.v1.json' });
    const socket = await online(given);
    socket.deliver(1, said(1));
    expect(texts(given)).toEqual(['1 m1']);
    expect(socket.subprotocol).toBe('parley.v1.json');
  });
});
