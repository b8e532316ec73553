/** In the fan-out tier some inboxes hold some messages: what becomes of those is told to them, and to nobody else. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from './fixture.js';

const SECRET = '@bob the code is 4711';
const PASSIVATED_MS = 200_000;
const { MENTION_USER } = v1.MentionKind;

const say = async (chat: World, channelId: string, content: v1.ISend): Promise<number> =>
  (await chat.say('alice', channelId, content)).seq;

const naming = (text: string): v1.IMessageBody => ({
  text,
  mentions: [{ kind: MENTION_USER, userId: 'bob', start: 0, length: 4 }],
});

const feedOf = async (chat: World, userId: string): Promise<unknown[]> =>
  ((await chat.mentionsOf(userId)).items ?? []).map(({ event }) => event?.message?.text);

/** All that the store holds of a user, as text. */
async function storedOf(chat: World, userId: string): Promise<string> {
  const log = `user:${userId}`;
  const rows = await chat.node.host.store.readRows(log, 0, 1e9, 1e6);
  const records = await chat.node.host.store.readRecords(log, '', 1e6);
  const bodies = [...rows.map(({ body }) => body), ...records.map(({ value }) => value)];
  return bodies.map((body) => Buffer.from(body).toString('latin1')).join(' ');
}

const headOf = async (chat: World, userId: string): Promise<number> =>
  (await chat.connect(userId)).cursor.inboxSeq ?? 0;

describe('a message of a broadcast channel that mentions somebody', () => {
  it('is told to them when it is edited, and loses its text in their inbox and feed when it is deleted', async () => {
    const chat = await memoryWorld('alice', 'bob', 'carol');
    const channelId = await chat.createChannel('alice', v1.ChannelKind.BROADCAST, ['bob', 'carol']);
    const seq = await say(chat, channelId, { message: naming(SECRET) });
    await say(chat, channelId, { edit: { seq, message: naming('@bob the code is 4712') } });
    expect(await feedOf(chat, 'bob')).toEqual(['@bob the code is 4712']);
    expect(await storedOf(chat, 'bob')).toContain('4711');
    const carol = await headOf(chat, 'carol');
    await say(chat, channelId, { erase: { seq, copies: { userIds: ['carol'] } } }); // what a client says of copies is nothing
    expect(await feedOf(chat, 'bob')).toEqual([]);
    expect((await chat.mentionsOf('bob')).unread).toBe(0);
    expect(await headOf(chat, 'carol')).toBe(carol);
    await chat.clock.advance(PASSIVATED_MS);
    expect(await storedOf(chat, 'bob')).not.toContain('the code is');
    await chat.crash();
    expect(await feedOf(chat, 'bob')).toEqual([]);
  });

  it('is told to nobody by inbox when it mentions nobody', async () => {
    const chat = await memoryWorld('alice', 'bob');
    const channelId = await chat.createChannel('alice', v1.ChannelKind.BROADCAST, ['bob']);
    const seq = await say(chat, channelId, { message: { text: 'hello' } });
    const before = await headOf(chat, 'bob');
    await say(chat, channelId, { edit: { seq, message: { text: 'hello!' } } });
    await say(chat, channelId, { erase: { seq } });
    expect(await headOf(chat, 'bob')).toBe(before);
  });
});

describe('a push of a mention in a broadcast channel', () => {
  const texts = (chat: World): string[] =>
    chat.pushes.flatMap((one) => (one.type === 'push_job' ? [one.job.text] : []));

  async function mentioned(): Promise<{ chat: World; channelId: string; seq: number }> {
    const chat = await memoryWorld('alice', 'bob');
    const bob = chat.people.accounts.get('bob');
    const level = 'mentions';
    if (bob) bob.push = { level, muteUntilMs: 0, doNotDisturb: null, timeZone: 'UTC', channels: new Map() };
    const channelId = await chat.createChannel('alice', v1.ChannelKind.BROADCAST, ['bob']);
    return { chat, channelId, seq: await say(chat, channelId, { message: naming(SECRET) }) };
  }

  it('has the text of now when the message was edited before it goes, and does not go when it was deleted', async () => {
    const { chat, channelId, seq } = await mentioned();
    await say(chat, channelId, { edit: { seq, message: naming('@bob the code is 4712') } });
    await chat.clock.advance(LIMITS.pushDelayMs + 1_500);
    expect(texts(chat)).toEqual(['@bob the code is 4712']);
    const other = await say(chat, channelId, { message: naming('@bob oh') });
    await say(chat, channelId, { erase: { seq: other } });
    await chat.clock.advance(LIMITS.pushDelayMs + 1_500);
    expect(texts(chat)).not.toContain('@bob oh');
  });

  it('keeps to that after a crash, though the store has the old text yet', async () => {
    const { chat, channelId, seq } = await mentioned();
    await say(chat, channelId, { edit: { seq, message: naming('@bob the code is 4712') } });
    await chat.crash();
    await chat.clock.advance(LIMITS.pushRecoveredDelayMs + 1_500);
    expect(new Set(texts(chat))).toEqual(new Set(['@bob the code is 4712']));
  });
});

describe('a group that has grown into the fan-out tier', () => {
  const many = Array.from({ length: LIMITS.inboxTierMembersMax }, (_, index) => `member${index}`);

  async function grow(chat: World, channelId: string): Promise<void> {
    for (let from = 0; from < many.length; from += 100) {
      const value = v1.InviteMembers.create({ channelId, userIds: many.slice(from, from + 100) });
      await chat.request('alice', { type: 'invite', value });
    }
    await invite(chat, channelId, 'late');
  }

  const invite = (chat: World, channelId: string, userId: string) =>
    chat.request('alice', { type: 'invite', value: v1.InviteMembers.create({ channelId, userIds: [userId] }) });

  it('takes what was said before out of all inboxes that may hold it, also after a crash, and bothers no other', async () => {
    const chat = await memoryWorld('alice', 'bob', 'early', 'late', ...many);
    const channelId = await chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob']);
    const before = await say(chat, channelId, { message: { text: 'the code is 4711' } });
    await invite(chat, channelId, 'early'); // has the edit alone
    await say(chat, channelId, { edit: { seq: before, message: { text: 'the code is 4712' } } });
    expect(await storedOf(chat, 'early')).toContain('4712');
    await grow(chat, channelId);
    const after = await say(chat, channelId, { message: { text: 'hello all' } });
    await chat.clock.advance(PASSIVATED_MS); // after a checkpoint
    await chat.crash();
    const heads = async () => [await headOf(chat, 'bob'), await headOf(chat, 'early'), await headOf(chat, 'late')];
    const [bob = 0, early = 0, late = 0] = await heads();
    await say(chat, channelId, { erase: { seq: after } });
    expect(await heads()).toEqual([bob, early, late]);
    await say(chat, channelId, { erase: { seq: before } });
    expect(await heads()).toEqual([bob + 1, early + 1, late]);
    await chat.clock.advance(PASSIVATED_MS);
    for (const userId of ['alice', 'bob', 'early']) expect(await storedOf(chat, userId)).not.toContain('the code is');
  });
});
