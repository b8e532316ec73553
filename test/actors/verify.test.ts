import { describe, expect, it } from 'vitest';
import type { Breach } from '../../src/admin/verify/findings.js';
import { LogReader } from '../../src/admin/verify/log-reader.js';
import { Verifier } from '../../src/admin/verify/verifier.js';
import { channelOf } from '../../src/core/ids.js';
import { LIMITS } from '../../src/core/limits.js';
import { v1 } from '../../src/protocol/wire.js';
import { holdWrites, isRowOf, memoryWorld, type World } from './fixture.js';

const PEOPLE = ['alice', 'bob', 'carol'];
const DIRECT = 'channel:alice~bob';

async function world(): Promise<World> {
  const chat = await memoryWorld(...PEOPLE);
  for (const text of ['one', 'two', 'three', 'four']) await chat.send('alice', { userId: 'bob' }, text);
  await chat.clock.advance(5_000);
  return chat;
}

const group = (chat: World, members: readonly string[]): Promise<string> =>
  chat.createChannel('alice', v1.ChannelKind.GROUP, members);

const broadcast = (chat: World): Promise<string> =>
  chat.createChannel('alice', v1.ChannelKind.BROADCAST, ['bob', 'carol'], { name: 'News' });

/** A broadcast channel where alice has mentioned bob at `seq`, and edited that. */
async function mentionEdited(chat: World): Promise<{ channelId: string; seq: number }> {
  const channelId = await broadcast(chat);
  const mentions = [{ kind: v1.MentionKind.MENTION_USER, userId: 'bob', start: 0, length: 4 }];
  const { seq } = await chat.say('alice', channelId, { message: { text: '@bob one', mentions } });
  await chat.say('alice', channelId, { edit: { seq, message: { text: '@bob two', mentions } } });
  await chat.clock.advance(5_000);
  return { channelId, seq };
}

/** Where an inbox holds the events of a channel. */
async function positionsIn(chat: World, log: string, channelId: string): Promise<number[]> {
  const rows = await chat.node.host.store.readRows(log, 0, 1_000, 1_000);
  return rows.filter(({ body }) => v1.Event.decode(body).channelId === channelId).map(({ seq }) => seq);
}

interface Verified {
  readonly verifier: Verifier;
  readonly reader: LogReader;
  readonly breaches: readonly string[];
}

async function verify(
  chat: World,
  users: Iterable<string> | AsyncIterable<string> = PEOPLE,
  rate = 5_000,
  list = listed,
  stored = nothingListed,
): Promise<Verified> {
  const { clock, edge: actors } = chat;
  const reader = new LogReader({ actors, clock, positionsPerSecond: rate, signal: new AbortController().signal });
  const youngFromMs = (): number => clock.now() - LIMITS.inboxKeepMs;
  const channelsOf = (userId: string) => list(chat, userId);
  const verifier = new Verifier({ reader, channelsOf, storedChannels: () => stored(chat), youngFromMs });
  await finished(chat, verifier.run(users));
  const told = ({ guarantee, log, seq, text }: Breach): string => `${guarantee} ${log}#${seq} ${text}`;
  return { verifier, reader, breaches: verifier.findings.take().map(told) };
}

async function finished(chat: World, run: Promise<void>): Promise<void> {
  let running = true;
  const settled = run.finally(() => {
    running = false;
  });
  settled.catch(() => undefined);
  while (running) await chat.clock.advance(50);
  await settled;
}

/** As if the lists had been lost, too. */
async function* nothingListed(_: World): AsyncGenerator<string> {}

async function* storedIn({ node }: World): AsyncGenerator<string> {
  for (const log of await node.operations.logs('', 100)) {
    const channelId = channelOf(log);
    if (channelId !== undefined) yield channelId;
  }
}

async function* listed({ edge }: World, userId: string): AsyncGenerator<string> {
  const caller = { userId, deviceId: '', sessionId: '' };
  const body = { type: 'listChannels', value: v1.ListChannels.create({ limit: 100 }) } as const;
  const answer = await edge.ask(`user:${userId}`, { type: 'request', caller, body });
  for (const { channelId } of answer.type === 'channelList' ? (answer.value.channels ?? []) : []) yield channelId ?? '';
}

