/** What a list of conversations shows of a fan-out channel, whose events do not come by inbox. */
import { beforeEach, describe, expect, it } from 'vitest';
import { v1 } from '../../src/protocol/wire.js';
import { World } from './fixture.js';
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

async function shownToBob(): Promise<v1.IChannelSummary | undefined> {
  const answer = await chat.request('bob', { type: 'listChannels', value: v1.ListChannels.create({}) });
  return answer.type === 'channelList' ? answer.value.channels?.[0] : undefined;
}

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
});
