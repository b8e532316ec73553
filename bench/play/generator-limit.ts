/** Whether what was measured is the generators' limit instead of the server's. */
import { DELAY_RESOLUTION_MS, type PlayResult } from '../load/generator/orders.js';
import { figure } from '../report/table.js';
import { quantiles } from './quantiles.js';
import type { VariantResult } from './result.js';

const LIMIT_LATE_MS = 20;
const LIMIT_SHARE = 0.95;

type GeneratorFigures = VariantResult['generators'][number];

export function generatorFigures(played: readonly PlayResult[]): GeneratorFigures[] {
  return played.map((result) => ({
    share: result.processorShare,
    lateP99Ms: quantiles([result.lateness]).p99Ms,
    delayP99Ms: result.eventLoopDelayP99Ms,
    host: result.host,
    cores: result.cores,
  }));
}

/** In sentences; none: they were not the limit. */
export function generatorLimits(all: readonly GeneratorFigures[]): string[] {
  const late = Math.max(0, ...all.map(({ lateP99Ms }) => lateP99Ms));
  // The measure is of intervals, which are as long as its resolution where nothing is late.
  const delay = Math.max(0, ...all.map(({ delayP99Ms }) => delayP99Ms - DELAY_RESOLUTION_MS));
  const full = Math.max(0, ...all.map(({ share }) => share), ...sharesByHost(all));
  return [
    ...(late > LIMIT_LATE_MS ? [`what it did was late by ${figure(late)} ms at p99`] : []),
    ...(delay > LIMIT_LATE_MS ? [`its event loop by ${figure(delay)} ms`] : []),
    ...(full > LIMIT_SHARE ? [`${Math.round(full * 100)} % of its cores were used`] : []),
  ];
}

/** Generators of one host share its cores: what they use together, of what there is. */
function sharesByHost(all: readonly GeneratorFigures[]): number[] {
  const hosts = new Set(all.map(({ host }) => host));
  return [...hosts].map((host) => {
    const own = all.filter((one) => one.host === host);
    const cores = Math.max(1, ...own.map(({ cores = 1 }) => cores));
    return host === undefined ? 0 : own.reduce((sum, { share }) => sum + share, 0) / cores;
  });
}
