/** What a list of conversations shows of a fan-out channel, whose events do not come by inbox. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LIMITS } from '../../src/core/limits.js';
import { v1 } from '../../src/protocol/wire.js';
import { type FakeSession, memoryWorld, type World } from './fixture.js';

let chat: World;
let channelId = '';

beforeEach(async () => {
  chat = await memoryWorld('alice', 'bob');
  channelId = await chat.createChannel('alice', v1.ChannelKind.BROADCAST, ['bob'], { name: 'News' });
});

const shownToBob = (): Promise<v1.IChannelSummary | undefined> => shownTo('bob');

async function shownTo(userId: string): Promise<v1.IChannelSummary | undefined> {
  const answer = await chat.request(userId, { type: 'listChannels', value: v1.ListChannels.create({}) });
  return answer.type === 'channelList' ? answer.value.channels?.find((one) => one.channelId === channelId) : undefined;
}

const readUpdates = ({ events }: FakeSession) =>
  events.flatMap((one) => (one.type === 'session_event' && one.event.type === 'readUpdate' ? [one.event] : []));

describe('a fan-out channel', () => {
  it('is listed by the name that it has now', async () => {
    expect(await shownToBob()).toMatchObject({ name: 'News' });
    await chat.request('alice', { type: 'rename', value: v1.RenameChannel.create({ channelId, name: 'Old news' }) });
    await chat.clock.advance(5_000); // what was heard is shown for some seconds
    expect(await shownToBob()).toMatchObject({ name: 'Old news', head: 2 });
  });

  it('counts as unread what the head is beyond the read cursor, also beside a message that comes by inbox', async () => {
    const bob = await chat.connect('bob');
    for (const text of ['one', 'two']) await chat.send('alice', { channelId }, text);
    const mentions = [{ kind: v1.MentionKind.MENTION_USER, userId: 'bob', start: 0, length: 4 }];
    await chat.send('alice', { channelId }, '', { message: { text: '@bob three', mentions } });
    expect(bob.session.deliveries.at(-1)).toMatchObject({ unread: 3 });
    expect(await shownToBob()).toMatchObject({ unread: 3, head: 4 });
  });

  it('counts nothing as unread that stands at or above what one said oneself, on all devices and over a crash', async () => {
    const [phone, laptop] = [await chat.connect('alice'), await chat.connect('alice')];
    await chat.send('alice', { channelId }, 'one');
    await chat.send('alice', { channelId }, 'two');
    const updates = [2, 3].map((seq) => ({ type: 'readUpdate', value: { channelId, seq, unread: 0 } }));
    for (const { session } of [phone, laptop]) expect(readUpdates(session)).toMatchObject(updates);
    for (const crashes of [false, true]) {
      if (crashes) await chat.crash();
      expect(await shownTo('alice')).toMatchObject({ unread: 0, head: 3, readSeq: 3 });
      expect(await shownTo('bob')).toMatchObject({ unread: 2, head: 3, readSeq: 1 });
    }
  });

  it('counts what one changed oneself as read where everything above it is, and nothing else for it', async () => {
    const role = v1.SetRole.create({ channelId, userId: 'bob', role: v1.Role.ADMIN });
    await chat.request('alice', { type: 'setRole', value: role });
    const rename = (userId: string, name: string) =>
      chat.request(userId, { type: 'rename', value: v1.RenameChannel.create({ channelId, name }) });
    await rename('alice', 'New news');
    const before = await shownTo('alice');
    expect(before).toMatchObject({ unread: 0, readSeq: before?.head });
    await chat.send('bob', { channelId }, 'unread by alice');
    await rename('alice', 'Newest news');
    await chat.clock.advance(5_000); // what was heard is shown for some seconds
    expect(await shownTo('alice')).toMatchObject({ unread: 2, readSeq: before?.head });
    await chat.send('alice', { channelId }, 'whoever writes has read');
    expect(await shownTo('alice')).toMatchObject({ unread: 0, readSeq: (before?.head ?? 0) + 3 });
  });
});

describe('a group that comes back from the fan-out tier', () => {
  const names = Array.from({ length: LIMITS.inboxTierMembersMax }, (_, index) => `user${index}`);

  async function made(): Promise<void> {
    chat.people.add(...names);
    channelId = await chat.createChannel('alice', v1.ChannelKind.GROUP, ['bob'], { name: 'Us' });
    for (let from = 0; from < names.length; from += 100) {
      const value = v1.InviteMembers.create({ channelId, userIds: names.slice(from, from + 100) });
      await chat.request('alice', { type: 'invite', value });
    }
    expect(await shownTo('bob')).toMatchObject({ tier: v1.Tier.FANOUT });
  }

  /** Until it is back, which is more events than a head is looked for in. */
  async function shrunk(): Promise<void> {
    for (const userId of names.slice(0, 110))
      await chat.request('alice', { type: 'remove', value: v1.RemoveMember.create({ channelId, userId }) });
    expect(await shownTo('bob')).toMatchObject({ tier: v1.Tier.INBOX });
  }

  const say = async (text: string): Promise<number> => {
    const answer = await chat.send('alice', { channelId }, text);
    return answer.type === 'sendAck' ? (answer.value.seq ?? 0) : 0;
  };
  const lastOf = async (userId: string) => (await shownTo(userId))?.lastMessage;

  it('is listed with its newest message, also one that came by fan-out, as it is by then', async () => {
    await made();
    await say('the first');
    const seq = await say('the second');
    await chat.send('alice', { channelId }, '', { message: null, edit: { seq, message: { text: 'the last' } } });
    await shrunk();
    expect(await lastOf('bob')).toMatchObject({ seq, message: { text: 'the last' } });
    await chat.send('alice', { channelId }, '', { message: null, erase: { seq } });
    expect(await lastOf('bob')).toMatchObject({ seq, deleted: true });
    expect((await lastOf('bob'))?.message ?? null).toBe(null);
    await say('by inbox again');
    expect(await lastOf('bob')).toMatchObject({ message: { text: 'by inbox again' } });
  });

  it('is so also after a crash, and asks its owner once', async () => {
    await made();
    await say('the last');
    await shrunk();
    await chat.clock.advance(200_000); // at rest, after checkpoints
    await chat.crash();
    expect(await lastOf('bob')).toMatchObject({ message: { text: 'the last' } });
    const asked = vi.spyOn(chat.node.host, 'tell');
    expect(await lastOf('bob')).toMatchObject({ message: { text: 'the last' } });
    expect(asked).not.toHaveBeenCalled();
    await chat.crash();
    expect(await lastOf('bob')).toMatchObject({ message: { text: 'the last' } });
  });
});

describe('a fan-out channel whose newest events are no messages', () => {
  it('is listed with its newest message all the same, also after a crash', async () => {
    await chat.send('alice', { channelId }, 'the last');
    for (let at = 0; at < 30; at++)
      await chat.request('alice', {
        type: 'rename',
        value: v1.RenameChannel.create({ channelId, name: `News ${at}` }),
      });
    for (const crashes of [false, true]) {
      if (crashes) {
        await chat.clock.advance(200_000);
        await chat.crash();
      }
      expect((await shownTo('bob'))?.lastMessage).toMatchObject({ seq: 2, message: { text: 'the last' } });
    }
  });
});
