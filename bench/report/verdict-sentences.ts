import type { Verdict } from '../../checker/history.js';

const FINDINGS_SHOWN = 5;

/** Whether a verdict that found nothing says anything: something happened, and somebody was there at the end. */
export const wasJudged = ({ counts }: Verdict): boolean =>
  counts.readers !== 0 && counts.acknowledged + counts.seen > 0;

/** What the checker says, a line for a report and one each for the first findings; `of` says of what. */
export function verdictSentences(verdict: Verdict, of = 'Checker'): string[] {
  const { counts, broken, findings } = verdict;
  const breaches = Object.entries(broken).map(([guarantee, times]) => `${guarantee} ${times}`);
  const saw = `${counts.acknowledged} acknowledged and ${counts.seen} given in ${counts.channels} channels`;
  const outcome =
    wasJudged(verdict) || findings.length > 0
      ? `broken: ${breaches.join(', ')}`
      : `not judged: ${counts.readers === 0 ? 'nobody was there, and settled, at the end' : 'nothing happened'}`;
  return [`${of}: ${saw}; ${outcome}`, ...findings.slice(0, FINDINGS_SHOWN).map(({ sentence }) => `  ${sentence}`)];
}
