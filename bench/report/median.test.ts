import { expect, it } from 'vitest';
import { median } from './median.js';

it.each([
  [[3, 1, 2], 2],
  [[10, 2, 4, 100], 7],
  [[5], 5],
  [[], Number.NaN],
])('the median of %j is %d', (values, middle) => expect(median(values)).toBe(middle));
