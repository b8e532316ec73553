import { describe, expect, it } from 'vitest';
import type { ChannelSummary } from '../../client/index.js';
import {
  afterEvent,
  afterRead,
  type Conversation,
  freshAbove,
  listed,
  newestFirst,
  peerOf,
  unreadInAll,
} from './conversations.js';
import { CHANNEL, eventOf, messageOf } from './testing/events.js';

function conversation(head: number, unread = 0, channelId = CHANNEL): Conversation {
  const last = messageOf(head, 'ben', 'last', channelId);
  return { channelId, kind: 'direct', name: '', head, readSeq: 0, unread, wroteSeq: 0, last, activeAt: last.createdAt };
}

function summary(head: number, channelId = CHANNEL): ChannelSummary {
  const { last, ...rest } = conversation(head, 0, channelId);
  return { ...rest, lastMessage: last, tier: 'inbox' };
}

describe('the list of conversations', () => {
  it('counts unread as the server does, and by itself where the server did not say', () => {
    expect(afterEvent(conversation(1, 4), messageOf(2, 'ben'), 9, 'ann')?.unread).toBe(9);
    expect(afterEvent(conversation(1, 4), messageOf(2, 'ben'), undefined, 'ann')?.unread).toBe(5);
    expect(afterEvent(conversation(1, 4), messageOf(2, 'ann'), undefined, 'ann')?.unread).toBe(4);
  });

  it('does not count an event twice that the list already knew', () => {
    const known = conversation(5, 2);
    expect(afterEvent(known, messageOf(5, 'ben'), undefined, 'ann')).toBe(known);
  });

  it('takes up a conversation with its first event, and a group with its name', () => {
    expect(afterEvent(undefined, messageOf(1, 'ben'), 1, 'ann')).toMatchObject({ kind: 'direct', unread: 1 });
    const joined = eventOf(
      7,
      'ben',
      { type: 'joined', userIds: ['ann'], role: 'member', kind: 'group', name: 'Crew' },
      'g',
    );
    expect(afterEvent(undefined, joined, 0, 'ann')).toMatchObject({ kind: 'group', name: 'Crew', head: 7 });
  });

  it('lets go of a group that one leaves, not of one that another leaves', () => {
    const left = (userId: string) => eventOf(9, 'ben', { type: 'left', userId }, 'g');
    expect(afterEvent(conversation(8, 0, 'g'), left('ann'), undefined, 'ann')).toBeUndefined();
    expect(afterEvent(conversation(8, 0, 'g'), left('ben'), undefined, 'ann')).toBeDefined();
  });

  it('shows nothing of a message from someone blocked, nor moves the conversation up for it', () => {
    const before = conversation(1);
    const hidden = eventOf(2, 'ben', { type: 'withheld', reason: 'hidden' });
    const after = afterEvent(before, hidden, 0, 'ann');
    expect(after).toMatchObject({ head: 2, last: before.last, activeAt: before.activeAt, unread: 0 });
  });

  it('is not taken back by a list that events have overtaken', () => {
    const have = new Map([
      [CHANNEL, conversation(6)],
      ['new', conversation(1, 1, 'new')],
      ['gone', conversation(1, 0, 'gone')],
    ]);
    const now = listed(have, [summary(5), summary(3, 'other')], new Set([CHANNEL, 'new']));
    expect([...now.keys()].sort()).toEqual([CHANNEL, 'new', 'other'].sort());
    expect(now.get(CHANNEL)?.head).toBe(6);
  });

  it('stands newest first', () => {
    const all = [conversation(1, 0, 'a'), conversation(3, 0, 'b'), conversation(2, 0, 'c')];
    const order = newestFirst(new Map(all.map((one) => [one.channelId, one])));
    expect(order.map((one) => one.channelId)).toEqual(['b', 'c', 'a']);
  });

  it('lets a read cursor only grow', () => {
    const read = afterRead(conversation(9, 4), 7, 2);
    expect(read).toMatchObject({ readSeq: 7, unread: 2 });
    expect(afterRead(read, 5, 4)).toBe(read);
  });

  it('has nothing new above what one wrote, on whatever device', () => {
    const unread = afterEvent(conversation(5), messageOf(6, 'ben'), 3, 'ann');
    expect(freshAbove(unread)).toBe(0);
    const answered = afterEvent(unread, messageOf(7, 'ann'), 0, 'ann');
    expect(freshAbove(answered)).toBe(Number.POSITIVE_INFINITY);
    const replied = afterEvent(answered, messageOf(8, 'ben'), 1, 'ann');
    expect(freshAbove(replied)).toBe(7);
    const again = listed(new Map([[CHANNEL, replied ?? conversation(8)]]), [{ ...summary(8), unread: 1 }], new Set());
    expect(freshAbove(again.get(CHANNEL))).toBe(7);
    const edited = eventOf(9, 'ann', { type: 'edited', target: 7, text: 'better' });
    expect(freshAbove(afterEvent(replied, edited, 1, 'ann'))).toBe(7);
    expect(freshAbove(undefined)).toBe(Number.POSITIVE_INFINITY);
  });

  it('knows the other person of a direct chat', () => {
    expect(peerOf('ann~ben', 'ann')).toBe('ben');
    expect(peerOf('ann~ben', 'ben')).toBe('ann');
    expect(peerOf('gabc', 'ann')).toBeUndefined();
  });
});

describe('what is unread in all', () => {
  it('is counted with and without what is muted', () => {
    const all = new Map(['a', 'b'].map((channelId) => [channelId, conversation(3, 2, channelId)]));
    expect([unreadInAll(all), unreadInAll(all, (channelId) => channelId === 'b')]).toEqual([4, 2]);
  });
});
