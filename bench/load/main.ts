/** `make load`: plays a scenario file and reports. See docs/LOAD.md. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { play } from '../play/play.js';
import type { LoadReport, VariantResult } from '../play/result.js';
import { describeReport } from '../play/tables.js';
import { GeneratorProcess } from '../run/generator.js';
import { embeddedStage } from '../stage/embedded-stage.js';
import { HELP, type LoadOptions, readLoadOptions } from './load-options.js';
import { listScenarios, readScenario } from './read-scenario.js';
import type { Scenario, Variant } from './scenario.js';

/** Of the sources, beside the compiled bench. */
const FOLDER = fileURLToPath(new URL('../../../bench/load/scenarios/', import.meta.url));

const say = (sentence: string): void => console.log(`· ${sentence}`);

async function main(): Promise<number> {
  const options = readLoadOptions(process.argv.slice(2));
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
  console.log(describeReport(report));
  console.log(`\n${file}`);
  return report.variants.every(({ verdict }) => verdict.findings.length === 0) ? 0 : 2;
}

function fileOf(scenario: string): string {
  if (existsSync(scenario)) return scenario;
  const known = listScenarios(FOLDER).find(({ name }) => name === scenario);
  if (known === undefined) throw new Error(`There is no scenario ${scenario}: \`make load\` lists them.`);
  return known.file;
}

async function playAll(scenario: Scenario, options: LoadOptions): Promise<LoadReport> {
  const variants: VariantResult[] = [];
  const notMeasured = new Set(scenario.notMeasured);
  let description = '';
  for (const variant of scenario.variants) {
    const generators = Array.from({ length: options.generators }, () => new GeneratorProcess());
    const scaled = scale(variant, options);
    const stage = await embeddedStage(scaled.users, options.port);
    try {
      variants.push(await play(stage, scaled, generators, { seed: options.seed, say }));
    } finally {
      for (const generator of generators) generator.stop();
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
