/** `make bench`: runs the scenarios, each beside its floor, and reports. See BENCHMARKS.md for what is measured. */
import { writeFileSync } from 'node:fs';
import { HELP, readOptions, type ScenarioName } from './options.js';
import { plot } from './report/plot.js';
import { figure, table } from './report/table.js';
import { machine, runProgram, say, writeResult } from './run/program.js';
import { fanOut } from './scenarios/fan-out.js';
import { history } from './scenarios/history.js';
import { http } from './scenarios/http.js';
import { idle } from './scenarios/idle.js';
import { offline } from './scenarios/offline.js';
import { oneToOne } from './scenarios/one-to-one.js';
import type { Figure, Scenario, ScenarioResult } from './scenarios/scenario.js';
import { startUp } from './scenarios/start.js';

const RUNS: Record<ScenarioName, Scenario> = {
  start: startUp,
  idle,
  'one-to-one': oneToOne,
  'fan-out': fanOut,
  offline,
  history,
  http,
};
const PARLEY_ONLY: readonly ScenarioName[] = ['start', 'offline', 'history', 'http'];

function print(result: ScenarioResult): void {
  console.log(`\n${result.title}\n`);
  console.log(table(result.head, result.rows));
  for (const note of result.notes) console.log(note);
}

/** The median over the repetitions of each figure. */
function medians(results: readonly ScenarioResult[]): Figure[] {
  const byName = new Map<string, Figure[]>();
  for (const { figures } of results)
    for (const each of figures) byName.set(each.name, [...(byName.get(each.name) ?? []), each]);
  return [...byName.values()].flatMap((figures) => {
    const sorted = figures.toSorted((a, b) => a.value - b.value);
    const middle = sorted[Math.floor(sorted.length / 2)];
    return middle === undefined ? [] : [middle];
  });
}

function printFigures(figures: readonly Figure[]): void {
  console.log('\nAgainst the targets\n');
  const rows = figures.map(({ name, value, unit, floor, target, reached }) => [
    name,
    figure(value),
    unit,
    floor === undefined ? '' : figure(floor),
    target ?? '',
    reached === undefined ? '' : reached ? 'reached' : 'MISSED',
  ]);
  console.log(table(['figure', 'value', 'unit', 'floor', 'target', ''], rows));
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(HELP);
    return 0;
  }
  const started = performance.now();
  const results: ScenarioResult[] = [];
  for (let round = 0; round < options.repeat; round++)
    for (const name of options.only) {
      if (PARLEY_ONLY.includes(name) && !options.candidates.includes('parley')) continue;
      const result = await RUNS[name]({ options, say });
      results.push(result);
      print(result);
    }
  const figures = medians(results);
  if (figures.length > 0) printFigures(figures);
  const file = writeResult(options.results, 'bench', { machine: machine(), options, figures, results });
  const series = results.flatMap((result) => result.series ?? []);
  if (series.length > 0) writeFileSync(file.replace(/json$/, 'svg'), plot(series));
  console.log(`\n${file} after ${Math.round((performance.now() - started) / 1000)} s`);
  return 0;
}

runProgram(main);
