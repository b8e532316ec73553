import { expect, it } from 'vitest';
import { InboxPlace } from './inbox-place.js';

it('grows by epoch first, then by position, and stays where it is otherwise', () => {
  const place = new InboxPlace();
  place.startFrom({ term: 1, sub: 2, inboxSeq: 5 });
  const moves: [number, number, number][] = [
    [1, 2, 6],
    [1, 2, 6],
    [1, 1, 9],
    [1, 3, 1],
    [2, 1, 1],
    [1, 9, 9],
  ];
  expect(moves.map((to) => place.advance(...to))).toEqual([true, false, false, true, true, false]);
  expect(place.cursor).toEqual({ term: 2, sub: 1, inboxSeq: 1 });
});

it('is acknowledged once, and anew after a welcome only where it has grown since', () => {
  const place = new InboxPlace();
  expect([place.isKnown, place.takeUnacknowledged()]).toEqual([false, undefined]);
  place.startFrom({ term: 1, sub: 1, inboxSeq: 5 });
  expect([place.isKnown, place.takeUnacknowledged()]).toEqual([true, undefined]);
  place.advance(1, 1, 6);
  expect(place.takeUnacknowledged()).toEqual({ term: 1, sub: 1, inboxSeq: 6 });
  expect(place.takeUnacknowledged()).toBeUndefined();
  place.startFrom({ term: 1, sub: 1, inboxSeq: 3 });
  expect([place.cursor.inboxSeq, place.takeUnacknowledged()]).toEqual([3, undefined]);
});
