import { figure, table } from '../report/table.js';
import { verdictSentences } from '../report/verdict-sentences.js';
import { generatorLimits } from './generator-limit.js';
import type { LoadReport, StoreResult, VariantResult } from './result.js';

const BREACHES_SHOWN = 5;

/** Of logs that were not read, so many are named. */
const UNREAD_NAMED = 3;

/** What a run came to, as text for a terminal. */
export function describeReport(report: LoadReport): string {
  const { variants } = report;
  const several = variants.length > 1;
  const label = (variant: VariantResult, name: string): string => (several ? `${variant.name}: ${name}` : name);
  const parts = [`\n${report.scenario}: ${report.about}\nAgainst ${report.stage}; seed ${report.seed}.\n`];
  const messages = variants.flatMap((variant) =>
    variant.lines.flatMap((line) => {
      if (line.type !== 'messages') return [];
      const { acknowledgement, delivery } = line;
      const counts = [line.sent, line.acknowledged, line.delivered, line.refused].map(String);
      const times = [acknowledgement.p50Ms, acknowledgement.p99Ms, delivery.p50Ms, delivery.p99Ms, delivery.p999Ms];
      return [[label(variant, line.name), figure(line.offeredPerSecond), ...counts, ...times.map(figure)]];
    }),
  );
  const head = ['ack p50', 'p99 ms', 'delivery p50', 'p99', 'p99.9 ms'];
  if (messages.length > 0)
    parts.push(table(['messages', 'due /s', 'sent', 'acknowledged', 'delivered', 'refused', ...head], messages), '');
  const requests = variants.flatMap((variant) =>
    variant.lines.flatMap((line) => {
      if (line.type !== 'requests') return [];
      const { latency } = line;
      const times = [latency.p50Ms, latency.p99Ms, latency.maxMs].map(figure);
      return [
        [label(variant, line.name), figure(line.offeredPerSecond), `${line.answered}`, `${line.failed}`, ...times],
      ];
    }),
  );
  if (requests.length > 0)
    parts.push(table(['requests', 'due /s', 'answered', 'failed', 'p50', 'p99', 'max ms'], requests), '');
  parts.push(serverTable(variants), '');
  for (const variant of variants) parts.push(...notesOf(variant));
  parts.push('', 'Not measured:', ...report.notMeasured.map((sentence) => `  ${sentence}`));
  return parts.join('\n');
}

function serverTable(variants: readonly VariantResult[]): string {
  const head = ['server', 'µs /message', 'of a core', 'MiB', 'requests /s', 'kB /s up', 'kB /s down', 'connect p99 ms'];
  return table(
    head,
    variants.map((variant) => {
      const { settings, traffic } = variant;
      const perSecond = (value: number): string => figure(value / settings.seconds);
      return [
        variant.name,
        variant.microsecondsPerMessage === undefined ? '–' : figure(variant.microsecondsPerMessage),
        variant.processorSeconds === undefined
          ? '–'
          : `${Math.round((variant.processorSeconds / settings.seconds) * 100)} %`,
        variant.residentMib === undefined ? '–' : figure(variant.residentMib),
        perSecond(traffic.requests),
        perSecond(traffic.bytesOut / 1000),
        perSecond(traffic.bytesIn / 1000),
        variant.connecting.count === 0 ? '–' : figure(variant.connecting.p99Ms),
      ];
    }),
  );
}

function notesOf(variant: VariantResult): string[] {
  const { verdict, generators } = variant;
  const notes = verdictSentences(verdict, `${variant.name}, the checker`);
  for (const line of variant.lines)
    if (line.type === 'messages' && line.acknowledgement.count < line.sent)
      notes.push(
        `  ${line.name}: percentiles of acknowledgements are of ${line.acknowledgement.count} of ${line.sent} messages`,
      );
  for (const line of variant.lines)
    if (line.type === 'messages' && line.afterReturn !== undefined && line.afterReturn.count > 0) {
      const { count, p50Ms, p99Ms } = line.afterReturn;
      notes.push(
        `  ${line.name}: ${count} deliveries to those who had left, after their return: p50 ${figure(p50Ms)}, p99 ${figure(p99Ms)} ms`,
      );
    }
  const closes = Object.entries(variant.closes).map(([code, times]) => `${code} (${times} times)`);
  if (closes.length > 0) notes.push(`  connections lost, by close code: ${closes.join(', ')}`);
  const { connectFailures } = variant;
  if (connectFailures.count > 0)
    notes.push(`  connects that failed: ${connectFailures.count}, the first with: ${connectFailures.first}`);
  const refusals = Object.entries(variant.refusals).map(([code, times]) => `${code} (${times} times)`);
  if (refusals.length > 0) notes.push(`  refused for good, by error code: ${refusals.join(', ')}`);
  if (variant.repeated > 0) notes.push(`  sends repeated, which are stored once: ${variant.repeated} times`);
  if (variant.store !== undefined) notes.push(...storeSentences(variant.store));
  const { again = 0, cursorsBack = 0 } = variant;
  if (again > 0)
    notes.push(`  events that came again, and were dropped: ${again}, beside ${verdict.counts.seen} given`);
  if (cursorsBack > 0) notes.push(`  WRONG: cursors that did not grow within a connection: ${cursorsBack}`);
  if (variant.presence.frames > 0)
    notes.push(`  presence: ${variant.presence.states} states in ${variant.presence.frames} frames`);
  if (variant.endedByItself !== undefined) notes.push(`  ${variant.endedByItself}, by itself`);
  const { unread = [] } = variant;
  notes.push(...unread.slice(0, UNREAD_NAMED).map((what) => `  log not read, so not judged: ${what}`));
  if (unread.length > UNREAD_NAMED) notes.push(`  and of ${unread.length - UNREAD_NAMED} logs more`);
  if (!variant.cameToRest)
    notes.push('  it did not come to rest in time: what the checker misses may still have been on the way');
  if (variant.absent > 0)
    notes.push(`  ${variant.absent} users were away or unsettled at the end, and were not judged`);
  if (variant.generatorWasLimit) {
    const why = generatorLimits(generators).join(', ');
    notes.push(`  WARNING: the generator was the limit (${why}): take lower rates, or more cores for generators`);
  }
  return notes;
}

function storeSentences(store: StoreResult): string[] {
  if ('failure' in store) return [`  parley verify could not look: ${store.failure}`];
  const { usersDone, channels, positions, breachesFound, breaches } = store;
  return [
    `  parley verify looked at ${usersDone} inboxes and ${channels} channels, ${positions} positions; breaches: ${breachesFound}`,
    ...breaches
      .slice(0, BREACHES_SHOWN)
      .map(({ guarantee, log, seq, text }) => `    ${guarantee} ${log} ${seq}: ${text}`),
  ];
}
