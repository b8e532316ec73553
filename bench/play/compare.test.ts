import { expect, it } from 'vitest';
import { compareReports } from './compare.js';
import { readReport } from './read-report.js';
import type { LoadReport, VariantResult } from './result.js';
import { describeReport } from './tables.js';
import { sampleReport } from './testing/sample-report.js';

/** The sample, with its generator not at its limit. */
function report(changed: Partial<VariantResult> = {}, of: Partial<LoadReport> = {}): LoadReport {
  const sample = sampleReport(100);
  const variants = sample.variants.map((variant) => ({ ...variant, generatorWasLimit: false, ...changed }));
  return { ...sample, variants, ...of };
}

const [variant = fail()] = report().variants;
const [line = fail()] = variant.lines;
const [incident = fail()] = variant.incidents;

function fail(): never {
  throw new Error('the sample is empty');
}

const REQUESTS = {
  type: 'requests' as const,
  name: 'login',
  offeredPerSecond: 1,
  answered: 1,
  failed: 0,
  failure: undefined,
  latency: line.type === 'messages' ? line.delivery : line.latency,
};

const withMachine = (changed: object): LoadReport => report({}, { machine: { ...report().machine, ...changed } });
const withSettings = (changed: Partial<VariantResult['settings']>): LoadReport =>
  report({ settings: { ...variant.settings, ...changed } });
const named = (name: string): VariantResult => ({ ...variant, name });

it('compares two results, and says in what else they differ', () => {
  const text = compareReports(sampleReport(100), sampleReport(150, 'other'));
  expect(text).toMatch(/µs a message +100 +150 +1\.5x/);
  expect(text).toContain('scenario: a<b → other');
});

it('says nothing more of two runs that are alike', () => {
  const later = withMachine({ at: 'tomorrow' });
  expect(compareReports(report(), later)).not.toMatch(/not the same run|say less/);
  const slower = report({ incidents: [{ ...incident, at: 1.4, tookSeconds: 9 }] });
  expect(compareReports(report(), slower)).not.toMatch(/not the same run|say less/);
});

it.each<[said: string, after: LoadReport]>([
  ['one: users: 2 → 4', withSettings({ users: 4 })],
  ['one: transport: websocket → poll', withSettings({ transport: 'poll' })],
  ['one: pollEverySeconds: 1 → 2', withSettings({ pollEverySeconds: 2 })],
  ['one: others: none → {"poll":1}', withSettings({ others: { poll: 1 } })],
  ['one: connectSeconds: 1 → 3', withSettings({ connectSeconds: 3 })],
  ['one: warmUpSeconds: 0 → 5', withSettings({ warmUpSeconds: 5 })],
  ['one: seconds: 2 → 60', withSettings({ seconds: 60 })],
  ['one: settleSeconds: 1 → 9', withSettings({ settleSeconds: 9 })],
  ['one: direct, due a second: 1 → 20', report({ lines: [{ ...line, offeredPerSecond: 20 }] })],
  ['one: generators: 1 → 2', report({ generators: [...variant.generators, ...variant.generators] })],
  ['one: incidents only before: kill of a node', report({ incidents: [] })],
  [
    'one: incidents only before: kill of a node; only after: kill of a node (failed)',
    report({ incidents: [{ ...incident, failure: 'no' }] }),
  ],
  [
    'one: incidents only after: drain of a node, kill of a node, pause 1, and 1 more',
    report({
      incidents: ['kill of a node', 'kill of a node', 'drain of a node', 'pause 1', 'pause 2'].map((what) => ({
        ...incident,
        what,
      })),
    }),
  ],
  ['one: kill of a node: at 1 s → at 20 s', report({ incidents: [{ ...incident, at: 20 }] })],
  ['one: direct, due a second: 1 → 1.0001', report({ lines: [{ ...line, offeredPerSecond: 1.0001 }] })],
  ['one: line only before: direct', report({ lines: [] })],
  ['one: line only after: group of 5', report({ lines: [line, { ...line, name: 'group of 5' }] })],
  ['variant only after: two', report({}, { variants: [variant, named('two')] })],
  ['seed: 7 → 8', report({}, { seed: 8 })],
  ['stage: here → there', report({}, { stage: 'there' })],
  ['processor: some → other', withMachine({ processor: 'other' })],
  ['node: v20 → v22', withMachine({ node: 'v22' })],
  ['cores: 2 → 64', withMachine({ cores: 64 })],
  ['kernel: 6.1 → 6.9', withMachine({ kernel: '6.9' })],
])('says: %s', (said, after) => {
  expect(compareReports(report(), after).split('\n')).toContain(`  ${said}`);
});

