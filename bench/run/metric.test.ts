import { expect, it } from 'vitest';
import { metricIn } from './metric.js';

it('reads a metric by its whole name, however its number is written, and 0 for one that is not there', () => {
  const text = '# HELP owned Shards owned\nowned_before 7\nowned 4096\nseconds 1.5e-7\nbytes 2e+21\n';
  const read = ['owned', 'seconds', 'bytes', 'before'].map((name) => metricIn(text, name));
  expect(read).toEqual([4096, 1.5e-7, 2e21, 0]);
});
