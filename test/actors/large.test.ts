/** A channel of ten thousand: who is named there hears of it as anywhere, and nobody names them all. */
import { beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/core/limits.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from './fixture.js';

const { MENTION_USER, MENTION_CHANNEL, MENTION_HERE } = v1.MentionKind;
const MEMBERS = 10_000;
const INVITED_AT_ONCE = 100;

let chat: World;
let channelId = '';
const names = Array.from({ length: MEMBERS - 2 }, (_, index) => `member${index}`);

async function invite(userIds: readonly string[]): Promise<void> {
  for (let from = 0; from < userIds.length; from += INVITED_AT_ONCE) {
    const value = v1.InviteMembers.create({ channelId, userIds: userIds.slice(from, from + INVITED_AT_ONCE) });
    await chat.request('alice', { type: 'invite', value });
  }
}

const mention = (kind: v1.MentionKind, userId = ''): v1.ISend => ({
  message: { text: '@somebody', mentions: [{ kind, userId, start: 0, length: 9 }] },
});

async function head(): Promise<{ head: number; unread: number }> {
  const list = await chat.request('bob', { type: 'listChannels', value: v1.ListChannels.create({}) });
  const summary = list.type === 'channelList' ? list.value.channels?.find((one) => one.channelId === channelId) : {};
  return { head: summary?.head ?? 0, unread: summary?.unread ?? 0 };
}

describe('a channel of ten thousand members', () => {
  beforeAll(async () => {
    chat = await memoryWorld('alice', 'bob', 'mallory', ...names);
    const push = {
      level: 'mentions',
      muteUntilMs: 0,
      doNotDisturb: null,
      timeZone: 'UTC',
      channels: new Map(),
    } as const;
    Object.assign(chat.people.accounts.get('bob') ?? {}, { push });
    channelId = await chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob']);
  }, 120_000);

  it('is named as a whole while it has a thousand, and above that refused, without effect', async () => {
    await invite(names.slice(0, LIMITS.mentionAllMembersMax - 2));
    for (const kind of [MENTION_CHANNEL, MENTION_HERE])
      expect(await chat.send('alice', { channelId }, '', mention(kind))).toMatchObject({ type: 'sendAck' });
    await invite(names.slice(LIMITS.mentionAllMembersMax - 2));
    const before = await head();
    for (const kind of [MENTION_CHANNEL, MENTION_HERE]) {
      const refused = chat.send('alice', { channelId }, '', mention(kind));
      await expect(refused).rejects.toMatchObject({ kind: 'mention_too_wide' });
    }
    const stranger = chat.send('alice', { channelId }, '', mention(MENTION_USER, 'mallory'));
    await expect(stranger).rejects.toMatchObject({ kind: 'mention_not_member' });
    expect(await head()).toEqual(before);
    expect(before.head).toBeGreaterThan(MEMBERS / INVITED_AT_ONCE);
  }, 120_000);

  it('brings who is named there the message by inbox, by the feed, and by push; unread is the head less the read cursor', async () => {
    const bob = await chat.connect('bob');
    const { head: seq } = await head();
    await chat.request('bob', { type: 'markRead', value: v1.MarkRead.create({ channelId, seq }) });
    await chat.send('alice', { channelId }, '', { base: seq, message: { text: 'nobody in person' } });
    await chat.send('alice', { channelId }, '', { base: seq, ...mention(MENTION_USER, 'bob') });
    expect(bob.session.texts).toEqual(['@somebody']); // the other one comes by the channel's publication
    expect(await head()).toEqual({ head: seq + 2, unread: 2 });
    const feed = await chat.request('bob', { type: 'listMentions', value: v1.ListMentions.create({}) });
    expect(feed).toMatchObject({ type: 'mentionList', value: { items: [{ event: { seq: seq + 2 } }, {}, {}] } });
    await chat.clock.advance(LIMITS.pushDelayMs + 1_500);
    const jobs = chat.pushes.flatMap((one) => (one.type === 'push_job' ? [one.job] : []));
    expect(jobs.at(-1)).toMatchObject({ channelId, seq: seq + 2, mentioned: true });
  }, 120_000);
});
