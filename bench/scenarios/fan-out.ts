/** A few write to a channel that all users read: deliveries a second, and what one costs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Verdict } from '../../checker/history.js';
import { pause } from '../load/generator/pace.js';
import type { CandidateName } from '../options.js';
import { figure } from '../report/table.js';
import { verdictSentences } from '../report/verdict-sentences.js';
import { start, TITLES } from '../run/candidates.js';
import { connect, GeneratorProcess } from '../run/generator.js';
import { type Measurement, measure } from '../run/measure.js';
import { type Saturation, saturate } from '../run/saturation.js';
import { judge } from '../run/verdict.js';
import type { Figure, ScenarioContext, ScenarioResult } from './scenario.js';

const PUBLISHERS = 16;
const WARM_UP_SECONDS = 1;
const SETTLE_SECONDS = 10;
const SATURATION_SECONDS = 4;
const SATURATION_FROM = 200;
const HIGHEST_RATE = 1_200;
/** For what making the channel set in motion to come to rest. */
const REST_MS = 2_000;
const SHARE_OF_FLOOR = 0.6;

interface FanOutRun {
  readonly name: CandidateName;
  readonly measurements: readonly Measurement[];
  readonly saturation: Saturation | undefined;
  readonly verdict: Verdict | undefined;
}

export async function fanOut({ options, say }: ScenarioContext): Promise<ScenarioResult> {
  const runs: FanOutRun[] = [];
  for (const name of options.candidates) {
    if (name === 'durable') continue;
    say(`${TITLES[name]}: fan-out to ${options.users}`);
    runs.push(await runCandidate(name, { options, say }));
  }
  const readers = options.users;
  return {
    title: `Fan-out: one broadcast channel of ${readers}, 200-byte bodies, open loop`,
    head: [
      'server',
      'messages /s',
      'deliveries /s',
      'µs a delivery',
      'p50',
      'p99 ms',
      'lost',
      'refused',
      'repeated',
      'server',
      'generator',
    ],
    rows: runs.flatMap((run) => rowsOf(run, readers)),
    figures: figuresOf(runs, readers),
    notes: runs.flatMap(({ name, verdict }) => {
      if (verdict === undefined) return [];
      return verdictSentences(verdict, `Checker, ${TITLES[name]}`);
    }),
    data: runs,
  };
}

async function runCandidate(name: CandidateName, { options }: ScenarioContext): Promise<FanOutRun> {
  const running = await start(name, options.users, options.port);
  const generator = new GeneratorProcess();
  const scratch = mkdtempSync(join(tmpdir(), 'parley-ledger-'));
  try {
    await connect(generator, running.target, { end: options.users });
    let firstSeq = 1;
    if (name === 'parley') {
      firstSeq += await generator.order<number>({ type: 'make_broadcast', publishers: PUBLISHERS });
      await pause(REST_MS);
    }
    const offer = (rate: number, seconds: number): Promise<Measurement> =>
      measure(running.server, generator, {
        type: 'publish',
        rate,
        publishers: PUBLISHERS,
        warmUpSeconds: WARM_UP_SECONDS,
        seconds,
        settleSeconds: SETTLE_SECONDS,
      });
    const measurements: Measurement[] = [];
    for (const rate of options.fanOutRates) measurements.push(await offer(rate, Math.min(options.seconds, 5)));
    let verdict: Verdict | undefined;
    if (name === 'parley') {
      const file = join(scratch, 'ledger');
      await generator.order({ type: 'write_ledger', file });
      verdict = judge(file, options.users, { type: 'broadcast', firstSeq });
    }
    const saturation = options.saturation
      ? await saturate(SATURATION_FROM, HIGHEST_RATE, (rate) => offer(rate, SATURATION_SECONDS))
      : undefined;
    return { name, measurements, saturation, verdict };
  } finally {
    generator.stop();
    await running.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function rowsOf({ name, measurements, saturation }: FanOutRun, readers: number): string[][] {
  const row = (label: string, m: Measurement): string[] => [
    TITLES[name],
    label,
    figure(m.rate * readers),
    figure(m.microsecondsPerMessage / readers),
    figure(m.delivery.p50Ms),
    figure(m.delivery.p99Ms),
    String(m.lost),
    String(m.refused),
    String(m.repeated),
    `${Math.round(m.serverShare * 100)} %`,
    `${Math.round(m.generatorShare * 100)} %${m.generatorWasBottleneck ? ' (!)' : ''}`,
  ];
  const rows = measurements.map((m) => row(figure(m.rate), m));
  if (saturation?.at !== undefined) rows.push(row(`${figure(saturation.rate)} max`, saturation.at));
  if (saturation?.beyond !== undefined) rows.push(row(`${figure(saturation.beyond.rate)} not held`, saturation.beyond));
  return rows;
}

function figuresOf(runs: readonly FanOutRun[], readers: number): Figure[] {
  const parley = runs.find(({ name }) => name === 'parley');
  const floor = runs.find(({ name }) => name === 'bare');
  if (parley === undefined) return [];
  const figures: Figure[] = parley.measurements.map((measured) => {
    const below = floor?.measurements.find((other) => other.rate === measured.rate);
    return {
      name: `fan-out at ${figure(measured.rate * readers)} deliveries/s, processor`,
      value: measured.microsecondsPerMessage / readers,
      unit: 'µs a delivery',
      ...(below === undefined ? {} : { floor: below.microsecondsPerMessage / readers }),
    };
  });
  const { saturation } = parley;
  if (saturation === undefined) return figures;
  const value = saturation.rate * readers;
  const best = floor?.saturation === undefined ? undefined : floor.saturation.rate * readers;
  figures.push({
    name: 'fan-out saturation',
    value,
    unit: 'deliveries/s',
    ...(best === undefined
      ? {}
      : { floor: best, target: `≥ ${SHARE_OF_FLOOR}x the floor`, reached: value >= SHARE_OF_FLOOR * best }),
  });
  return figures;
}
