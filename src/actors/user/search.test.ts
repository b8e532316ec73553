import { expect, it } from 'vitest';
import type { ActorHost } from '../../cluster/actor-host.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import { SparseMap } from '../../core/sparse-map.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { Long, v1 } from '../../protocol/wire.js';
import { UserSearch } from './search.js';
import { applyEntry, type UserChannels } from './state.js';

const CHANNELS = 60;
const CALLER = { userId: 'bob', deviceId: 'd', sessionId: 'bob/1' };

function conversations(): UserChannels {
  const channels: UserChannels = new SparseMap();
  for (let at = 1; at <= CHANNELS; at++) {
    const event = { channelId: `g${at}`, seq: 1, messageId: Long.fromNumber(at, true), from: 'alice' };
    applyEntry(channels, EncodedEvent.of(v1.Event.create({ ...event, message: { text: 'lunch' } })), 'bob');
  }
  return channels;
}

it('asks no further channel once one has refused, and is under way until all that were asked have answered', async () => {
  const clock = new FakeClock();
  const waiting: ((answer: unknown) => void)[] = [];
  let asked = 0;
  const ask = () => {
    if (++asked === 3) return Promise.reject(new ParleyError('internal'));
    return new Promise((resolve) => waiting.push(resolve));
  };
  const search = new UserSearch({ clock, ask } as unknown as ActorHost, conversations());
  const answer = () => search.answer(CALLER, v1.Search.create({ words: 'lunch' }), 5_000);
  const refused = expect(answer()).rejects.toMatchObject({ kind: 'internal' });
  await clock.settle();
  expect(asked).toBe(LIMITS.searchChannelsAtOnce);
  for (let more = 1; more < LIMITS.searchesInFlightPerUserMax; more++) answer().catch(() => undefined);
  await clock.advance(10_000); // the rate allows another
  await expect(answer()).rejects.toMatchObject({ kind: 'rate_limited' });
  for (const answered of waiting.splice(0)) answered({ type: 'searchResults', value: {} });
  await refused;
  await clock.settle();
  expect(asked).toBe(LIMITS.searchChannelsAtOnce * (1 + 2 * (LIMITS.searchesInFlightPerUserMax - 1))); // the others go on
});

it('counts a hit by what became of it, its reactions too', async () => {
  const reacted = { emoji: '👍', count: 500, userIds: Array.from({ length: 500 }, (_, at) => `somebody-${at}`) };
  const hits = Array.from({ length: 50 }, (_, at) => ({
    event: { messageId: Long.fromNumber(100 - at, true), message: { text: 'lunch' }, form: { reactions: [reacted] } },
  }));
  const ask = () => Promise.resolve({ type: 'searchResults', value: { hits } });
  const search = new UserSearch({ clock: new FakeClock(), ask } as unknown as ActorHost, conversations());
  const request = v1.Search.create({ words: 'lunch', channelId: 'g1', limit: 50 });
  const page = await search.answer(CALLER, request, 5_000);
  expect(v1.SearchResults.encode(page).finish().length).toBeLessThanOrEqual(LIMITS.historyPageBytesMax);
  expect(page.next).toEqual(page.hits?.at(-1)?.event?.messageId);
});
