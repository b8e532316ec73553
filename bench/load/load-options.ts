import { parseArgs } from 'node:util';
import { wholeNumber } from '../run/program.js';

export interface LoadOptions {
  readonly help: boolean;
  /** A name or a path. */
  readonly scenario: string | undefined;
  readonly seed: number;
  readonly users: number | undefined;
  readonly seconds: number | undefined;
  readonly rateFactor: number;
  /** Names; none: all. */
  readonly variants: readonly string[];
  readonly generators: number;
  readonly port: number;
  readonly results: string;
  /** What runs already; undefined: the bench starts the embedded form. */
  readonly target: string | undefined;
  readonly metrics: readonly string[];
  readonly postgres: string | undefined;
  readonly tokenKeys: string | undefined;
  /** Incident and victim → shell command. */
  readonly commands: ReadonlyMap<string, string>;
  /** Generators on other machines, and where they report. */
  readonly remote: number;
  readonly listen: string;
  readonly compare: readonly string[];
}

export const HELP = `make load SCENARIO=name or path [ARGS="…"]

  --seed N            what the random incidents are made from; default: one that is printed
  --users N           in place of the file's; of several variants, of the first, and the others alike
  --seconds N         in place of the file's; what the file says goes wrong keeps its place in the run
  --rate-factor X     all rates times X; default 1
  --variant NAME      only this one of a file with several; may be said again
  --generators N      generator processes on this machine; default 1
  --port N            of the server that the bench starts; default 18600
  --results FOLDER    default bench/results
  --compare           two result files in place of a scenario (make load COMPARE="a.json b.json")

Against what runs already (make load TARGET=http://…):
  --target URL        of the API
  --metrics URLS      /metrics of all its processes, separated by commas
  --postgres URL and --token-keys FILE   make accounts in bulk and sign tokens; else people sign up over HTTP
  --on "kill node=COMMAND"   how to bring about an incident: kill, drain, pause, resume; node, gateway

With generators on other machines:
  --remote N          waits for so many: node dist/bench/load/remote-generator.js --coordinator HOST:PORT
  --listen HOST:PORT  where they report; default 127.0.0.1:18800. No password: only on networks you trust

Scenarios:`;

/** Throws a sentence when the command line makes no sense. */
export function readLoadOptions(args: readonly string[]): LoadOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      users: { type: 'string' },
      seconds: { type: 'string' },
      'rate-factor': { type: 'string', default: '1' },
      variant: { type: 'string', multiple: true, default: [] },
      generators: { type: 'string', default: '1' },
      port: { type: 'string', default: '18600' },
      results: { type: 'string', default: 'bench/results' },
      target: { type: 'string' },
      metrics: { type: 'string', default: '' },
      postgres: { type: 'string' },
      'token-keys': { type: 'string' },
      on: { type: 'string', multiple: true, default: [] },
      remote: { type: 'string', default: '0' },
      listen: { type: 'string', default: '127.0.0.1:18800' },
      compare: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const rateFactor = Number(values['rate-factor']);
  if (!(rateFactor > 0)) throw new Error('--rate-factor wants a number above 0');
  if (positionals.length > 1 && !values.compare)
    throw new Error(`one scenario at a time, not "${positionals.join('" and "')}"`);
  return {
    help: values.help,
    scenario: positionals[0],
    seed: values.seed === undefined ? Date.now() % 1_000_000 : wholeNumber('--seed', values.seed),
    users: values.users === undefined ? undefined : wholeNumber('--users', values.users),
    seconds: values.seconds === undefined ? undefined : wholeNumber('--seconds', values.seconds),
    rateFactor,
    variants: values.variant,
    generators: wholeNumber('--generators', values.generators),
    port: wholeNumber('--port', values.port),
    results: values.results,
    target: values.target,
    metrics: values.metrics.split(',').filter((address) => address !== ''),
    postgres: values.postgres,
    tokenKeys: values['token-keys'],
    commands: new Map(values.on.map(commandOf)),
    remote: values.remote === '0' ? 0 : wholeNumber('--remote', values.remote),
    listen: values.listen,
    compare: values.compare ? positionals : [],
  };
}

function commandOf(text: string): [string, string] {
  const [, what, command] = /^((?:kill|drain|pause|resume) (?:node|gateway))=(.+)$/s.exec(text) ?? [];
  if (what === undefined || command === undefined) throw new Error(`--on wants "kill node=command", not "${text}"`);
  return [what, command];
}
