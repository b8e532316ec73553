import { expect, it } from 'vitest';
import { isolated } from './bidi.js';

it('sets apart what runs from right to left, and leaves the rest as it is', () => {
  expect(['שלום abc', 'أحمد'].map(isolated)).toEqual(['\u2068שלום abc\u2069', '\u2068أحمد\u2069']);
  expect(['Ann Lee', '日本', '👍 1'].map(isolated)).toEqual(['Ann Lee', '日本', '👍 1']);
});