/** Puts another body in the place of a row's. */
async function replace(chat: World, log: string, seq: number, body: (event: v1.Event) => Uint8Array): Promise<void> {
  const [row] = await chat.node.host.store.readRows(log, seq, seq + 1, 1);
  if (row === undefined) throw new Error(`no row ${seq}`);
  const written = chat.node.host.store.write([
    { type: 'erase', log, row: { ...row, body: body(v1.Event.decode(row.body)) } },
  ]);
  await chat.clock.settle();
  await written;
}

async function eventAt(chat: World, log: string, seq: number): Promise<v1.Event> {
  const [row] = await chat.node.host.store.readRows(log, seq, seq + 1, 1);
  return v1.Event.decode(row?.body ?? new Uint8Array(0));
}

const encoded = (event: v1.IEvent): Uint8Array => v1.Event.encode(event).finish();

describe('the verification of a sound store', () => {
  it('finds nothing, after edits, deletions, people who came and went, and a block', async () => {
    const chat = await world();
    const channelId = await group(chat, ['bob']);
    const facts = chat.people.accounts.get('bob');
    facts?.blocked.add('alice');
    await chat.request('alice', { type: 'invite', value: v1.InviteMembers.create({ channelId, userIds: ['carol'] }) });
    await chat.send('carol', { channelId }, 'hello');
    await chat.request('carol', { type: 'leave', value: v1.LeaveChannel.create({ channelId }) });
    await chat.send('bob', { channelId }, 'without carol');
    const send = v1.Send.create({ channelId: 'alice~bob', clientMessageId: 'e', erase: { seq: 2 } });
    await chat.request('alice', { type: 'send', value: send });
    const { breaches, verifier, reader } = await verify(chat);
    expect(breaches).toEqual([]);
    expect(verifier).toMatchObject({ usersDone: 3, channels: 2 });
    expect(reader.positions).toBeGreaterThan(20);
    await chat.crash();
    expect((await verify(chat)).breaches).toEqual([]);
  });

  it('finds nothing after an edit, and then a deletion, of a message that mentions somebody in the fan-out tier', async () => {
    const chat = await world();
    const { channelId, seq } = await mentionEdited(chat);
    expect((await verify(chat)).breaches).toEqual([]);
    const send = v1.Send.create({ channelId, clientMessageId: 'd', erase: { seq } });
    await chat.request('alice', { type: 'send', value: send });
    await chat.clock.advance(5_000);
    expect((await verify(chat)).breaches).toEqual([]);
  });

  it('finds nothing while the copy of a deleted mention is still to leave the inbox of a former member', async () => {
    const chat = await world();
    const { channelId, seq } = await mentionEdited(chat);
    await chat.request('bob', { type: 'leave', value: v1.LeaveChannel.create({ channelId }) });
    await chat.clock.advance(5_000);
    const release = holdWrites(chat, (write) => write.type === 'erase' && write.log === 'user:bob');
    const { messageId } = await eventAt(chat, `channel:${channelId}`, seq);
    await chat.question(`channel:${channelId}`, { type: 'erase_message', messageId });
    await chat.clock.advance(1_000);
    const [first = 0] = (await positionsIn(chat, 'user:bob', channelId)).slice(1);
    expect(await eventAt(chat, 'user:bob', first)).toMatchObject({ seq, deleted: false });
    expect((await verify(chat)).breaches).toEqual([]);
    release();
    await chat.clock.advance(60_000);
    expect(await eventAt(chat, 'user:bob', first)).toMatchObject({ seq, deleted: true });
    expect((await verify(chat)).breaches).toEqual([]);
  });

  it('finds nothing where an inbox lets go of what was young when the run began', async () => {
    const chat = await world();
    await chat.clock.advance(200_000);
    chat.clock.jump(LIMITS.inboxKeepMs - 3_600_000);
    let bobs = 0;
    async function* days(): AsyncGenerator<string> {
      yield 'alice';
      chat.clock.jump(24 * 3_600_000);
      await chat.send('alice', { userId: 'bob' }, 'five');
      await chat.clock.advance(300_000);
      bobs = (await chat.node.host.store.readRows('user:bob', 0, 1_000, 1_000)).length;
      yield 'bob';
    }
    expect((await verify(chat, days())).breaches).toEqual([]);
    expect(bobs).toBe(1);
  });

  it('finds nothing while a member is told late, or while the channel grows', async () => {
    const chat = await world();
    await chat.clock.advance(200_000);
    holdWrites(chat, isRowOf('user:bob'));
    await chat.send('alice', { userId: 'bob' }, 'five');
    expect((await verify(chat)).breaches).toEqual([]);
  });

  it('looks at no more positions in a second than is wanted', async () => {
    const chat = await world();
    for (let i = 0; i < 40; i++) await chat.send('alice', { userId: 'bob' }, `more ${i}`);
    const from = chat.clock.monotonic();
    const { reader } = await verify(chat, ['alice'], 100);
    expect(chat.clock.monotonic() - from).toBeGreaterThanOrEqual(reader.positions * 10);
  });

  it('ends when nobody wants to know any more', async () => {
    const chat = await world();
    const ended = new AbortController();
    ended.abort();
    const { clock, edge: actors } = chat;
    const reader = new LogReader({ actors, clock, positionsPerSecond: 100, signal: ended.signal });
    const lists = { channelsOf: (userId: string) => listed(chat, userId), storedChannels: () => storedIn(chat) };
    const verifier = new Verifier({ reader, ...lists, youngFromMs: () => 0 });
    await expect(finished(chat, verifier.run(PEOPLE))).rejects.toMatchObject({ kind: 'unavailable' });
    expect(verifier.usersDone).toBe(0);
  });
});

