import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import type { LineResult, LoadReport, VariantResult } from '../play/result.js';
import { listScenarios, readScenario } from './scenario/read-scenario.js';
import type { Variant } from './scenario/scenario.js';
import { runLoad } from './testing/run-load.js';

const FOLDER = fileURLToPath(new URL('./scenarios/', import.meta.url));
const TEST_MS = 300_000;
/** Enough for the largest number of variants to differ, few enough for one core. */
const SIZES = ['--users', '60', '--seconds', '5', '--rate-factor', '0.2'];

/** Where nobody writes, nothing is judged, and the report says so. */
const NOTHING_WRONG = /broken: G1 0, G2 0, G3 0, G4 0|not judged: nothing happened/;

/** Of the files whose variants differ little in a small form. */
const SOME: Readonly<Record<string, readonly string[]>> = {
  'growth-users': ['10000'],
  'growth-groups': ['2', '10000 (fan-out)'],
};

const results = mkdtempSync(join(tmpdir(), 'parley-scenarios-'));
afterAll(() => rmSync(results, { recursive: true }));

/** The mixed one has a test of its own. */
const scenarios = listScenarios(FOLDER).filter(({ name }) => name !== 'mixed');

// Several at a time: each waits most of its time for things to come to rest.
describe.concurrent('every scenario, in a small form, to its end', () => {
  it.each(scenarios)(
    '$name',
    async ({ name, file }) => {
      const folder = join(results, name);
      const written = readScenario(file).variants.filter((one) => SOME[name]?.includes(one.name) ?? true);
      const only = written.flatMap((variant) => ['--variant', variant.name]);
      const places = ['--seed', '1', '--port', `${await freePorts()}`, '--results', folder];
      const { code, output } = await runLoad(name, ...SIZES, ...only, ...places);
      expect([code, output]).toEqual([0, expect.stringMatching(NOTHING_WRONG)]);
      const [json = ''] = readdirSync(folder).filter((one) => one.endsWith('.json'));
      const report = JSON.parse(readFileSync(join(folder, json), 'utf8')) as LoadReport;
      expect(report.variants.map((variant) => variant.name)).toEqual(written.map((variant) => variant.name));
      for (const [index, variant] of report.variants.entries()) demandDone(variant, written[index] ?? fail());
    },
    TEST_MS,
  );
});

function fail(): never {
  throw new Error('no such variant');
}

function demandDone(played: VariantResult, { meanwhile, talk }: Variant): void {
  expect([played.cameToRest, played.absent, played.refusals]).toEqual([true, 0, {}]);
  expect(played.incidents.map(({ failure }) => failure)).toEqual(meanwhile.map(() => undefined));
  expect(played.lines.length).toBe(talk.filter(({ kind }) => kind !== 'flap').length);
  expect(played.lines.filter(isEmptyOrFailed)).toEqual([]);
}

const isEmptyOrFailed = (line: LineResult): boolean =>
  line.type === 'messages' ? line.sent === 0 || line.delivered === 0 : line.answered === 0 || line.failed > 0;
