import { describe, expect, it } from 'vitest';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from './fixture.js';

const world = () => memoryWorld('alice', 'bob');

/** As the gateway of a session of Bob's says what is on the socket, and what the device acknowledged. */
async function confirm(chat: World, sessionId: string, put: v1.ICursor, acknowledged?: v1.ICursor): Promise<void> {
  chat.edge.tell('user:bob', {
    type: 'session_confirm',
    confirmation: { sessionId, put, acknowledged },
    caller: { userId: 'bob', deviceId: 'd', sessionId },
    gateway: chat.edge.address,
    visible: true,
  });
  await chat.clock.advance(3_000);
}

/** Up to where a device of Bob's has the channel, as Alice is told. */
async function deliveredToBob(chat: World): Promise<number | undefined> {
  const value = v1.GetChannel.create({ channelId: 'alice~bob' });
  const answer = await chat.request('alice', { type: 'getChannel', value });
  if (answer.type !== 'channel') throw new Error(answer.type);
  return answer.value.members?.find(({ userId }) => userId === 'bob')?.deliveredSeq ?? 0;
}

describe('delivered', () => {
  it('is after a change of owner what the device acknowledged, and not what was put on its socket', async () => {
    const chat = await world();
    const bob = await chat.connect('bob');
    await chat.send('alice', { userId: 'bob' }, 'one');
    await chat.clock.advance(1_000);
    await chat.send('alice', { userId: 'bob' }, 'two');
    await chat.clock.advance(1_000);
    const [, one, two] = bob.session.deliveries.map(({ cursor }) => cursor);
    await chat.crash();
    await confirm(chat, bob.id, two ?? {}, one);
    expect(await deliveredToBob(chat)).toBe(1); // the channel's beginning, never unread; what came before the last is told with it
    await confirm(chat, bob.id, two ?? {}, two);
    expect(await deliveredToBob(chat)).toBe(3);
  });

  it('is not what came before a session that began at the head', async () => {
    const chat = await world();
    await chat.send('alice', { userId: 'bob' }, 'one');
    await chat.clock.advance(1_000);
    const { id, cursor } = await chat.connect('bob');
    await confirm(chat, id, cursor, { ...cursor, inboxSeq: 1 });
    expect(await deliveredToBob(chat)).toBe(0);
    await confirm(chat, id, cursor, cursor);
    expect(await deliveredToBob(chat)).toBe(2);
  });
});
