/** Two results beside each other: what changed, as a ratio, and in what else they differ. */
import { figure, table } from '../report/table.js';
import { differencesOf, doubtsOf } from './differences.js';
import type { LoadReport, VariantResult } from './result.js';

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
  const label = (name: string): string => `${after.name}: ${name}`;
  const lines = after.lines.flatMap((line): Compared[] => {
    const other = before.lines.find(({ name, type }) => name === line.name && type === line.type);
    if (line.type === 'requests') {
      if (other?.type !== 'requests') return [];
      return [{ name: label(`${line.name} p99 ms`), before: other.latency.p99Ms, after: line.latency.p99Ms }];
    }
    if (other?.type !== 'messages') return [];
    return (['p50Ms', 'p99Ms'] as const).flatMap((quantile) => [
      {
        name: label(`${line.name} delivery ${quantile.slice(0, -2)} ms`),
        before: other.delivery[quantile],
        after: line.delivery[quantile],
      },
      {
        name: label(`${line.name} ack ${quantile.slice(0, -2)} ms`),
        before: other.acknowledgement[quantile],
        after: line.acknowledgement[quantile],
      },
    ]);
  });
  return [
    ...lines,
    {
      name: label('µs a message'),
      before: before.microsecondsPerMessage,
      after: after.microsecondsPerMessage,
    },
    { name: label('resident MiB'), before: before.residentMib, after: after.residentMib },
    { name: label('connect p99 ms'), before: connectMs(before), after: connectMs(after) },
  ];
}

const connectMs = ({ connecting }: VariantResult): number | undefined =>
  connecting.count === 0 ? undefined : connecting.p99Ms;
