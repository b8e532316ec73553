/** What a list of conversations shows of a fan-out channel, whose events do not come by inbox. */
import { beforeEach, describe, expect, it } from 'vitest';
import { v1 } from '../../src/protocol/wire.js';
import { type FakeSession, World } from './fixture.js';
import { memoryPlace, openMemory } from './store.js';

let chat: World;
let channelId = '';

beforeEach(async () => {
  const place = memoryPlace();
  chat = new World((incarnation) => openMemory(place, incarnation));
  chat.people.add('alice', 'bob');
  await chat.start();
  const value = v1.CreateChannel.create({
    ...{ kind: v1.ChannelKind.BROADCAST, name: 'News', members: ['bob'], idempotencyKey: 'k' },
  });
  const answer = await chat.request('alice', { type: 'createChannel', value });
  if (answer.type !== 'channel') throw new Error(answer.type);
  channelId = answer.value.channelId ?? '';
});

const shownToBob = (): Promise<v1.IChannelSummary | undefined> => shownTo('bob');

async function shownTo(userId: string): Promise<v1.IChannelSummary | undefined> {
  const answer = await chat.request(userId, { type: 'listChannels', value: v1.ListChannels.create({}) });
  return answer.type === 'channelList' ? answer.value.channels?.[0] : undefined;
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
