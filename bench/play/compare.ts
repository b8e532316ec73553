/** Two results beside each other: what changed, as a ratio, and in what else they differ. */
import { figure, table } from '../report/table.js';
import { differencesOf, doubtsOf } from './differences.js';
import type { LineResult, LoadReport, VariantResult } from './result.js';

interface Compared {
  readonly name: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** Throws a sentence when the two have nothing in common. */
export function compareReports(before: LoadReport, after: LoadReport): string {
  const figures = after.variants.flatMap((variant) => {
    const other = before.variants.find(({ name }) => name === variant.name);
    return other === undefined ? [] : figuresOf(variant, other);
  });
  if (figures.length === 0)
    throw new Error(`${before.scenario} and ${after.scenario} have no variant of the same name: nothing to compare.`);
  const rows = figures.map(({ name, before: was, after: is }) => [
    name,
    was === undefined ? '–' : figure(was),
    is === undefined ? '–' : figure(is),
    was === undefined || is === undefined || was === 0 ? '–' : `${figure(is / was)}x`,
  ]);
  return [
    `${before.scenario} (${before.machine.at}) → ${after.scenario} (${after.machine.at})\n`,
    table(['figure', 'before', 'after', 'after / before'], rows),
    ...listed('They are not the same run otherwise:', differencesOf(before, after)),
    ...listed('The figures say less than they seem to:', doubtsOf(before, after)),
  ].join('\n');
}

function listed(title: string, sentences: readonly string[]): string[] {
  return sentences.length === 0 ? [] : ['', title, ...sentences.map((sentence) => `  ${sentence}`)];
}

function figuresOf(after: VariantResult, before: VariantResult): Compared[] {
  const lines = after.lines.flatMap((line): Compared[] => {
    const other = before.lines.find(({ name }) => name === line.name);
    const figures =
      line.type === 'messages' && other?.type === 'messages'
        ? messageFigures(other, line)
        : line.type === 'requests' && other?.type === 'requests'
          ? requestFigures(other, line)
          : [];
    return figures.map((one) => ({ ...one, name: `${line.name} ${one.name}` }));
  });
  const figures = [
    ...lines,
    { name: 'µs a message', before: before.microsecondsPerMessage, after: after.microsecondsPerMessage },
    { name: 'resident MiB', before: before.residentMib, after: after.residentMib },
    { name: 'connect p99 ms', before: connectMs(before), after: connectMs(after) },
    ...count('connects failed', before.connectFailures.count, after.connectFailures.count),
    ...count('connections lost', lost(before), lost(after)),
    ...count('sends repeated', before.repeated, after.repeated),
  ];
  return figures.map((one) => ({ ...one, name: `${after.name}: ${one.name}` }));
}

type Messages = Extract<LineResult, { type: 'messages' }>;
type Requests = Extract<LineResult, { type: 'requests' }>;

function messageFigures(before: Messages, after: Messages): Compared[] {
  const times = (['p50Ms', 'p99Ms'] as const).flatMap((quantile): Compared[] => {
    const name = `${quantile.slice(0, -2)} ms`;
    return [
      { name: `delivery ${name}`, before: before.delivery[quantile], after: after.delivery[quantile] },
      { name: `ack ${name}`, before: before.acknowledgement[quantile], after: after.acknowledgement[quantile] },
    ];
  });
  return [
    ...times,
    {
      name: 'acknowledged / sent',
      before: part(before.acknowledged, before.sent),
      after: part(after.acknowledged, after.sent),
    },
    { name: 'delivered / sent', before: part(before.delivered, before.sent), after: part(after.delivered, after.sent) },
    ...count('refused', before.refused, after.refused),
  ];
}

function requestFigures(before: Requests, after: Requests): Compared[] {
  const failed = ({ failed: count, answered }: Requests): number | undefined => part(count, count + answered);
  const [was, is] = [failed(before), failed(after)];
  return [
    { name: 'p99 ms', before: before.latency.p99Ms, after: after.latency.p99Ms },
    ...(was || is ? [{ name: 'failed / asked', before: was, after: is }] : []),
  ];
}

/** Of what should not be: no row where there is none. */
function count(name: string, before: number, after: number): Compared[] {
  return before === 0 && after === 0 ? [] : [{ name, before, after }];
}

const part = (some: number, all: number): number | undefined => (all === 0 ? undefined : some / all);

const lost = ({ closes }: VariantResult): number => Object.values(closes).reduce((sum, times) => sum + times, 0);

const connectMs = ({ connecting }: VariantResult): number | undefined =>
  connecting.count === 0 ? undefined : connecting.p99Ms;
