import { describe, expect, it } from 'vitest';
import { Long, v1 } from '../../src/protocol/wire.js';
import { holdWrites, memoryWorld, type World } from './fixture.js';

const CHANNEL = 'alice~bob';
const world = () => memoryWorld('alice', 'bob', 'carol');

const say = (chat: World, from: string, content: v1.ISend, channelId = CHANNEL): Promise<v1.SendAck> =>
  chat.say(from, channelId, content);

const edit = (seq: number, text: string): v1.ISend => ({ edit: { seq, message: { text } } });
const erase = (seq: number): v1.ISend => ({ erase: { seq } });
const react = (seq: number, emoji: string, removed = false): v1.ISend => ({ react: { seq, emoji, removed } });

/** Alice says hello to bob; seq 2. */
async function greeted(): Promise<World> {
  const chat = await world();
  await chat.send('alice', { userId: 'bob' }, 'helo');
  return chat;
}

async function historyOf(chat: World, reader: string, channelId = CHANNEL): Promise<readonly v1.IEvent[]> {
  const value = v1.ReadHistory.create({ channelId, afterSeq: 0, limit: 100 });
  const answer = await chat.request(reader, { type: 'readHistory', value });
  if (answer.type !== 'history') throw new Error(answer.type);
  return answer.value.events ?? [];
}

async function messageOf(chat: World, reader: string, seq: number): Promise<v1.IEvent | undefined> {
  return (await historyOf(chat, reader)).find((event) => event.seq === seq);
}

/** All that the store holds, as text. */
async function everythingStored(chat: World): Promise<string> {
  const logs = [`channel:${CHANNEL}`, 'user:alice', 'user:bob'];
  const rows = await Promise.all(logs.map((log) => chat.node.host.store.readRows(log, 0, 1e9, 1e6)));
  const records = await Promise.all(logs.map((log) => chat.node.host.store.readRecords(log, '', 1e6)));
  const forms = await chat.node.host.store.readRecords(`forms/${CHANNEL}/0`, '', 1e6);
  const bodies = [...rows.flat().map((row) => row.body), ...[...records.flat(), ...forms].map(({ value }) => value)];
  return bodies.map((body) => Buffer.from(body).toString('latin1')).join(' ');
}

