/** Pairs of connected users write to each other at given rates, in an open loop; then the highest rate that holds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Verdict } from '../../checker/history.js';
import type { CandidateName } from '../options.js';
import { figure } from '../report/table.js';
import { verdictSentences } from '../report/verdict-sentences.js';
import { start, TITLES } from '../run/candidates.js';
import { connect, GeneratorProcess } from '../run/generator.js';
import { type Measurement, measure } from '../run/measure.js';
import { profiling } from '../run/profile.js';
import { type Saturation, saturate } from '../run/saturation.js';
import { judge } from '../run/verdict.js';
import { atLeast, atMost, type Figure, type ScenarioContext, type ScenarioResult } from './scenario.js';

const WARM_UP_SECONDS = 2;
const SETTLE_SECONDS = 10;
const SATURATION_SECONDS = 5;
/** Once round all pairs, slowly, so that channels exist and actors are awake before anything is measured. */
const FIRST_RATE = 1_000;
const SATURATION_FROM: Record<CandidateName, number> = { bare: 16_000, durable: 12_000, parley: 4_000 };
const HIGHEST_RATE = 80_000;
const PROCESSOR_BOUNDS: Readonly<Record<number, number>> = { 2000: 3, 8000: 3 };

interface CandidateRun {
  readonly name: CandidateName;
  readonly measurements: readonly Measurement[];
  readonly saturation: Saturation | undefined;
  readonly verdict: Verdict | undefined;
}

export async function oneToOne(context: ScenarioContext): Promise<ScenarioResult> {
  const runs: CandidateRun[] = [];
  for (const name of context.options.candidates) runs.push(await runCandidate(name, context));
  return {
    title: `One-to-one: ${context.options.users} users in pairs, 200-byte bodies, open loop`,
    head: [
      'server',
      'rate /s',
      'µs a message',
      'delivery p50',
      'p99 ms',
      'ack p50',
      'p99 ms',
      'lost',
      'doubled',
      'refused',
      'repeated',
      'generator',
    ],
    rows: runs.flatMap(rowsOf),
    figures: figuresOf(runs),
    notes: runs.flatMap(notesOf),
    data: runs,
    series: runs.map(({ name, measurements, saturation }) => ({
      name: TITLES[name],
      points: [...measurements, ...(saturation?.tried ?? [])]
        .sort((a, b) => a.rate - b.rate)
        .map(({ rate, microsecondsPerMessage, delivery }) => ({
          rate,
          microseconds: microsecondsPerMessage,
          p99Ms: delivery.p99Ms,
        })),
    })),
  };
}

async function runCandidate(name: CandidateName, { options, say }: ScenarioContext): Promise<CandidateRun> {
  const running = await start(name, options.users, options.port);
  const generator = new GeneratorProcess();
  const scratch = mkdtempSync(join(tmpdir(), 'parley-ledger-'));
  try {
    await connect(generator, running.target, { end: options.users });
    const offer = (rate: number, seconds: number, warmUpSeconds = WARM_UP_SECONDS): Promise<Measurement> =>
      measure(running.server, generator, {
        type: 'direct',
        rate,
        warmUpSeconds,
        seconds,
        settleSeconds: SETTLE_SECONDS,
        awaitDelivery: true,
      });
    await offer(FIRST_RATE, Math.ceil(options.users / FIRST_RATE));
    const measurements: Measurement[] = [];
    for (const rate of options.rates) {
      say(`${TITLES[name]}: ${rate}/s for ${options.seconds} s`);
      const folder = name === 'parley' ? options.profile : undefined;
      const profile = await profiling(running.server, folder, `one-to-one-${rate}`);
      measurements.push(await offer(rate, options.seconds));
      await profile();
    }
    let saturation: Saturation | undefined;
    if (options.saturation) {
      say(`${TITLES[name]}: looking for the highest rate`);
      saturation = await saturate(SATURATION_FROM[name], HIGHEST_RATE, (rate) => offer(rate, SATURATION_SECONDS, 1));
    }
    let verdict: Verdict | undefined;
    if (name === 'parley') {
      const file = join(scratch, 'ledger');
      await generator.order({ type: 'write_ledger', file });
      verdict = judge(file, options.users, { type: 'direct' });
    }
    return { name, measurements, saturation, verdict };
  } finally {
    generator.stop();
    await running.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function rowsOf({ name, measurements, saturation }: CandidateRun): string[][] {
  const row = (label: string, m: Measurement): string[] => [
    TITLES[name],
    label,
    figure(m.microsecondsPerMessage),
    figure(m.delivery.p50Ms),
    figure(m.delivery.p99Ms),
    figure(m.acknowledgement.p50Ms),
    figure(m.acknowledgement.p99Ms),
    String(m.lost),
    String(m.doubled),
    String(m.refused),
    String(m.repeated),
    `${Math.round(m.generatorShare * 100)} %${m.generatorWasBottleneck ? ' (!)' : ''}`,
  ];
  const rows = measurements.map((m) => row(figure(m.rate), m));
  if (saturation?.at !== undefined) rows.push(row(`${figure(saturation.rate)} max`, saturation.at));
  if (saturation?.beyond !== undefined) rows.push(row(`${figure(saturation.beyond.rate)} not held`, saturation.beyond));
  return rows;
}

function figuresOf(runs: readonly CandidateRun[]): Figure[] {
  const parley = runs.find(({ name }) => name === 'parley');
  const floor = runs.find(({ name }) => name === 'durable');
  if (parley === undefined) return [];
  const figures: Figure[] = [];
  for (const measured of parley.measurements) {
    const { rate, microsecondsPerMessage, delivery } = measured;
    const below = floor?.measurements.find((other) => other.rate === rate);
    const times = PROCESSOR_BOUNDS[rate];
    const name = `1:1 at ${rate}/s`;
    const withFloor = (value: number | undefined) => (value === undefined ? {} : { floor: value });
    figures.push({
      name: `${name}, processor`,
      value: microsecondsPerMessage,
      unit: 'µs a message',
      ...withFloor(below?.microsecondsPerMessage),
      ...(times !== undefined && below !== undefined
        ? {
            target: `≤ ${times}x the floor`,
            reached: microsecondsPerMessage <= times * below.microsecondsPerMessage,
          }
        : {}),
    });
    if (rate === 2000 && below !== undefined)
      for (const [percentile, value, floorValue, bound] of [
        ['p50', delivery.p50Ms, below.delivery.p50Ms, 5],
        ['p99', delivery.p99Ms, below.delivery.p99Ms, 20],
      ] as const)
        figures.push({
          name: `${name}, ${percentile} beyond the floor`,
          value: value - floorValue,
          unit: 'ms',
          floor: floorValue,
          ...atMost(value - floorValue, bound),
        });
  }
  if (parley.saturation !== undefined)
    figures.push({
      name: '1:1 saturation',
      value: parley.saturation.rate,
      unit: 'messages/s',
      ...(floor?.saturation === undefined ? {} : { floor: floor.saturation.rate }),
      ...atLeast(parley.saturation.rate, 6_000),
    });
  return figures;
}

function notesOf({ name, measurements, saturation, verdict }: CandidateRun): string[] {
  const notes = verdict === undefined ? [] : verdictSentences(verdict);
  const bound = [...measurements, ...(saturation?.tried ?? [])].filter((m) => m.generatorWasBottleneck);
  if (bound.length > 0)
    notes.push(`${TITLES[name]}: the load generator was the bottleneck at ${bound.map((m) => m.rate).join(', ')}/s`);
  return notes;
}
