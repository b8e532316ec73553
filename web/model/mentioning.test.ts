import { describe, expect, it } from 'vitest';
import { completions, type Mentionable, mentionsIn, namingAt } from './mentioning.js';

const user = (userId: string, label: string): Mentionable => ({ kind: 'user', userId, label });
const people = [
  user('ann', 'Ann'),
  user('anna', 'Ann Lee'),
  { kind: 'channel', userId: '', label: 'channel' } as const,
];

describe('mentions in a text that is typed', () => {
  it('are the labels after an @, the longest first, where they stand by themselves', () => {
    expect(mentionsIn('hi @Ann, and @Ann Lee: @channel!', people)).toEqual([
      { kind: 'user', userId: 'ann', start: 3, length: 4 },
      { kind: 'user', userId: 'anna', start: 13, length: 8 },
      { kind: 'channel', userId: '', start: 23, length: 8 },
    ]);
    expect(mentionsIn('mail@Ann @Anne @nobody', people)).toEqual([]);
  });

  it('count in UTF-16 code units, as the protocol does', () => {
    expect(mentionsIn('🎉 @Ann', people)).toMatchObject([{ start: 3, length: 4 }]);
  });

  it('are typed by hand in whatever case, and by user id', () => {
    expect(mentionsIn('hi @ANN LEE, @ann', people)).toMatchObject([
      { userId: 'anna', start: 3, length: 8 },
      { userId: 'ann', start: 13, length: 4 },
    ]);
    expect(mentionsIn('@anna', people)).toMatchObject([{ userId: 'anna', length: 5 }]);
    expect(mentionsIn('İ @ann', people)).toMatchObject([{ userId: 'ann', start: 2, length: 4 }]);
  });

  it('mean the label that is written just so, before another case and before a user id', () => {
    const alike = [user('ANN', 'Sue'), user('a1', 'ANN'), user('a2', 'Ann')];
    const meant = ['@Ann', '@ANN', '@ann'].map((text) => mentionsIn(text, alike)[0]?.userId);
    expect(meant).toEqual(['a2', 'a1', 'a1']);
  });

  it('are offered while a name is being typed', () => {
    expect(namingAt('hi @an', 6, people)).toEqual({ start: 3, typed: 'an' });
    expect(namingAt('hi @ann le', 10, people)).toEqual({ start: 3, typed: 'ann le' });
    expect(namingAt('hi @an there', 12, people)).toBeUndefined();
    expect(namingAt('mail@an', 7, people)).toBeUndefined();
    expect(completions('an', people).map(({ userId }) => userId)).toEqual(['ann', 'anna']);
  });
});
