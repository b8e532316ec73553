/** How long an event is held in its decoded form, which is several times its bytes. */
import { afterEach, expect, it, vi } from 'vitest';
import { EncodedEvent } from '../../src/protocol/encoded-event.js';
import { v1 } from '../../src/protocol/wire.js';
import { World } from './fixture.js';
import { memoryPlace, openMemory } from './store.js';

afterEach(() => vi.restoreAllMocks());

it('is dropped once every inbox has the event, however much else its channel has under way', async () => {
  const place = memoryPlace();
  const chat = new World((incarnation) => openMemory(place, incarnation));
  chat.people.add('alice', 'bob');
  await chat.start();
  await chat.connect('alice');
  const bob = await chat.connect('bob');
  await chat.send('alice', { userId: 'bob' }, 'first');
  const made: EncodedEvent[] = [];
  const { of } = EncodedEvent;
  vi.spyOn(EncodedEvent, 'of').mockImplementation((event) => {
    const encoded = of(event);
    made.push(encoded);
    return encoded;
  });
  for (let count = 0; count < 10; count++) await chat.send('alice', { userId: 'bob' }, `${count}`);
  await chat.clock.advance(50); // inboxes wait a little for others to share a flush
  expect(made.map(({ resting }) => resting)).toEqual(Array.from({ length: 10 }, () => true));
  expect(bob.session.texts).toEqual(['first', ...Array.from({ length: 10 }, (_, count) => `${count}`)]);
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
