import { expect, it } from 'vitest';
import { breachesIn, hasBreach, type VariantResult } from './result.js';
import { describeReport } from './tables.js';
import { sampleReport } from './testing/sample-report.js';

const BREACH = { guarantee: 'G3', log: 'user:ann', seq: 4, text: 'lacks 7 of ann~bob' };
const LOOKED = { usersDone: 2, channels: 1, positions: 9, breachesFound: 0, breaches: [] };

function reportOf(changed: Partial<VariantResult>) {
  const report = sampleReport(100);
  const variants = report.variants.map((variant) => ({ ...variant, ...changed }));
  return { text: describeReport({ ...report, variants }), breach: variants.some(hasBreach) };
}

it('tells what came again, and does not hold it to be a breach', () => {
  const { text, breach } = reportOf({ again: 12 });
  expect(text).toContain('events that came again, and were dropped: 12, beside 2 given');
  expect(breach).toBe(false);
});

it('holds cursors that did not grow to be a breach', () => {
  const { text, breach } = reportOf({ cursorsBack: 3 });
  expect(text).toContain('WRONG: cursors that did not grow within a connection: 3');
  expect(breach).toBe(true);
});

it('tells what `parley verify` found in the store, or why it could not look', () => {
  expect(reportOf({ store: LOOKED }).text).toContain('looked at 2 inboxes and 1 channels, 9 positions; breaches: 0');
  const { text, breach } = reportOf({ store: { ...LOOKED, breachesFound: 1, breaches: [BREACH] } });
  expect(text).toContain('G3 user:ann 4: lacks 7 of ann~bob');
  expect(breach).toBe(true);
  expect(reportOf({ store: { failure: 'nobody answers' } }).text).toContain('verify could not look: nobody answers');
  expect([breachesIn(undefined), breachesIn({ failure: 'nobody answers' })]).toEqual([0, 0]);
});
