import { describe, expect, it } from 'vitest';
import type { ChannelEvent, EventBody, Member, PendingMessage } from '../../client/index.js';
import { type Line, linesOf, mergeEvents, systemText } from './lines.js';
import { DELETED_ACCOUNT } from './people.js';
import { eventOf, memberOf, messageOf } from './testing/events.js';
import { pendingOf } from './testing/pending.js';

const names: Readonly<Record<string, string>> = { ann: 'Ann', ben: 'Ben', carla: 'Carla', dan: 'Dan' };
const nameOf = (userId: string): string => names[userId] ?? userId;

function linesFor(events: readonly ChannelEvent[], members: readonly Member[] = [], pending: PendingMessage[] = []) {
  return linesOf({
    me: 'ann',
    nameOf,
    events,
    pending,
    members: new Map(members.map((member) => [member.userId, member])),
  });
}

const sending = (lines: readonly Line[]): unknown[] =>
  lines.map((line) => (line.type === 'message' ? line.sending : line.type));

describe('the lines of a conversation', () => {
  it('show own messages as read up to where another has read, delivered up to where one has them, then sent', () => {
    const events = [1, 2, 3].map((seq) => messageOf(seq, 'ann'));
    expect(sending(linesFor(events, [memberOf('ann', 3, 3), memberOf('ben', 2, 1)]))).toEqual([
      'read',
      'delivered',
      'sent',
    ]);
  });

  it("take no notice of one's own cursors on other devices", () => {
    expect(sending(linesFor([messageOf(1, 'ann')], [memberOf('ann', 1, 1), memberOf('ben')]))).toEqual(['sent']);
  });

  it('count how many of a group have read', () => {
    const members = [memberOf('ann'), memberOf('ben', 1, 1), memberOf('carla', 1, 1), memberOf('dora', 1, 0)];
    expect(linesFor([messageOf(1, 'ann')], members)).toMatchObject([{ sending: 'read', readers: 2 }]);
  });

  it('say nothing about the sending of what others wrote', () => {
    expect(sending(linesFor([messageOf(1, 'ben')], [memberOf('ben', 1, 1)]))).toEqual([undefined]);
  });

  it('put what is on its way last, under the key that it keeps once it has its place', () => {
    const before = linesFor([messageOf(1, 'ben')], [], [pendingOf('ann-2')]);
    const after = linesFor([messageOf(1, 'ben'), messageOf(2, 'ann')], [], [pendingOf('ann-2')]);
    expect(before.map((line) => line.key)).toEqual(after.map((line) => line.key));
    expect(sending(before)).toEqual([undefined, 'pending']);
    expect(sending(after)).toEqual([undefined, 'sent']);
  });

  it('show an edit, a deletion and reactions while they are on their way, as what waits to be sent', () => {
    const events = [messageOf(1, 'ann'), messageOf(2, 'ben'), messageOf(3, 'ann')];
    const react = (emoji: string) => pendingOf(emoji, { type: 'react', target: 2, emoji, removed: false });
    const pending = [
      pendingOf('e', { type: 'edit', target: 1, text: 'mended' }),
      ...['👍', '🎉'].map(react),
      pendingOf('d', { type: 'erase', target: 3 }),
    ];
    const reactions = ['👍', '🎉'].map((emoji) => ({ emoji, userIds: ['ann'] }));
    expect(linesFor(events, [], pending)).toMatchObject([
      { text: 'mended', edited: true, sending: 'pending' },
      { reactions, sending: undefined },
      { text: undefined, sending: 'pending' },
    ]);
  });

  it('keep what failed, to be sent again', () => {
    const failed = pendingOf('ann-9', undefined, 'failed');
    expect(linesFor([], [], [failed])).toMatchObject([{ sending: 'failed', pending: failed }]);
  });

  it('never show a message of someone blocked, and show that a deleted one was there', () => {
    const events = [
      eventOf(1, 'ben', { type: 'withheld', reason: 'hidden' }),
      eventOf(2, 'ben', { type: 'withheld', reason: 'deleted' }),
    ];
    expect(linesFor(events)).toMatchObject([{ type: 'message', seq: 2, text: undefined }]);
  });
});

describe('merging pages of events', () => {
  it('keeps each position once, in order, whatever overlaps', () => {
    const have = [3, 4, 5].map((seq) => messageOf(seq, 'ben'));
    const came = [1, 2, 3, 4].map((seq) => messageOf(seq, 'ben'));
    expect(mergeEvents(have, came).map((event) => event.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(mergeEvents(have, [messageOf(6, 'ben')]).map((event) => event.seq)).toEqual([3, 4, 5, 6]);
    expect(mergeEvents(have, [])).toBe(have);
  });

  it('takes the later form of a position, such as a deleted one', () => {
    const deleted = eventOf(4, 'ben', { type: 'withheld', reason: 'deleted' });
    expect(mergeEvents([messageOf(3, 'ben'), messageOf(4, 'ben')], [deleted]).at(-1)).toBe(deleted);
  });
});

describe('sentences about a group', () => {
  const sentence = (from: string, body: EventBody): string | undefined =>
    systemText(eventOf(1, from, body, 'group'), 'ann', nameOf);
  const joined = (...userIds: string[]): EventBody => ({
    ...{ type: 'joined', role: 'member', kind: 'group', name: 'G' },
    userIds,
  });

  it('name who did what to whom, and the reader as you', () => {
    expect(sentence('ben', joined('ben'))).toBe('Ben joined');
    expect(sentence('ben', joined('ann'))).toBe('Ben added you');
    expect(sentence('ann', joined('carla'))).toBe('You added Carla');
    expect(sentence('carla', { type: 'left', userId: 'carla' })).toBe('Carla left');
    expect(sentence('ann', { type: 'left', userId: 'ben' })).toBe('You removed Ben');
    expect(sentence('ben', { type: 'renamed', name: 'Crew' })).toBe('Ben named this conversation “Crew”');
    expect(sentence('ben', { type: 'roleChanged', userId: 'ann', role: 'admin' })).toBe('Ben made you an admin');
  });

  it('name a few of the many who came at once, the reader first, and count the rest', () => {
    expect(sentence('ben', joined('carla', 'ann'))).toBe('Ben added you and Carla');
    expect(sentence('ann', joined('ben', 'carla', 'dan'))).toBe('You added Ben, Carla and Dan');
    expect(sentence('ben', joined('carla', 'dan', 'eve', 'ann'))).toBe('Ben added you, Carla and 2 others');
    expect(sentence('ben', joined('ben', 'ann'))).toBe('You and Ben joined');
  });

  it('say of a direct chat that the other one deleted their account, whose name is gone later', () => {
    const event = eventOf(1, 'ben', { type: 'left', userId: 'ben' });
    expect(systemText(event, 'ann', nameOf)).toBe('Ben deleted their account');
    expect(systemText(event, 'ann', () => DELETED_ACCOUNT)).toBe('This account was deleted');
  });

  it('are not written about a direct chat or a change of tier', () => {
    const created = { type: 'created', kind: 'direct', name: '', members: [], public: false } as const;
    expect(sentence('ann', created)).toBeUndefined();
    expect(sentence('ann', { type: 'tierChanged', tier: 'fanout' })).toBeUndefined();
  });
});
