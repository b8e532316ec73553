/** `make load`: plays a scenario file and reports. See docs/LOAD.md. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compareReports } from '../play/compare.js';
import { htmlReport } from '../play/html.js';
import { play } from '../play/play.js';
import { hasBreach, type LoadReport, type VariantResult } from '../play/result.js';
import { describeReport } from '../play/tables.js';
import { GeneratorProcess } from '../run/generator.js';
import { machine, runProgram, say, writeResult } from '../run/program.js';
import { awaitGenerators } from '../run/remote-generators.js';
import { embeddedStage } from '../stage/embedded-stage.js';
import { remoteStage } from '../stage/remote-stage.js';
import type { Stage } from '../stage/stage.js';
import { HELP, type LoadOptions, readLoadOptions } from './load-options.js';
import { demandSense, listScenarios, readScenario } from './read-scenario.js';
import { resize } from './resize.js';
import type { Scenario, Variant } from './scenario.js';

/** Of the sources, beside the compiled bench. */
const FOLDER = fileURLToPath(new URL('../../../bench/load/scenarios/', import.meta.url));

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
  const file = writeResult(options.results, scenario.name, report);
  writeFileSync(file.replace(/json$/, 'html'), htmlReport(report));
  console.log(describeReport(report));
  console.log(`\n${file} and .html`);
  if (report.variants.some(hasBreach)) return 2;
  return report.variants.every(({ cameToRest }) => cameToRest) ? 0 : 3;
}

function fileOf(scenario: string): string {
  if (existsSync(scenario)) return scenario;
  const known = listScenarios(FOLDER).find(({ name }) => name === scenario);
  if (known === undefined) throw new Error(`There is no scenario ${scenario}: \`make load\` lists them.`);
  return known.file;
}

function compare(files: readonly string[]): number {
  const [before, after] = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as LoadReport);
  if (before === undefined || after === undefined || files.length !== 2)
    throw new Error('--compare wants two result files');
  console.log(compareReports(before, after));
  return 0;
}

async function playAll(scenario: Scenario, options: LoadOptions): Promise<LoadReport> {
  const variants: VariantResult[] = [];
  const notMeasured = new Set(scenario.notMeasured);
  let description = '';
  const sized = chosen(resize(scenario, options), options.variants);
  for (const variant of sized) demandSense(variant, scenario.file);
  for (const variant of sized) {
    const generators = await gatherGenerators(options);
    const stage = await openStage(variant.users, options);
    try {
      variants.push(await play(stage, variant, generators.all, { seed: options.seed, say }));
    } finally {
      generators.stop();
      await stage.stop();
    }
    description = stage.description;
    for (const sentence of stage.notMeasured) notMeasured.add(sentence);
  }
  return {
    format: 1,
    scenario: scenario.name,
    about: scenario.about,
    stage: description,
    seed: options.seed,
    machine: machine(),
    variants,
    notMeasured: [...notMeasured],
  };
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
  return url === undefined ? embeddedStage(users, options.port) : remoteStage({ ...options, url, users });
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
