/** `make load`: plays a scenario file and reports. See docs/LOAD.md. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareReports } from '../play/compare.js';
import { htmlReport } from '../play/html.js';
import { play } from '../play/play.js';
import type { LoadReport, VariantResult } from '../play/result.js';
import { describeReport } from '../play/tables.js';
import { GeneratorProcess } from '../run/generator.js';
import { awaitGenerators } from '../run/remote-generators.js';
import { embeddedStage } from '../stage/embedded-stage.js';
import { remoteStage } from '../stage/remote-stage.js';
import type { Stage } from '../stage/stage.js';
import { HELP, type LoadOptions, readLoadOptions } from './load-options.js';
import { demandSense, listScenarios, readScenario } from './read-scenario.js';
import type { Scenario, Variant } from './scenario.js';

/** Of the sources, beside the compiled bench. */
const FOLDER = fileURLToPath(new URL('../../../bench/load/scenarios/', import.meta.url));

const say = (sentence: string): void => console.log(`· ${sentence}`);

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
  mkdirSync(options.results, { recursive: true });
  const file = join(options.results, `${scenario.name}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(file.replace(/json$/, 'html'), htmlReport(report));
  console.log(describeReport(report));
  console.log(`\n${file} and .html`);
  if (report.variants.some(({ verdict }) => verdict.findings.length > 0)) return 2;
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
  for (const variant of scenario.variants) {
    const scaled = scale(variant, options);
    demandSense(scaled, scenario.file);
    const generators = await gatherGenerators(options);
    const stage = await openStage(scaled.users, options);
    try {
      variants.push(await play(stage, scaled, generators.all, { seed: options.seed, say }));
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

/** What the command line sets otherwise than the file. */
function scale(variant: Variant, { users, seconds, rateFactor }: LoadOptions): Variant {
  return {
    ...variant,
    users: users ?? variant.users,
    seconds: seconds ?? variant.seconds,
    talk: variant.talk.map((line) => ({ ...line, rate: line.rate * rateFactor })),
    meanwhile: variant.meanwhile.filter(({ at }) => at < (seconds ?? variant.seconds)),
  };
}

function machine(): Record<string, unknown> {
  return {
    node: process.version,
    kernel: release(),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    at: new Date().toISOString(),
  };
}

main().then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exit(1);
  },
);
