import { parseArgs } from 'node:util';
import { wholeNumber } from './run/program.js';

const SCENARIOS = ['start', 'idle', 'one-to-one', 'fan-out', 'offline', 'history', 'http'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface BenchOptions {
  readonly only: readonly ScenarioName[];
  readonly candidates: readonly CandidateName[];
  /** Messages a second, one-to-one. */
  readonly rates: readonly number[];
  /** Messages a second into the broadcast channel. */
  readonly fanOutRates: readonly number[];
  /** How long each rate is measured. */
  readonly seconds: number;
  readonly users: number;
  readonly idleSessions: number;
  readonly saturation: boolean;
  readonly repeat: number;
  readonly port: number;
  readonly results: string;
  /** Folder for processor profiles of the server, one for each one-to-one rate. */
  readonly profile: string | undefined;
}

const CANDIDATES = ['bare', 'durable', 'parley'] as const;
export type CandidateName = (typeof CANDIDATES)[number];

export const HELP = `make bench ARGS="…"

  --only NAMES        ${SCENARIOS.join(', ')}; default all
  --candidates NAMES  ${CANDIDATES.join(', ')}; default all
  --rates LIST        one-to-one, messages a second; default 500,2000,8000
  --fan-out-rates LIST  messages a second to all; default 20,100,200
  --seconds N         how long each rate is measured; default 10
  --users N           connected users; default 1000
  --idle-sessions N   default 10000
  --no-saturation     no search for the highest rate
  --repeat N          the whole N times, medians in the summary; default 1
  --quick             a third of the time, for a first look
  --port N            the first of the ports used on 127.0.0.1; default 18700
  --results FOLDER    default bench/results
  --profile FOLDER    processor profiles of the server under each one-to-one rate`;

/** Reads the command line; throws a sentence when it makes no sense. Undefined: help was asked for. */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: SCENARIOS.join(',') },
      candidates: { type: 'string', default: CANDIDATES.join(',') },
      rates: { type: 'string', default: '500,2000,8000' },
      'fan-out-rates': { type: 'string', default: '20,100,200' },
      seconds: { type: 'string' },
      users: { type: 'string', default: '1000' },
      'idle-sessions': { type: 'string', default: '10000' },
      'no-saturation': { type: 'boolean', default: false },
      repeat: { type: 'string', default: '1' },
      quick: { type: 'boolean', default: false },
      port: { type: 'string', default: '18700' },
      results: { type: 'string', default: 'bench/results' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    only: names(values.only, SCENARIOS),
    candidates: names(values.candidates, CANDIDATES),
    rates: values.rates.split(',').map((text) => wholeNumber('--rates', text)),
    fanOutRates: values['fan-out-rates'].split(',').map((text) => wholeNumber('--fan-out-rates', text)),
    seconds: wholeNumber('--seconds', values.seconds ?? (values.quick ? '4' : '10')),
    users: wholeNumber('--users', values.users),
    idleSessions: values.quick ? 3_000 : wholeNumber('--idle-sessions', values['idle-sessions']),
    saturation: !values['no-saturation'],
    repeat: wholeNumber('--repeat', values.repeat),
    port: wholeNumber('--port', values.port),
    results: values.results,
    profile: values.profile,
  };
}

function names<Name extends string>(text: string, known: readonly Name[]): Name[] {
  return text.split(',').map((name) => {
    const found = known.find((other) => other === name.trim());
    if (found === undefined) throw new Error(`"${name}" is none of ${known.join(', ')}`);
    return found;
  });
}
