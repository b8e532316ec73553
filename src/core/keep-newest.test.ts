import { expect, it } from 'vitest';
import { keepNewest } from './keep-newest.js';

it('drops the oldest of what is too much, and nothing of what is not', () => {
  const set = new Set([1, 2, 3, 4]);
  keepNewest(set, 4);
  expect(set.size).toBe(4);
  keepNewest(set, 2);
  expect([...set]).toEqual([3, 4]);
  const map = new Map([
    ['a', 1],
    ['b', 2],
  ]);
  keepNewest(map, 0);
  expect(map.size).toBe(0);
});
