import type { Verdict } from '../../checker/history.js';
import { figure, table } from '../report/table.js';
import { verdictSentences } from '../report/verdict-sentences.js';
import type { Offered } from '../run/measure.js';
import type { Saturation } from '../run/saturation.js';
import type { ClusterMeasurement, Idle } from './crowd-run.js';
import type { DriverMeasurement } from './driver-run.js';

const RATIO_TARGET = 0.4;
const GROWTH_TARGET = 1.5;

export interface ClusterResults {
  /** Before Parley, when it also warms Cassandra up, and after it. */
  readonly drivers: readonly Saturation<DriverMeasurement>[];
  readonly parley: Saturation<ClusterMeasurement> | undefined;
  readonly idle: readonly Idle[];
  /** The first message of each user of each crowd. */
  readonly firsts: readonly ClusterMeasurement[];
  /** At one rate, by users. */
  readonly users: readonly ClusterMeasurement[];
  /** At one rate, by nodes. */
  readonly nodes: readonly ClusterMeasurement[];
  /** Of each crowd, in the order in which they came. */
  readonly verdicts: readonly Verdict[];
}

export function describe({ drivers, parley, idle, firsts, users, nodes, verdicts }: ClusterResults): string {
  const parts: string[] = [];
  if (parley !== undefined) parts.push(saturationTable(drivers, parley));
  if (firsts.length > 0) parts.push(loadTable('A first message of each user: every other makes its channel', firsts));
  if (users.length > 0) parts.push(loadTable('By users, at one rate', users));
  if (nodes.length > 0) parts.push(loadTable('By nodes, at one rate', nodes));
  parts.push(idle.map(sentenceOfIdle).join('\n'));
  parts.push(verdicts.flatMap((verdict) => verdictSentences(verdict)).join('\n'));
  parts.push(`Against the targets\n\n${targets(drivers, parley, users, nodes).join('\n')}`);
  return parts.join('\n\n');
}

function sentenceOfIdle({ nodes, shares }: Idle): string {
  const parts = Object.entries(shares).map(([group, share]) => `${group} ${(share * 100).toFixed(1)} %`);
  return `Before a crowd connects, ${nodes} of nodes: ${parts.join(', ')} of a core`;
}

type AnySaturation = Saturation<DriverMeasurement> | Saturation<ClusterMeasurement>;

function saturationTable(
  [before, after]: readonly Saturation<DriverMeasurement>[],
  parley: Saturation<ClusterMeasurement>,
): string {
  const row = (title: string, measured: Offered & { microseconds: Record<string, number> }): string[] => {
    const { rate, delivery, lost, refused, repeated, microseconds } = measured;
    const { driver = 0, nodes = 0, gateway = 0, cassandra = 0, nats = 0 } = microseconds;
    const cells = [rate, delivery.p50Ms, delivery.p99Ms, driver + nodes, gateway, cassandra, nats];
    return [title, ...cells.map(figure), ...[lost, refused, repeated].map(String)];
  };
  const rowsOf = (name: string, saturation: AnySaturation | undefined): string[][] => [
    ...(saturation?.at === undefined ? [] : [row(name, saturation.at)]),
    ...(saturation?.beyond === undefined ? [] : [row(`${name}, not held`, saturation.beyond)]),
  ];
  const head = [
    ...['highest rate', 'messages/s', 'p50 ms', 'p99 ms', 'µs driver or node'],
    ...['µs gateway', 'µs Cassandra', 'µs NATS', 'lost', 'refused', 'repeated'],
  ];
  const rows = [
    ...rowsOf('bare driver, before', before),
    ...rowsOf('Parley', parley),
    ...rowsOf('bare driver, after', after),
  ];
  return `The highest rate with p99 ≤ 500 ms, nothing lost, nothing refused or repeated\n\n${table(head, rows)}`;
}

function loadTable(title: string, measurements: readonly ClusterMeasurement[]): string {
  const head = [
    ...[
      'nodes, users',
      'messages/s',
      'µs nodes',
      'µs gateway',
      'µs Cassandra',
      'µs NATS',
      'p50 ms',
      'p99 ms',
      'lost',
      'refused',
      'repeated',
    ],
    ...['rows', 'requests', 'a flush', 'fence reads', 'generator'],
  ];
  const rows = measurements.map((each) => {
    const { nodes, users, rate, microseconds, delivery, lost, refused, repeated, store, storeMessages } = each;
    const { gateway, cassandra, nats } = microseconds;
    const numbers = [rate, microseconds.nodes, gateway, cassandra, nats, delivery.p50Ms, delivery.p99Ms].map(figure);
    const counts = [store.rows / storeMessages, store.requests / storeMessages, storeMessages / store.flushes];
    const late = each.generatorWasBottleneck ? ' (!)' : '';
    const generator = `${Math.round(each.generatorShare * 100)} %${late}`;
    const fences = figure(store.fenceReads / store.flushes);
    const losses = [lost, refused, repeated].map(String);
    return [`${nodes}, ${users}`, ...numbers, ...losses, ...counts.map(figure), fences, generator];
  });
  const legend =
    'rows, requests to Cassandra: a message · a flush: messages · fence reads: a flush · (!): the generator was late';
  return `${title}\n\n${table(head, rows)}\n${legend}`;
}

function targets(
  drivers: readonly Saturation<DriverMeasurement>[],
  parley: Saturation<ClusterMeasurement> | undefined,
  users: readonly ClusterMeasurement[],
  nodes: readonly ClusterMeasurement[],
): string[] {
  const lines: string[] = [];
  const said = (name: string, value: number, bound: string, reached: boolean): void => {
    lines.push(`${name}: ${value.toFixed(2)}, target ${bound}: ${reached ? 'reached' : 'MISSED'}`);
  };
  const floor = Math.max(...drivers.map(({ rate }) => rate));
  if (drivers.length > 0 && parley !== undefined) {
    const ratio = parley.rate / floor;
    said('highest rate, Parley to bare driver at its best', ratio, `≥ ${RATIO_TARGET}`, ratio >= RATIO_TARGET);
  }
  const [few, ...more] = users;
  const last = more.at(-1);
  if (few !== undefined && last !== undefined) {
    const growth = last.microsecondsPerMessage / few.microsecondsPerMessage;
    const name = `µs a message of Parley, ${last.users} users to ${few.users}`;
    said(name, growth, `≤ ${GROWTH_TARGET}`, growth <= GROWTH_TARGET);
  }
  const measured = [...users, ...nodes, ...(parley?.tried ?? [])];
  const fences = Math.max(...measured.map(({ store }) => store.fenceReads / store.flushes));
  if (measured.length > 0) said('fence reads a flush, at most', fences, '≤ 1', fences <= 1);
  return lines;
}
