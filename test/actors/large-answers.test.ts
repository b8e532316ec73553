/** What is answered stays within what one envelope may be, and what does not is refused. */
import { describe, expect, it } from 'vitest';
import { busEnvelopeCodec } from '../../src/cluster/bus/envelope-codec.js';
import { LIMITS } from '../../src/core/limits.js';
import { Long, v1 } from '../../src/protocol/wire.js';
import { FakeSession, memoryWorld, World } from './fixture.js';

const MESSAGES = 40;

const world = () => memoryWorld('alice', 'bob');

async function worldOfLongMessages(messages = MESSAGES): Promise<World> {
  const chat = await world();
  for (let i = 1; i <= messages; i++) await chat.send('alice', { userId: 'bob' }, `${i} ${'x'.repeat(16_000)}`);
  return chat;
}

function history(chat: World, range: v1.IReadHistory) {
  const value = v1.ReadHistory.create({ channelId: 'alice~bob', limit: 200, ...range });
  return chat.request('alice', { type: 'readHistory', value });
}

async function eventsOf(chat: World, range: v1.IReadHistory): Promise<v1.IEvent[]> {
  const answer = await history(chat, range);
  return answer.type === 'history' ? (answer.value.events ?? []) : [];
}

async function seqsOf(chat: World, range: v1.IReadHistory): Promise<number[]> {
  return (await eventsOf(chat, range)).map((event) => event.seq ?? 0);
}

/** Short messages, each of which an edit made long; their positions. */
async function worldOfEdited(messages: number): Promise<[World, number[]]> {
  const chat = await world();
  for (let i = 1; i <= messages; i++) await chat.send('alice', { userId: 'bob' }, 'short');
  const seqs = upTo(2, messages + 1);
  const message = { text: 'y'.repeat(16_000) };
  for (const seq of seqs) await chat.send('alice', { userId: 'bob' }, '', { message: null, edit: { seq, message } });
  return [chat, seqs];
}

const bytesOf = (events: readonly v1.IEvent[]): number =>
  events.reduce((bytes, event) => bytes + v1.Event.encode(event).finish().length, 0);

const upTo = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('a page of history', () => {
  it('is bounded by bytes, and going on from its end gives everything once', async () => {
    const chat = await worldOfLongMessages();
    const pages: number[][] = [];
    for (let after = 0; after < MESSAGES + 1; after = pages.at(-1)?.at(-1) ?? Number.POSITIVE_INFINITY)
      pages.push(await seqsOf(chat, { afterSeq: after }));
    expect(pages.flat()).toEqual(upTo(1, MESSAGES + 1));
    for (const page of pages) expect((page.length - 1) * 16_000).toBeLessThanOrEqual(LIMITS.historyPageBytesMax);
  });

  it('holds the newest of what was asked for when it reads backwards', async () => {
    const chat = await worldOfLongMessages();
    const newest = await seqsOf(chat, { beforeSeq: 0 });
    expect(newest).toEqual(upTo(MESSAGES + 2 - newest.length, MESSAGES + 1));
    expect(newest.length).toBeLessThan(MESSAGES);
    const older = await seqsOf(chat, { beforeSeq: newest[0] ?? 0 });
    expect(older.at(-1)).toBe((newest[0] ?? 0) - 1);
  });

  it('is bounded by the bytes of its messages as they are now, and going on from its end gives everything once', async () => {
    const [chat, seqs] = await worldOfEdited(MESSAGES);
    const last = seqs.at(-1) ?? 0;
    const forward: v1.IEvent[][] = [];
    for (let afterSeq = 0; afterSeq < last; afterSeq = forward.at(-1)?.at(-1)?.seq ?? last)
      forward.push(await eventsOf(chat, { afterSeq, limit: Math.min(MESSAGES, last - afterSeq) }));
    expect(forward.flat().map(({ seq }) => seq)).toEqual([1, ...seqs]);
    const backward: v1.IEvent[][] = [];
    for (let beforeSeq = last + 1; beforeSeq > 1; beforeSeq = backward[0]?.[0]?.seq ?? 0)
      backward.unshift(await eventsOf(chat, { beforeSeq }));
    expect(backward.flat().map(({ seq }) => seq)).toEqual([1, ...seqs]);
    for (const page of [...forward, ...backward]) expect(bytesOf(page)).toBeLessThanOrEqual(LIMITS.historyPageBytesMax);
  });

  it('that no envelope holds is refused, not lost', async () => {
    const before = World.busOptions;
    World.busOptions = { codec: busEnvelopeCodec(20_000) };
    const chat = await worldOfLongMessages(2);
    World.busOptions = before;
    await expect(history(chat, { beforeSeq: 0 })).rejects.toMatchObject({ kind: 'frame_too_large' });
    expect(await seqsOf(chat, { beforeSeq: 0, limit: 1 })).toEqual([3]);
  });
});

