/** Which fan-out channels a session follows, should its gateway have missed a word of it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { hashOfSet } from '../../src/core/ids.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from './fixture.js';

let chat: World;
let channelId = '';
let bob: Awaited<ReturnType<World['connect']>>;

beforeEach(async () => {
  chat = await memoryWorld('alice', 'bob');
  await chat.send('alice', { userId: 'bob' }, 'hi');
  channelId = await chat.createChannel('alice', v1.ChannelKind.BROADCAST, ['bob'], { name: 'News' });
  bob = await chat.connect('bob');
});

/** What bob's session is told once its gateway has said what it follows. */
async function toldTo(following: readonly string[]): Promise<unknown[]> {
  const told = bob.session.events.length;
  chat.edge.tell('user:bob', {
    type: 'session_confirm',
    confirmation: { sessionId: bob.id, put: bob.cursor, acknowledged: undefined, following: hashOfSet(following) },
    caller: { userId: 'bob', deviceId: 'd', sessionId: bob.id },
    gateway: chat.edge.address,
    visible: true,
  });
  await chat.clock.settle();
  return bob.session.events
    .slice(told)
    .flatMap((event) =>
      event.type === 'fanout_interest' ? [{ add: event.add, seqs: event.seqs, remove: event.remove }] : [],
    );
}

describe('a session whose gateway says what it follows', () => {
  it('is told again what a lost word had it follow, and nothing where that is so', async () => {
    expect(await toldTo([channelId])).toEqual([]);
    expect(await toldTo([])).toEqual([{ add: [channelId], seqs: [1], remove: [] }]);
  });

  it('is told again to follow no channel that its user was taken out of', async () => {
    await chat.request('alice', { type: 'remove', value: v1.RemoveMember.create({ channelId, userId: 'bob' }) });
    expect(await toldTo([channelId])).toEqual([{ add: [], seqs: [], remove: [channelId] }]);
    expect(await toldTo([])).toEqual([]);
  });

  it('is told how far its actor has heard of the channel: its user was taken out, and is back', async () => {
    await chat.request('alice', { type: 'remove', value: v1.RemoveMember.create({ channelId, userId: 'bob' }) });
    await chat.request('alice', { type: 'invite', value: v1.InviteMembers.create({ channelId, userIds: ['bob'] }) });
    expect(await toldTo([])).toEqual([{ add: [channelId], seqs: [3], remove: [] }]);
  });

  it('is told by a new activation what differs, and nothing else', async () => {
    await chat.crash();
    expect(await toldTo([channelId])).toEqual([]);
    await chat.crash();
    bob.session.put = 0; // where the cursor of an epoch that has no rows any more is cut
    expect(await toldTo(['gaaaaaaaaaaaaaaaa'])).toEqual([{ add: [channelId], seqs: [1], remove: [] }]);
  });

  it('is told by a new activation only once it was given what its inbox holds', async () => {
    await chat.crash();
    bob.session.put = -1; // nothing arrives
    expect(await toldTo([])).toEqual([]);
    bob.session.put = 2;
    await chat.clock.advance(5_000);
    expect(bob.session.events.at(-1)).toMatchObject({ type: 'fanout_interest', add: [channelId], remove: [] });
  });
});
