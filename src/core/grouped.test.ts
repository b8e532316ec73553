import { expect, it } from 'vitest';
import { addTo, appendTo, deleteFrom } from './grouped.js';

it('keeps lists in their order, with what is in them twice', () => {
  const lists = new Map<string, number[]>();
  for (const number of [1, 2, 3, 1]) appendTo(lists, number % 2 === 0 ? 'even' : 'odd', number);
  expect([...lists]).toEqual([
    ['odd', [1, 3, 1]],
    ['even', [2]],
  ]);
});

it('keeps sets, and no key without an item', () => {
  const sets = new Map<string, Set<number>>();
  for (const number of [1, 2, 1]) addTo(sets, 'key', number);
  expect(sets.get('key')).toEqual(new Set([1, 2]));
  deleteFrom(sets, 'other', 1);
  deleteFrom(sets, 'key', 1);
  expect([...sets.keys()]).toEqual(['key']);
  deleteFrom(sets, 'key', 2);
  expect(sets.size).toBe(0);
});
