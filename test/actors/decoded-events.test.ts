/** How long an event is held in its decoded form, which is several times its bytes. */
import { afterEach, expect, it, vi } from 'vitest';
import { EncodedEvent } from '../../src/protocol/encoded-event.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from './fixture.js';

afterEach(() => vi.restoreAllMocks());

/** Alice and bob, who talk, and what is encoded from here on. */
async function acquainted() {
  const chat = await memoryWorld('alice', 'bob');
  await chat.connect('alice');
  const bob = await chat.connect('bob');
  await chat.send('alice', { userId: 'bob' }, 'first');
  await settled(chat);
  const made: EncodedEvent[] = [];
  const { of } = EncodedEvent;
  vi.spyOn(EncodedEvent, 'of').mockImplementation((event) => {
    const encoded = of(event);
    made.push(encoded);
    return encoded;
  });
  return { chat, bob: bob.session, made };
}

/** Inboxes wait a little for others to share a flush. */
const settled = (chat: World): Promise<void> => chat.clock.advance(50);

it('is dropped once every inbox has the event, however much else its channel has under way', async () => {
  const { chat, bob, made } = await acquainted();
  for (let count = 0; count < 10; count++) await chat.send('alice', { userId: 'bob' }, `${count}`);
  await settled(chat);
  expect(made.map(({ resting }) => resting)).toEqual(Array.from({ length: 10 }, () => true));
  expect(bob.texts).toEqual(['first', ...Array.from({ length: 10 }, (_, count) => `${count}`)]);
});

it('is dropped, too, where the recipient sees another form of the event, for the sender is blocked', async () => {
  const { chat, bob, made } = await acquainted();
  chat.people.accounts.get('bob')?.blocked.add('alice');
  chat.edge.tell('user:bob', { type: 'directory_changed' });
  await settled(chat);
  await chat.send('alice', { userId: 'bob' }, 'unheard');
  await settled(chat);
  expect(made.map(({ resting }) => resting)).toEqual([true, true]);
  expect(bob.texts).toEqual(['first']);
});

it.each([
  ['is known', 0],
  ['comes after a gap', 99],
])('is dropped when an event that is delivered again %s', async (_, previousSeq) => {
  const { chat, made } = await acquainted();
  await chat.send('alice', { userId: 'bob' }, 'second');
  await settled(chat);
  const channelId = 'alice~bob';
  const event = previousSeq === 0 ? made[0] : EncodedEvent.of(v1.Event.create({ channelId, seq: 100 }));
  if (event === undefined) throw new Error('nothing was sent');
  chat.node.host.tell('user:bob', { type: 'deliver', channelId, previousSeq, event, senderSession: '' });
  await settled(chat);
  expect(event.resting).toBe(true);
});

it('is made once for all who are handed the event', () => {
  const event = EncodedEvent.of(v1.Event.create({ seq: 7, message: { text: 'hi' } }));
  event.handTo(2);
  event.looked();
  expect(event.resting).toBe(false);
  const { value } = event;
  event.looked();
  expect(event.resting).toBe(true);
  expect(v1.Event.toObject(event.value)).toEqual(v1.Event.toObject(value));
});
