import { expect, it } from 'vitest';
import { readLoadOptions } from './load-options.js';

it('refuses with a sentence what makes no sense', () => {
  expect(() => readLoadOptions(['direct', '--remote', 'x'])).toThrow('--remote wants whole numbers above 0, not "x"');
  expect(() => readLoadOptions(['direct', 'group'])).toThrow('one scenario at a time, not "direct" and "group"');
  expect(readLoadOptions(['direct']).remote).toBe(0);
  expect(readLoadOptions(['--compare', 'a.json', 'b.json']).compare).toEqual(['a.json', 'b.json']);
});
