import { describe, expect, it } from 'vitest';
import { Long, v1 } from '../src/protocol/wire.js';
import type { SearchRequest } from './search.js';
import { settle } from './testing/fake-clock.js';
import { messageEvent } from './testing/scripted-gateway.js';
import { online, setup } from './testing/setup.js';

async function searching(request: SearchRequest) {
  const given = setup();
  const socket = await online(given);
  const answer = given.client.search(request);
  answer.catch(() => undefined);
  await settle();
  return { ...given, socket, answer };
}

describe('a search', () => {
  it('asks for words, sender, channel, dates and page as given, and for nothing else', async () => {
    const since = new Date(Date.UTC(2026, 0, 5));
    const { socket, client } = await searching({
      words: '東京 tower',
      from: 'bob',
      channelId: 'alice~bob',
      since,
      until: new Date(since.getTime() + 1),
      before: '18446744073709551000',
      limit: 7,
    });
    const [asked] = socket.got('search');
    expect(asked).toMatchObject({ words: '東京 tower', from: 'bob', channelId: 'alice~bob', limit: 7 });
    expect(asked?.since.toNumber()).toBe(since.getTime());
    expect(asked?.until.toNumber()).toBe(since.getTime() + 1);
    expect(asked?.before.toString()).toBe('18446744073709551000');
    client.search({ words: 'tea' }).catch(() => undefined);
    await settle();
    const second = v1.Search.toObject(v1.Search.create(socket.got('search')[1]), { longs: Number });
    expect(second).toEqual({ words: 'tea', channelId: '', from: '', since: 0, until: 0, before: 0, limit: 0 });
  });

  it('gives the messages with where the words stand in them, and where the next page begins', async () => {
    const { socket, answer } = await searching({ words: 'tea' });
    const event = messageEvent('alice~bob', 9, 'bob', 'more tea?');
    const hits = [{ event, highlights: [{ start: 5, length: 3 }] }];
    socket.answer(socket.request('search'), { type: 'searchResults', value: { hits, next: Long.fromNumber(9, true) } });
    const page = await answer;
    expect(page.next).toBe('9');
    expect(page.items.map(({ event: { seq, text }, highlights }) => [seq, text, highlights])).toEqual([
      [9, 'more tea?', [{ start: 5, length: 3 }]],
    ]);
  });

  it('ends with a page that has no next one', async () => {
    const { socket, answer } = await searching({ from: 'bob' });
    socket.answer(socket.request('search'), { type: 'searchResults', value: {} });
    expect(await answer).toEqual({ items: [], next: undefined });
  });

  it('rejects with what the server says of it', async () => {
    const { socket, answer } = await searching({ words: '?' });
    socket.refuse(socket.request('search'), 'search_empty', v1.Retry.NEVER);
    await expect(answer).rejects.toMatchObject({ kind: 'search_empty' });
  });
});
