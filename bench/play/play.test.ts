import { expect, it } from 'vitest';
import { absentOf } from './play.js';

it('expects nothing of anybody when the server is gone', () => {
  const aftermaths = [{ absent: [1] }, { absent: [] }];
  expect([...absentOf(aftermaths, 0)]).toEqual([1]);
  expect([...absentOf(aftermaths, 3)]).toEqual([0, 1, 2]);
});
