import { parseArgs } from 'node:util';
import { wholeNumber } from '../run/program.js';

const PARTS = ['saturation', 'users', 'nodes'] as const;
export type Part = (typeof PARTS)[number];

export interface ClusterBenchOptions {
  readonly only: readonly Part[];
  /** Direct messages a second where users and nodes are compared. */
  readonly rate: number;
  readonly seconds: number;
  /** How long the bare driver warms Cassandra up before anything is measured, and then each crowd the cluster: seconds. */
  readonly warmUpSeconds: number;
  /** The two numbers of connected users that are compared; the first is that of the other parts. */
  readonly users: readonly number[];
  readonly nodes: readonly number[];
  /** Whether Cassandra has core 0 alone, and everything else, the load too, the others. */
  readonly apart: boolean;
  readonly heapMegabytes: number;
  readonly results: string;
  /** Folder for processor profiles of a node and a gateway. */
  readonly profile: string | undefined;
}

export const CLUSTER_HELP = `make bench-cluster ARGS="…"

  --only NAMES       ${PARTS.join(', ')}; default saturation,users
  --rate N           messages a second where users and nodes are compared; default 300
  --seconds N        how long each rate is measured; default 8
  --warm-up N        seconds in which the bare driver warms Cassandra up, and then each crowd the cluster; default 120
  --users LIST       connected users to compare; default 1000,10000
  --nodes LIST       how many nodes, for the part nodes; default 1,2,3
  --apart            Cassandra alone on core 0, everything else on the others; else all servers on core 0, the load on the others
  --heap N           of Cassandra, MiB; default 512
  --results FOLDER   default bench/results
  --profile FOLDER   processor profiles of a node and a gateway at that rate`;

/** Reads the command line; throws a sentence when it makes no sense. Undefined: help was asked for. */
export function readClusterOptions(args: readonly string[]): ClusterBenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: 'saturation,users' },
      rate: { type: 'string', default: '300' },
      seconds: { type: 'string', default: '8' },
      'warm-up': { type: 'string', default: '120' },
      users: { type: 'string', default: '1000,10000' },
      nodes: { type: 'string', default: '1,2,3' },
      apart: { type: 'boolean', default: false },
      heap: { type: 'string', default: '512' },
      results: { type: 'string', default: 'bench/results' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const numbers = (option: string, text: string) => text.split(',').map((each) => wholeNumber(option, each));
  return {
    only: values.only.split(',').map(part),
    rate: wholeNumber('--rate', values.rate),
    seconds: wholeNumber('--seconds', values.seconds),
    warmUpSeconds: wholeNumber('--warm-up', values['warm-up']),
    users: numbers('--users', values.users),
    nodes: numbers('--nodes', values.nodes),
    apart: values.apart,
    heapMegabytes: wholeNumber('--heap', values.heap),
    results: values.results,
    profile: values.profile,
  };
}

function part(text: string): Part {
  const found = PARTS.find((known) => known === text.trim());
  if (found === undefined) throw new Error(`"${text}" is none of ${PARTS.join(', ')}`);
  return found;
}