describe('the verification of a damaged store finds', () => {
  it('positions that a channel lacks', async () => {
    const chat = await world();
    const trimmed = chat.node.host.store.write([{ type: 'trim', log: DIRECT, belowSeq: 3 }]);
    await chat.clock.settle();
    await trimmed;
    expect((await verify(chat)).breaches).toContain(`G2 ${DIRECT}#1 The log lacks positions 1 to 2.`);
  });

  it('positions that hold something else, nothing that can be read, or a send for the second time', async () => {
    const chat = await world();
    const third = await eventAt(chat, DIRECT, 3);
    await replace(chat, DIRECT, 2, () => Uint8Array.of(255, 255));
    await replace(chat, DIRECT, 4, () => encoded(third));
    await replace(chat, DIRECT, 5, (event) => encoded({ ...event, clientMessageId: third.clientMessageId }));
    const { breaches } = await verify(chat);
    expect(breaches).toEqual([
      `G1 ${DIRECT}#2 Position 2 cannot be read.`,
      `G1 ${DIRECT}#4 Position 4 holds position 3 of alice~bob.`,
      `G1 ${DIRECT}#5 Positions 3 and 5 hold the same send of alice.`,
      ...['alice', 'bob'].flatMap((user) =>
        [2, 4].map(
          (seq) => `G3 user:${user}#${seq} The inbox holds position ${seq} of alice~bob, which was not due to ${user}.`,
        ),
      ),
    ]);
  });

  it('ids out of order, and an inbox with another event than the channel', async () => {
    const chat = await world();
    const { messageId } = await eventAt(chat, DIRECT, 2);
    await replace(chat, DIRECT, 4, (event) => encoded({ ...event, messageId }));
    expect((await verify(chat, ['alice'])).breaches).toEqual([
      `G2 ${DIRECT}#4 Position 4 has a message id that is not above those before it.`,
      'G2 user:alice#4 The inbox holds another event as position 4 of alice~bob than the channel.',
    ]);
  });

  it('what a member lacks, has twice, has in another order, or should not have', async () => {
    const chat = await world();
    const [second, third] = [await eventAt(chat, 'user:bob', 2), await eventAt(chat, 'user:bob', 3)];
    await replace(chat, 'user:bob', 2, () => encoded(third));
    await replace(chat, 'user:bob', 3, () => encoded(second));
    await replace(chat, 'user:bob', 4, () => encoded(third));
    await replace(chat, 'user:bob', 5, (event) => encoded({ ...event, seq: 9 }));
    const channelId = await group(chat, []);
    await replace(chat, 'user:bob', 1, () => encoded(v1.Event.create({ ...second, channelId, seq: 1 })));
    const { breaches } = await verify(chat, ['bob']);
    expect(breaches).toEqual([
      `G2 user:bob#1 The inbox holds another event as position 1 of ${channelId} than the channel.`,
      'G3 user:bob#3 The inbox holds position 2 of alice~bob after position 3.',
      'G3 user:bob#4 The inbox holds position 3 of alice~bob once more.',
      'G1 user:bob#5 The inbox holds position 9 of alice~bob, whose log ends before it.',
      'G3 user:bob#5 The inbox lacks position 1 of alice~bob, which bob was due.',
      'G3 user:bob#5 The inbox lacks positions 4 to 5 of alice~bob, which bob was due.',
    ]);
  });

  it('the edit of a mention in the fan-out tier that an inbox lacks, also once its text is deleted', async () => {
    const chat = await world();
    const { channelId, seq } = await mentionEdited(chat);
    const edit = (await positionsIn(chat, 'user:bob', channelId)).at(-1) ?? 0;
    expect(await eventAt(chat, 'user:bob', edit)).toMatchObject({ seq: seq + 1, body: 'edited' });
    await replace(chat, 'user:bob', edit, (event) => encoded({ ...event, channelId: 'bob~carol' }));
    const breach = `G3 user:bob#${edit} The inbox lacks position ${seq + 1} of ${channelId}, which bob was due.`;
    expect((await verify(chat, ['bob'])).breaches).toContain(breach);
    const { messageId } = await eventAt(chat, `channel:${channelId}`, seq);
    await chat.question(`channel:${channelId}`, { type: 'erase_message', messageId });
    await chat.clock.advance(5_000);
    const { breaches } = await verify(chat, ['bob']);
    expect(breaches.filter((text) => text.includes(`position ${seq + 1} of ${channelId}`))).toHaveLength(1);
  });

  it('an inbox that has lost rows, or all of a channel, also of one whose turn was before', async () => {
    const chat = await world();
    const channelId = await group(chat, ['bob', 'carol']);
    await chat.clock.advance(1_000);
    const trimmed = chat.node.host.store.write([{ type: 'trim', log: 'user:bob', belowSeq: 6 }]);
    await chat.clock.settle();
    await trimmed;
    const other = await eventAt(chat, 'user:bob', 6);
    await replace(chat, 'user:bob', 6, () => encoded({ ...other, channelId: 'bob~carol' }));
    const { breaches } = await verify(chat, ['bob', 'carol'], 5_000, nothingListed);
    expect(breaches).toContain('G3 user:bob#1 The inbox lacks its positions 1 to 5.');
    expect(breaches).toContain(`G3 user:bob#6 The inbox lacks position 1 of ${channelId}, which bob was due.`);
  });

  it('positions that a channel lacks which everybody left so long ago that no inbox names it', async () => {
    const chat = await world();
    const channelId = await group(chat, ['bob']);
    for (const text of ['one', 'two', 'three']) await chat.send('alice', { channelId }, text);
    for (const userId of ['bob', 'alice'])
      await chat.request(userId, { type: 'leave', value: v1.LeaveChannel.create({ channelId }) });
    await chat.clock.advance(120_000);
    chat.clock.jump(LIMITS.inboxKeepMs + 24 * 3600 * 1000);
    const log = `channel:${channelId}`;
    const lost = chat.node.host.store.write([
      { type: 'trim', log, belowSeq: 3 },
      ...['alice', 'bob'].map((userId) => ({ type: 'trim', log: `user:${userId}`, belowSeq: 100 }) as const),
    ]);
    await chat.clock.settle();
    await lost;
    await chat.crash();
    const breach = `G2 ${log}#1 The log lacks positions 1 to 2.`;
    expect((await verify(chat)).breaches).not.toContain(breach);
    const { breaches, verifier } = await verify(chat, PEOPLE, 5_000, listed, storedIn);
    expect(breaches).toContain(breach);
    expect([verifier.usersDone, verifier.channels]).toEqual([3, 2]);
  });
});
