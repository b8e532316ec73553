import { expect, it } from 'vitest';
import { previewOf } from './preview.js';

it('a preview is the whole text, or a beginning of it that is no longer and ends with a whole character', () => {
  expect(previewOf('short', 5)).toBe('short');
  expect(previewOf('longer', 5)).toBe('long…');
  expect(previewOf('abc👍d', 4)).toBe('abc…');
  expect(previewOf('ab👍👍', 5)).toBe('ab👍…');
});
