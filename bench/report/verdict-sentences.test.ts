import { expect, it } from 'vitest';
import type { Verdict } from '../../checker/history.js';
import { verdictSentences } from './verdict-sentences.js';

const SOUND: Verdict = {
  findings: [],
  broken: { G1: 0, G2: 0, G3: 0, G4: 0 },
  counts: { sent: 2, acknowledged: 2, seen: 2, channels: 1, readers: 2 },
};

it('says what was broken of each guarantee', () => {
  expect(verdictSentences(SOUND)).toEqual([
    'Checker: 2 acknowledged and 2 given in 1 channels; broken: G1 0, G2 0, G3 0, G4 0',
  ]);
});

it('says that nothing was judged where nobody was left to be judged, or nothing happened', () => {
  const counts = { ...SOUND.counts, readers: 0 };
  expect(verdictSentences({ ...SOUND, counts })[0]).toContain(
    '; not judged: nobody was there, and settled, at the end',
  );
  const idle = { sent: 0, acknowledged: 0, seen: 0, channels: 0, readers: 2 };
  expect(verdictSentences({ ...SOUND, counts: idle })[0]).toContain('; not judged: nothing happened');
});

it('says what was found also where nobody was judged', () => {
  const findings = [{ guarantee: 'G1', channelId: 'a~b', sentence: 'a~b: the log is not so' }] as const;
  const counts = { ...SOUND.counts, readers: 0 };
  const sentences = verdictSentences({ findings, broken: { ...SOUND.broken, G1: 1 }, counts }, 'the play');
  expect(sentences).toEqual([
    'the play: 2 acknowledged and 2 given in 1 channels; broken: G1 1, G2 0, G3 0, G4 0',
    '  a~b: the log is not so',
  ]);
});