describe('an edit', () => {
  it('is an event of its own, and history shows the message as it is now, also after a crash', async () => {
    const chat = await greeted();
    const bob = await chat.connect('bob');
    const ack = await say(chat, 'alice', edit(2, 'hello'));
    expect(ack.seq).toBe(3);
    expect(bob.session.deliveries.at(-1)?.event?.value.edited).toMatchObject({ seq: 2, message: { text: 'hello' } });
    const now = { message: { text: 'hello' }, form: { editedSeq: 3 } };
    expect(await messageOf(chat, 'bob', 2)).toMatchObject(now);
    await chat.crash();
    expect(await messageOf(chat, 'bob', 2)).toMatchObject(now);
    await chat.clock.advance(200_000); // passivated, after a checkpoint
    await say(chat, 'alice', edit(2, 'hello!'));
    expect(await messageOf(chat, 'alice', 2)).toMatchObject({ message: { text: 'hello!' }, form: { editedSeq: 4 } });
  });

  it('happens once however often it is sent, and its id is used for nothing else', async () => {
    const chat = await greeted();
    const first = await say(chat, 'alice', { ...edit(2, 'hello'), clientMessageId: 'e' });
    expect(await say(chat, 'alice', { ...edit(2, 'hello'), clientMessageId: 'e' })).toEqual(first);
    await chat.crash();
    expect((await say(chat, 'alice', { ...edit(2, 'hello'), clientMessageId: 'e' })).seq).toBe(first.seq);
    const other = say(chat, 'alice', { ...edit(2, 'hell'), clientMessageId: 'e' });
    await expect(other).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('is its author’s alone, and of a message that is there', async () => {
    const chat = await greeted();
    await expect(say(chat, 'bob', edit(2, 'mine'))).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(say(chat, 'alice', edit(1, 'x'))).rejects.toMatchObject({ kind: 'message_not_found' });
    await expect(say(chat, 'alice', edit(9, 'x'))).rejects.toMatchObject({ kind: 'message_not_found' });
    await expect(say(chat, 'carol', edit(2, 'x'))).rejects.toMatchObject({ kind: 'not_a_member' });
    await say(chat, 'alice', erase(2));
    await expect(say(chat, 'alice', edit(2, 'x'))).rejects.toMatchObject({ kind: 'message_erased' });
    await expect(say(chat, 'alice', erase(2))).rejects.toMatchObject({ kind: 'message_erased' });
  });

  it('stays hidden from who has blocked its author, who goes on seeing what was said before', async () => {
    const chat = await greeted();
    chat.people.accounts.get('bob')?.blocked.add('alice');
    await chat.request('bob', { type: 'listChannels', value: v1.ListChannels.create({}) });
    chat.node.host.tell('user:bob', { type: 'directory_changed' });
    await chat.clock.settle();
    await say(chat, 'alice', edit(2, 'insult'));
    expect(await messageOf(chat, 'bob', 3)).toMatchObject({ hidden: true });
    expect(await messageOf(chat, 'bob', 2)).toMatchObject({ message: { text: 'helo' } });
    expect(await messageOf(chat, 'alice', 2)).toMatchObject({ message: { text: 'insult' } });
  });
});

describe('a deletion', () => {
  it('takes the text from the log, the inboxes, the edits and every record, and history says so', async () => {
    const chat = await greeted();
    await say(chat, 'alice', edit(2, 'hemlock'));
    const bob = await chat.connect('bob');
    await say(chat, 'alice', { message: { text: 'stays' } });
    await say(chat, 'alice', erase(2));
    expect(bob.session.deliveries.at(-1)?.event?.value.erased).toMatchObject({ seq: 2 });
    await chat.clock.advance(200_000);
    const left = await everythingStored(chat);
    expect(left).toContain('stays');
    expect(left).not.toMatch(/helo|hemlock/);
    expect(await messageOf(chat, 'bob', 2)).toMatchObject({ deleted: true, from: 'alice' });
    expect((await messageOf(chat, 'bob', 2))?.message ?? undefined).toBeUndefined();
  });

  it('takes the texts of the edits from whoever reads the log, before it is written and after', async () => {
    const chat = await greeted();
    const { messageId } = await say(chat, 'alice', edit(2, 'hemlock'));
    await say(chat, 'alice', edit(2, 'hello'));
    const release = holdWrites(chat, ({ type }) => type === 'erase');
    await say(chat, 'alice', erase(2));
    const check = async (): Promise<void> => {
      for (const seq of [3, 4]) {
        const event = await messageOf(chat, 'bob', seq);
        expect(event).toMatchObject({ deleted: true, from: 'alice', edited: { seq: 2 } });
        expect(event?.edited?.message ?? undefined).toBeUndefined();
      }
      const byId = { type: 'getMessage', value: v1.GetMessage.create({ messageId: messageId ?? Long.UZERO }) } as const;
      expect(await chat.request('bob', byId)).toMatchObject({ value: { seq: 3, deleted: true } });
    };
    await check();
    release();
    await chat.clock.settle();
    await check();
    await chat.crash();
    await check();
  });

  it('is finished after a crash in the midst of it', async () => {
    const chat = await greeted();
    holdWrites(chat, ({ type }) => type === 'erase'); // until the crash
    await say(chat, 'alice', erase(2));
    await chat.crash();
    expect(await messageOf(chat, 'bob', 2)).toMatchObject({ deleted: true });
    await chat.request('alice', { type: 'listChannels', value: v1.ListChannels.create({}) });
    await chat.request('bob', { type: 'listChannels', value: v1.ListChannels.create({}) });
    await chat.clock.advance(200_000);
    expect(await everythingStored(chat)).not.toContain('helo');
  });

  it('by an operator needs no membership, and leaves nothing either', async () => {
    const chat = await greeted();
    const { messageId } = await say(chat, 'alice', { message: { text: 'hemlock' } });
    const bob = await chat.connect('bob');
    const question = { type: 'erase_message', messageId: messageId ?? Long.UZERO } as const;
    expect(await chat.question(`channel:${CHANNEL}`, question)).toEqual({ type: 'done', value: {} });
    const event = bob.session.deliveries.at(-1)?.event?.value;
    expect(event).toMatchObject({ from: '', erased: { seq: 3 } });
    await expect(chat.question(`channel:${CHANNEL}`, question)).rejects.toMatchObject({ kind: 'message_erased' });
    await expect(chat.question('channel:alice~carol', question)).rejects.toMatchObject({ kind: 'message_not_found' });
    const notSaid = { ...question, messageId: event?.messageId ?? Long.UZERO };
    await expect(chat.question(`channel:${CHANNEL}`, notSaid)).rejects.toMatchObject({ kind: 'message_not_found' });
    await chat.clock.advance(200_000);
    expect(await everythingStored(chat)).not.toContain('hemlock');
    expect(await messageOf(chat, 'alice', 3)).toMatchObject({ deleted: true, from: 'alice' });
  });

  it('lowers the unread count, and shows in the list of conversations', async () => {
    const chat = await greeted();
    await say(chat, 'alice', { message: { text: 'two' } });
    await say(chat, 'alice', erase(3));
    const list = { type: 'listChannels', value: v1.ListChannels.create({}) } as const;
    expect(await chat.request('bob', list)).toMatchObject({
      value: { channels: [{ unread: 1, lastMessage: { seq: 3, deleted: true } }] },
    });
  });

  it('is allowed to the admins of a group, and still answers a late copy of the send', async () => {
    const chat = await world();
    const channelId = await chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob', 'carol']);
    const first = await say(chat, 'bob', { message: { text: 'rude' }, clientMessageId: 'r' }, channelId);
    await expect(say(chat, 'carol', erase(2), channelId)).rejects.toMatchObject({ kind: 'forbidden' });
    await say(chat, 'alice', erase(2), channelId);
    await chat.clock.advance(1_000);
    await chat.crash();
    const again = await say(chat, 'bob', { message: { text: 'rude' }, clientMessageId: 'r' }, channelId);
    expect(again.seq).toBe(first.seq);
  });
});

describe('a reaction', () => {
  it('of somebody who is blocked is in nothing that their blocker reads, on whosever message, also later', async () => {
    const chat = await greeted();
    await say(chat, 'bob', { message: { text: 'hi' } }); // seq 3
    await say(chat, 'alice', react(3, '👋'));
    chat.people.accounts.get('bob')?.blocked.add('alice');
    chat.node.host.tell('user:bob', { type: 'directory_changed' });
    await chat.clock.settle();
    for (const seq of [2, 3]) await say(chat, 'alice', react(seq, '💩'));
    await say(chat, 'bob', react(3, '💩'));
    const reactionsOf = async (reader: string, seq: number) =>
      (await messageOf(chat, reader, seq))?.form?.reactions?.map(({ emoji, userIds }) => [emoji, userIds]);
    const check = async (): Promise<void> => {
      expect(await reactionsOf('bob', 2)).toEqual([]);
      expect(await reactionsOf('bob', 3)).toEqual([
        ['👋', ['alice']],
        ['💩', ['bob']],
      ]);
      expect(await reactionsOf('alice', 3)).toContainEqual(['💩', ['alice', 'bob']]);
    };
    await check();
    await chat.clock.advance(200_000); // the forms are written
    await chat.crash();
    await check();
  });

  it('is counted by emoji, comes and goes, and is there after a crash', async () => {
    const chat = await greeted();
    await say(chat, 'alice', react(2, '👍'));
    await say(chat, 'bob', react(2, '👍'));
    await say(chat, 'bob', react(2, '🎉'));
    await say(chat, 'bob', react(2, '🎉', true));
    const now = { reactions: [{ emoji: '👍', count: 2, userIds: ['alice', 'bob'] }] };
    expect((await messageOf(chat, 'bob', 2))?.form).toMatchObject(now);
    await chat.clock.advance(200_000);
    await chat.crash();
    expect((await messageOf(chat, 'bob', 2))?.form).toMatchObject(now);
    expect((await messageOf(chat, 'bob', 2))?.form?.reactions).toHaveLength(1);
  });

  it('is one event, though the same comes again before the first is durable, and neither is answered before that', async () => {
    const chat = await greeted();
    const caller = { userId: 'bob', deviceId: 'd', sessionId: '' };
    const release = holdWrites(chat, () => true);
    const answers: unknown[] = [];
    for (const clientMessageId of ['r1', 'r2']) {
      const value = v1.Send.create({ channelId: CHANNEL, clientMessageId, ...react(2, '👍') });
      const asked = chat.edge.ask(`channel:${CHANNEL}`, { type: 'request', caller, body: { type: 'send', value } });
      void asked.then((answer) => answers.push(answer.type === 'sendAck' ? answer.value.seq : answer.type));
    }
    await chat.clock.settle();
    expect(answers).toEqual([]);
    release();
    await chat.clock.settle();
    expect(answers).toEqual([3, 0]);
    const events = (await historyOf(chat, 'bob')).filter(({ reacted }) => reacted);
    expect(events).toHaveLength(1);
  });

  it('that came to nothing does so again when a copy of it comes late, whatever was said since', async () => {
    const chat = await greeted();
    await say(chat, 'bob', react(2, '👍'));
    const again = { ...react(2, '👍'), clientMessageId: 'again' };
    expect((await say(chat, 'bob', again)).seq).toBe(0);
    await say(chat, 'bob', react(2, '👍', true));
    expect((await say(chat, 'bob', again)).seq).toBe(0);
    expect((await messageOf(chat, 'bob', 2))?.form?.reactions).toEqual([]);
    const other = say(chat, 'bob', { ...react(2, '🎉'), clientMessageId: 'again' });
    await expect(other).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('is refused when the message has as many kinds as it can', async () => {
    const chat = await greeted();
    for (let count = 0; count < 20; count++) await say(chat, 'alice', react(2, `:${count}:`));
    await expect(say(chat, 'bob', react(2, '👍'))).rejects.toMatchObject({ kind: 'reactions_full' });
    await say(chat, 'bob', react(2, ':3:'));
  });
});

describe('a mention', () => {
  it('of somebody who has left since keeps nobody from an edit, and nobody new is mentioned by one', async () => {
    const chat = await world();
    const id = await chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob']);
    const named = (...userIds: string[]): v1.IMessageBody => ({
      text: userIds.map((userId) => `@${userId}`).join(''),
      mentions: userIds.map((userId, at) => ({
        ...{ kind: v1.MentionKind.MENTION_USER, userId, start: 4 * at, length: 1 + userId.length },
      })),
    });
    const { seq } = await say(chat, 'alice', { message: named('bob') }, id);
    await chat.request('bob', { type: 'leave', value: v1.LeaveChannel.create({ channelId: id }) });
    await say(chat, 'alice', { edit: { seq, message: { ...named('bob'), text: '@bob!' } } }, id);
    await say(chat, 'alice', { edit: { seq, message: { ...named('bob'), text: '@bob?' } } }, id);
    const withCarol = say(chat, 'alice', { edit: { seq, message: named('bob', 'carol') } }, id);
    await expect(withCarol).rejects.toMatchObject({ kind: 'mention_not_member' });
    await expect(say(chat, 'alice', { message: named('bob') }, id)).rejects.toMatchObject({
      kind: 'mention_not_member',
    });
  });

  it('names members only, and not all of very many', async () => {
    const chat = await greeted();
    const mention = (userId: string): v1.ISend => ({
      message: {
        text: `@${userId}`,
        mentions: [{ kind: v1.MentionKind.MENTION_USER, userId, start: 0, length: 1 + userId.length }],
      },
    });
    await say(chat, 'alice', mention('bob'));
    expect((await historyOf(chat, 'bob')).at(-1)?.message?.mentions).toMatchObject([{ userId: 'bob', length: 4 }]);
    await expect(say(chat, 'alice', mention('carol'))).rejects.toMatchObject({ kind: 'mention_not_member' });
    const outside = { message: { text: 'x', mentions: [{ kind: v1.MentionKind.MENTION_HERE, start: 0, length: 2 }] } };
    await expect(say(chat, 'alice', outside)).rejects.toMatchObject({ kind: 'invalid_argument' });
  });
});