it('says of a line that only one has that alone', () => {
  expect(compareReports(report(), report({ lines: [] }))).not.toContain('due a second');
});

it('shows what was lost, refused, failed or repeated', () => {
  const after = report({
    lines: [
      { ...line, type: 'messages', sent: 4, acknowledged: 1, delivered: 3, refused: 2 } as typeof line,
      { ...REQUESTS, failed: 3 },
    ],
    connectFailures: { count: 5, first: 'no' },
    closes: { 1006: 3, 4203: 4 },
    repeated: 9,
  });
  const text = compareReports(report({ lines: [line, REQUESTS] }), after);
  for (const row of [
    /one: direct acknowledged \/ sent +1 +0\.25 +0\.25x/,
    /one: direct delivered \/ sent +1 +0\.75 +0\.75x/,
    /one: direct refused +0 +2 +–/,
    /one: login failed \/ asked +0 +0\.75 +–/,
    /one: connects failed +0 +5 +–/,
    /one: connections lost +2 +7 +3\.5x/,
    /one: sends repeated +0 +9 +–/,
  ])
    expect(text).toMatch(row);
});

it('names a variant that only the result before has', () => {
  const before = report({}, { variants: [variant, named('two')] });
  expect(compareReports(before, report())).toContain('variant only before: two');
});

it.each<[said: string, changed: Partial<VariantResult>]>([
  ['broken: G1 2, G3 1', { verdict: { ...variant.verdict, broken: { G1: 2, G2: 0, G3: 1, G4: 0 } } }],
  ['not at rest', { cameToRest: false }],
  ['3 absent', { absent: 3 }],
  ['Parley ended with SIGKILL after 3.0 s', { endedByItself: 'Parley ended with SIGKILL after 3.0 s' }],
  ['2 logs not read', { unread: ['a: closed', 'b: closed'] }],
  ['direct: 2 refused', { lines: [{ ...line, refused: 2 } as typeof line] }],
  ['direct: 1 of 2 acknowledged', { lines: [{ ...line, acknowledged: 1 } as typeof line] }],
  ['login: 3 of 4 failed', { lines: [{ ...REQUESTS, failed: 3 }] }],
  ['the generator was the limit', { generatorWasLimit: true }],
])('says of either side: %s', (said, changed) => {
  expect(compareReports(report(changed), report()).split('\n')).toContain(`  one, before: ${said}`);
  expect(compareReports(report(), report(changed)).split('\n')).toContain(`  one, after: ${said}`);
});

it('tells of how many messages the percentiles are', () => {
  const few = { ...line, sent: 300, acknowledged: 164, acknowledgement: { ...REQUESTS.latency, count: 164 } };
  expect(describeReport(report({ lines: [few as typeof line] }))).toContain('are of 164 of 300 messages');
});

it('refuses with a sentence what is no result', () => {
  expect(readReport(JSON.stringify(report()), 'a.json').variants.length).toBe(1);
  for (const text of ['null', '{}', '{"format":1,"variants":[{}]}'])
    expect(() => readReport(text, 'a.json')).toThrow('a.json is no result of make load');
  expect(() => readReport('about: x', 'a.json')).toThrow('a.json is no JSON');
});
