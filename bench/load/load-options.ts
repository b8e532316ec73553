import { parseArgs } from 'node:util';

export interface LoadOptions {
  readonly help: boolean;
  /** A name or a path. */
  readonly scenario: string | undefined;
  readonly seed: number;
  readonly users: number | undefined;
  readonly seconds: number | undefined;
  readonly rateFactor: number;
  readonly generators: number;
  readonly port: number;
  readonly results: string;
}

export const HELP = `make load SCENARIO=name or path [ARGS="…"]

  --seed N            what the random incidents are made from; default: one that is printed
  --users N           in place of the file's
  --seconds N         in place of the file's
  --rate-factor X     all rates times X; default 1
  --generators N      generator processes on this machine; default 1
  --port N            of the server that the bench starts; default 18600
  --results FOLDER    default bench/results

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
      generators: { type: 'string', default: '1' },
      port: { type: 'string', default: '18600' },
      results: { type: 'string', default: 'bench/results' },
      help: { type: 'boolean', default: false },
    },
  });
  const whole = (option: string, text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) throw new Error(`${option} wants a whole number above 0, not "${text}"`);
    return value;
  };
  const rateFactor = Number(values['rate-factor']);
  if (!(rateFactor > 0)) throw new Error('--rate-factor wants a number above 0');
  return {
    help: values.help,
    scenario: positionals[0],
    seed: values.seed === undefined ? Date.now() % 1_000_000 : whole('--seed', values.seed),
    users: values.users === undefined ? undefined : whole('--users', values.users),
    seconds: values.seconds === undefined ? undefined : whole('--seconds', values.seconds),
    rateFactor,
    generators: whole('--generators', values.generators),
    port: whole('--port', values.port),
    results: values.results,
  };
}
