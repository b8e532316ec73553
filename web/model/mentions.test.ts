import { describe, expect, it } from 'vitest';
import type { MentionItem, MentionPage } from '../../client/index.js';
import { Mentions } from './mentions.js';
import { messageOf } from './testing/events.js';

/** A server that keeps so many mentions, the oldest with the id 1. */
class FakeServer {
  kept = 120;
  fail = false;

  async mentions({ before = '1000', limit = 50 }: { before?: string; limit?: number }): Promise<MentionPage> {
    if (this.fail) throw new Error('no network');
    const newest = Math.min(Number(before) - 1, this.kept);
    const ids = Array.from({ length: Math.min(limit, newest) }, (_, at) => newest - at);
    const items = ids.map((id): MentionItem => ({ event: messageOf(id, 'ben'), read: false }));
    return { items, more: newest > limit, unread: 9 };
  }
}

const ids = ({ items }: Mentions): number[] => items.map(({ event }) => Number(event.messageId));
const down = (first: number, last: number): number[] => Array.from({ length: first - last + 1 }, (_, at) => first - at);

describe('the mentions', () => {
  it('are shown a page at a time, down to the oldest', async () => {
    const mentions = new Mentions(new FakeServer(), () => {});
    await mentions.refresh();
    expect([ids(mentions), mentions.more, mentions.unread]).toEqual([down(120, 71), true, 9]);
    await mentions.loadOlder();
    await mentions.loadOlder();
    expect([ids(mentions), mentions.more]).toEqual([down(120, 1), false]);
  });

  it('keep the older ones that were asked for when a new one comes, or the server does not answer', async () => {
    const server = new FakeServer();
    const mentions = new Mentions(server, () => {});
    await mentions.refresh();
    await mentions.loadOlder();
    server.kept = 121;
    await mentions.refresh();
    expect([ids(mentions), mentions.more]).toEqual([down(121, 21), true]);
    server.fail = true;
    await mentions.refresh();
    expect(ids(mentions)).toEqual(down(121, 21));
    await expect(mentions.loadOlder()).rejects.toThrow('no network');
  });
});
