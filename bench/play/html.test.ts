import { expect, it } from 'vitest';
import { htmlReport } from './html.js';
import { sampleReport } from './testing/sample-report.js';

it('makes a page of its own, with plots, and warns when the generator was the limit', () => {
  const page = htmlReport(sampleReport(100));
  expect(page).toContain('a&lt;b');
  expect(page.match(/<svg/g)?.length).toBeGreaterThan(2);
  expect(page).toContain('the generator was the limit');
  expect(page).toContain('kill of a node');
  expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|<link/);
});
