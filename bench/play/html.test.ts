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

it('draws what a bin holds in its middle, and no latency where nothing came', () => {
  const report = sampleReport(100);
  const [variant] = report.variants;
  const [moment] = variant?.timeline ?? [];
  if (variant === undefined || moment === undefined) throw new Error('the sample is empty');
  const none = { deliveryP50Ms: undefined, deliveryP99Ms: undefined, acknowledgementP99Ms: undefined };
  const timeline = [moment, { ...moment, ...none }, moment];
  const page = htmlReport({ ...report, variants: [{ ...variant, timeline }] });
  const [, rates = '', latencies = ''] = page.split('<svg');
  expect(rates).toContain('>0.5</text>');
  expect([rates, latencies].map((svg) => svg.match(/<polyline/g)?.length)).toEqual([3, 6]);
});