describe('a page of hits', () => {
  it('is bounded by bytes, whatever the script, and going on from its end gives everything once', async () => {
    const chat = await world();
    for (let i = 1; i <= MESSAGES; i++) await chat.send('alice', { userId: 'bob' }, `lunch ${'漢'.repeat(5_300)}`);
    const caller = { userId: 'bob', deviceId: 'd', sessionId: '' };
    for (const actor of ['user:bob', 'channel:alice~bob'] as const) {
      const found: number[] = [];
      let before = Long.UZERO;
      do {
        const value = v1.Search.create({ channelId: 'alice~bob', words: 'lunch', limit: 50, before });
        const answer = await chat.question(actor, { type: 'request', caller, body: { type: 'search', value } });
        const { hits, next } = v1.SearchResults.create(answer.type === 'searchResults' ? answer.value : {});
        const events = hits.map(({ event }) => event ?? {});
        expect(bytesOf(events)).toBeLessThanOrEqual(LIMITS.historyPageBytesMax);
        found.push(...events.map(({ seq }) => seq ?? 0));
        before = Long.fromValue(next, true);
      } while (!before.isZero());
      expect(found).toEqual(upTo(2, MESSAGES + 1).reverse());
    }
  });
});

describe('a list of conversations', () => {
  it('shows of the newest message of a fan-out channel its beginning, without its reactions', async () => {
    const chat = await world();
    const channelId = await chat.createChannel('alice', v1.ChannelKind.BROADCAST, ['bob']);
    await chat.send('alice', { channelId }, 'z'.repeat(16_000));
    await chat.send('alice', { channelId }, '', { message: null, react: { seq: 2, emoji: '👍' } });
    const answer = await chat.request('bob', { type: 'listChannels', value: v1.ListChannels.create({}) });
    const last = answer.type === 'channelList' ? answer.value.channels?.[0]?.lastMessage : undefined;
    expect(last?.message?.text).toBe(`${'z'.repeat(199)}…`);
    expect(last?.form).toMatchObject({ asOf: 3, reactions: [] });
  });
});

describe('a user in very many channels', () => {
  it('names all those that travel by fan-out when a session opens, in envelopes of bounded size', async () => {
    const chat = await world();
    const count = LIMITS.channelsPerFrameMax + 1;
    for (let i = 0; i < count; i++) await chat.createChannel('alice', v1.ChannelKind.BROADCAST, [], { name: `${i}` });
    const sessionId = 'alice/1';
    const session = new FakeSession();
    chat.sessions.set(sessionId, session);
    const opened = await chat.question('user:alice', {
      type: 'session_open',
      caller: { userId: 'alice', deviceId: 'd', sessionId },
      gateway: chat.edge.address,
      cursor: undefined,
      visible: true,
    });
    const inAnswer = opened.type === 'session_opened' ? opened.value.fanoutChannels : [];
    const after = session.events.flatMap((event) => (event.type === 'fanout_interest' ? event.add : []));
    expect(inAnswer).toHaveLength(LIMITS.channelsPerFrameMax);
    expect(new Set([...inAnswer, ...after]).size).toBe(count);
  });
});
