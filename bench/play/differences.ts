/** In what two runs are not comparable, and what makes the figures of either doubtful; in sentences. */
import { figure } from '../report/table.js';
import { wasJudged } from '../report/verdict-sentences.js';
import { breachesIn, type IncidentResult, type LineResult, type LoadReport, type VariantResult } from './result.js';

/** Of what only one side has, so many are named. */
const NAMED_MAX = 3;
/** An incident that comes so much earlier or later is another one. */
const INCIDENT_APART_SECONDS = 1;

export function differencesOf(before: LoadReport, after: LoadReport): string[] {
  const { at: _was, ...machineBefore } = before.machine;
  const { at: _is, ...machineAfter } = after.machine;
  const runOf = ({ scenario, stage, seed }: LoadReport) => ({ scenario, stage, seed });
  const name = (variant: VariantResult): string => variant.name;
  return [
    ...changes({ ...runOf(before), ...machineBefore }, { ...runOf(after), ...machineAfter }),
    ...apart('variant', before.variants.map(name), after.variants.map(name)),
    ...after.variants.flatMap((variant) => {
      const other = before.variants.find((one) => one.name === variant.name);
      return other === undefined ? [] : variantChanges(other, variant).map((change) => `${variant.name}: ${change}`);
    }),
  ];
}

export function doubtsOf(before: LoadReport, after: LoadReport): string[] {
  const doubts = (report: LoadReport, side: string): string[] =>
    report.variants.flatMap((variant) => doubtsOfOne(variant).map((doubt) => `${variant.name}, ${side}: ${doubt}`));
  return [...doubts(before, 'before'), ...doubts(after, 'after')];
}

function doubtsOfOne({
  verdict,
  cursorsBack = 0,
  store,
  lines,
  cameToRest,
  absent,
  endedByItself,
  unread = [],
  generatorWasLimit,
}: VariantResult): string[] {
  const broken = Object.entries(verdict.broken).filter(([, times]) => times > 0);
  return [
    ...(broken.length > 0 ? [`broken: ${broken.map((one) => one.join(' ')).join(', ')}`] : []),
    ...(breachesIn(store) > 0 ? [`${breachesIn(store)} breaches in the store`] : []),
    ...(cursorsBack > 0 ? [`${cursorsBack} cursors that did not grow`] : []),
    ...(wasJudged(verdict) ? [] : ['not judged']),
    ...(endedByItself === undefined ? [] : [endedByItself]),
    ...(unread.length > 0 ? [`${unread.length} logs not read`] : []),
    ...(cameToRest ? [] : ['not at rest']),
    ...(absent > 0 ? [`${absent} absent`] : []),
    ...lines.flatMap(lossOf),
    ...(generatorWasLimit ? ['the generator was the limit'] : []),
  ];
}

/** The percentiles are of what went well alone. */
function lossOf(line: LineResult): string[] {
  const { name } = line;
  if (line.type === 'requests')
    return line.failed > 0 ? [`${name}: ${line.failed} of ${line.failed + line.answered} failed`] : [];
  const { sent, acknowledged, refused } = line;
  return [
    ...(refused > 0 ? [`${name}: ${refused} refused`] : []),
    ...(acknowledged < sent ? [`${name}: ${acknowledged} of ${sent} acknowledged`] : []),
  ];
}

function variantChanges(before: VariantResult, after: VariantResult): string[] {
  const lineName = ({ name }: LineResult): string => name;
  return [
    ...changes({ ...before.settings }, { ...after.settings }),
    ...changes({ generators: before.generators.length }, { generators: after.generators.length }),
    ...offerChanges(before.lines, after.lines),
    ...apart('line', before.lines.map(lineName), after.lines.map(lineName)),
    ...incidentChanges(before.incidents, after.incidents),
  ];
}

function offerChanges(before: readonly LineResult[], after: readonly LineResult[]): string[] {
  return after.flatMap(({ name, offeredPerSecond: is }) => {
    const was = before.find((line) => line.name === name)?.offeredPerSecond ?? is;
    return was === is ? [] : [`${name}, due a second: ${was} → ${is}`];
  });
}

function incidentChanges(before: readonly IncidentResult[], after: readonly IncidentResult[]): string[] {
  const name = ({ what, failure }: IncidentResult): string => (failure === undefined ? what : `${what} (failed)`);
  const [was, is] = [before.map(name), after.map(name)];
  if (was.join() !== is.join()) {
    const [onlyBefore, onlyAfter] = [without(was, is), without(is, was)];
    const parts = [
      ...(onlyBefore.length > 0 ? [`only before: ${someOf(onlyBefore)}`] : []),
      ...(onlyAfter.length > 0 ? [`only after: ${someOf(onlyAfter)}`] : []),
    ];
    return [`incidents ${parts.join('; ') || 'in another order'}`];
  }
  return after.flatMap((incident, index) => {
    const at = before[index]?.at ?? 0;
    if (Math.abs(at - incident.at) <= INCIDENT_APART_SECONDS) return [];
    return [`${name(incident)}: at ${figure(at)} s → at ${figure(incident.at)} s`];
  });
}

/** Names that only one side has. */
function apart(what: string, before: readonly string[], after: readonly string[]): string[] {
  return [
    ...without(before, after).map((name) => `${what} only before: ${name}`),
    ...without(after, before).map((name) => `${what} only after: ${name}`),
  ];
}

/** Those of `all` that `others` does not have, or not as often; sorted. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return all
    .filter((one) => {
      const at = left.indexOf(one);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    })
    .sort();
}

function someOf(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(', ') + (more > 0 ? `, and ${more} more` : '');
}

type Values = Readonly<Record<string, unknown>>;

/** Where the two differ; what only one of them has differs, too. */
function changes(before: Values, after: Values): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys
    .map((key) => [key, textOf(before[key]), textOf(after[key])] as const)
    .filter(([, was, is]) => was !== is)
    .map(([key, was, is]) => `${key}: ${was} → ${is}`);
}

function textOf(value: unknown): string {
  if (value === undefined) return 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
