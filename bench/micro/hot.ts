/**
 * `make micro`: what is hot, each part alone beside a raw floor in the same run: the codec, mailboxes, the ring of recent
 * events, appends with group commit, fan-out. A table, and JSON in bench/results/. See BENCHMARKS.md.
 */
import { parseArgs } from 'node:util';
import { figure, table } from '../report/table.js';
import { machine, runProgram, say, wholeNumber, writeResult } from '../run/program.js';
import { append } from './hot/append.js';
import { type CaseResult, type MicroCase, measureCase } from './hot/case.js';
import { readFrame, writeFrame } from './hot/codec.js';
import { fanOut } from './hot/fan-out.js';
import { mailbox } from './hot/mailbox.js';
import { ringPage, ringPush } from './hot/ring.js';

const CASES: readonly MicroCase[] = [readFrame, writeFrame, mailbox, ringPush, ringPage, append, fanOut];

const HELP = `make micro ARGS="…"

  --only WORDS      cases whose names have one of these words: ${CASES.map(({ name }) => name).join(', ')}
  --rounds N        default 7; medians are told
  --results FOLDER  default bench/results`;

function describe(results: readonly CaseResult[]): string {
  const rows = results.flatMap(({ name, one, candidates }) =>
    candidates.map((candidate, index) => [
      index === 0 ? `${name} (${one})` : '',
      candidate.name,
      figure(candidate.nanoseconds),
      figure(candidate.processorNanoseconds),
      index === 0 ? 'floor' : `${figure(candidate.timesFloor)}x`,
    ]),
  );
  return table(['what', 'how', 'ns', 'ns of processor', ''], rows);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      rounds: { type: 'string', default: '7' },
      results: { type: 'string', default: 'bench/results' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const rounds = wholeNumber('--rounds', values.rounds);
  const words = values.only.split(',').map((word) => word.trim());
  const results: CaseResult[] = [];
  for (const one of CASES.filter(({ name }) => words.some((word) => name.includes(word)))) {
    say(one.name);
    results.push(await measureCase(one, rounds));
  }
  if (results.length === 0)
    throw new Error(`no case is named so; there are ${CASES.map(({ name }) => name).join(', ')}`);
  console.log(`\n${describe(results)}\n`);
  console.log(writeResult(values.results, 'micro', { machine: machine(), rounds, results }));
  return 0;
}

runProgram(main);
