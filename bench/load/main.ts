/** `make load`: plays a scenario file and reports. See docs/LOAD.md. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compareReports } from '../play/compare.js';
import { htmlReport } from '../play/html.js';
import { play } from '../play/play.js';
import { readReport } from '../play/read-report.js';
import { hasBreach, type LoadReport, type VariantResult } from '../play/result.js';
import { describeReport } from '../play/tables.js';
import { GeneratorProcess } from '../run/generator.js';
import { Failure, machine, runProgram, say, writeResult } from '../run/program.js';
import { awaitGenerators } from '../run/remote-generators.js';
import { embeddedStage } from '../stage/embedded-stage.js';
import { remoteStage } from '../stage/remote-stage.js';
import type { Stage } from '../stage/stage.js';
import { HELP, type LoadOptions, readLoadOptions } from './load-options.js';
import { demandSense, listScenarios, readScenario } from './scenario/read-scenario.js';
import { resize } from './scenario/resize.js';
import type { Scenario, Variant } from './scenario/scenario.js';

/** Of the sources, beside the compiled bench. */
const FOLDER = fileURLToPath(new URL('../../../bench/load/scenarios/', import.meta.url));

/** See docs/LOAD.md; 1 when it could not run. */
const CODES = { breach: 2, notAtRest: 3, unjudged: 4 } as const;

async function main(): Promise<number> {
  const options = readLoadOptions(process.argv.slice(2));
  if (options.compare.length > 0) return compare(options.compare);
  if (options.help || options.scenario === undefined) {
    console.log(HELP);
    for (const { name, file } of listScenarios(FOLDER)) console.log(`  ${name.padEnd(18)} ${readScenario(file).about}`);
    return 0;
  }
  const scenario = readScenario(fileOf(options.scenario));
  console.log(`${scenario.name}: ${scenario.about} Seed ${options.seed}.`);
  const report = await playAll(scenario, options);
  console.log(describeReport(report));
  return codeOf(report.variants);
}

function codeOf(variants: readonly VariantResult[]): number {
  if (variants.some(hasBreach)) return CODES.breach;
  const isCut = ({ endedByItself, unread = [] }: VariantResult) => endedByItself !== undefined || unread.length > 0;
  if (variants.some(isCut)) return CODES.unjudged;
  return variants.every(({ cameToRest }) => cameToRest) ? 0 : CODES.notAtRest;
}

function fileOf(scenario: string): string {
  if (existsSync(scenario)) return scenario;
  const known = listScenarios(FOLDER).find(({ name }) => name === scenario);
  if (known === undefined) throw new Error(`There is no scenario ${scenario}: \`make load\` lists them.`);
  return known.file;
}

function compare(files: readonly string[]): number {
  const [before, after] = files.map((file) => readReport(readFileSync(file, 'utf8'), file));
  if (before === undefined || after === undefined || files.length !== 2)
    throw new Error('--compare wants two result files');
  console.log(compareReports(before, after));
  return 0;
}

/** Writes after every variant what there is: what goes wrong in the next one takes nothing away. */
async function playAll(scenario: Scenario, options: LoadOptions): Promise<LoadReport> {
  const sized = chosen(resize(scenario, options), options.variants);
  for (const variant of sized) demandSense(variant, () => scenario.file);
  const { name, about, notMeasured } = scenario;
  const startedAt = new Date();
  let report: LoadReport = {
    format: 1,
    scenario: name,
    about,
    stage: '',
    seed: options.seed,
    machine: machine(),
    variants: [],
    notMeasured,
  };
  for (const variant of sized) {
    const { stage, result } = await playOne(variant, options);
    report = {
      ...report,
      stage: stage.description,
      variants: [...report.variants, result],
      notMeasured: [...new Set([...report.notMeasured, ...stage.notMeasured])],
    };
    const file = writeResult(options.results, name, report, startedAt);
    writeFileSync(file.replace(/json$/, 'html'), htmlReport(report));
    say(`${file} and .html`);
  }
  return report;
}

async function playOne(variant: Variant, options: LoadOptions) {
  const generators = await gatherGenerators(options);
  const stage = await openStage(variant.users, options);
  try {
    return { stage, result: await play(stage, variant, generators.all, { seed: options.seed, say }) };
  } catch (thrown) {
    const ended = stage.endedByItself();
    if (ended === undefined) throw thrown;
    throw new Failure(`${ended}, by itself: ${String(thrown)}`, CODES.unjudged, thrown);
  } finally {
    generators.stop();
    await stage.stop();
  }
}

function chosen(variants: readonly Variant[], names: readonly string[]): readonly Variant[] {
  if (names.length === 0) return variants;
  return names.map((wanted) => {
    const found = variants.find(({ name }) => name === wanted);
    if (found === undefined) throw new Error(`There is no variant "${wanted}".`);
    return found;
  });
}

function openStage(users: number, options: LoadOptions): Promise<Stage> {
  const { target: url } = options;
  return url === undefined ? embeddedStage(users, options.port) : remoteStage({ ...options, url, users, say });
}

async function gatherGenerators({ generators, remote, listen }: LoadOptions) {
  if (remote > 0) say(`waiting for ${remote} generators at ${listen}`);
  const far = remote > 0 ? await awaitGenerators(listen, remote) : { all: [], stop: () => {} };
  const near = Array.from({ length: generators }, () => new GeneratorProcess());
  return {
    all: [...near, ...far.all],
    stop() {
      for (const generator of near) generator.stop();
      far.stop();
    },
  };
}

runProgram(main);
