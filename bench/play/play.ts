/** Plays one variant of a scenario on a stage, and judges it. */
import type { Aftermath, LaneResult, PlayResult } from '../load/generator/orders.js';
import { mergeMoments } from '../load/record/timeline.js';
import type { Variant } from '../load/scenario/scenario.js';
import type { Generator } from '../run/generator.js';
import type { Stage } from '../stage/stage.js';
import { deliveriesOf } from './deliveries.js';
import { generatorFigures, generatorLimits } from './generator-limit.js';
import { happen, incidentsOf } from './incidents.js';
import { judgePlayed, takeLedgers } from './judge-played.js';
import { connectFailuresOf, settle } from './progress.js';
import { quantiles } from './quantiles.js';
import { type Rehearsed, rehearse } from './rehearsal.js';
import type { IncidentResult, LineResult, StoreResult, VariantResult } from './result.js';

const MOMENTS_MAX = 150;
const GATHER_SECONDS = 2;
/** Above so many members, timing every delivery would cost a generator more than reading it. */
const TIMED_MEMBERS = 200;

export interface PlayOptions {
  readonly seed: number;
  readonly say: (sentence: string) => void;
}

export async function play(
  stage: Stage,
  variant: Variant,
  generators: readonly Generator[],
  { seed, say }: PlayOptions,
): Promise<VariantResult> {
  say(`${variant.name}: ${variant.users} users connect`);
  const rehearsed = await rehearse(stage, variant, generators);
  const connectedMib = await stage.residentMib();
  const momentMs = 1000 * Math.max(1, Math.ceil(variant.seconds / MOMENTS_MAX));
  const incidents = incidentsOf(variant, seed);
  say(`${variant.name}: ${variant.seconds} s${incidents.length > 0 ? `, ${incidents.length} incidents` : ''}`);
  const { played, happened, processorSeconds } = await perform(stage, variant, rehearsed, {
    momentMs,
    run: () => happen(incidents, stage, generators, seed, say),
  });
  await Promise.all(generators.map((generator) => generator.order({ type: 'gather', overSeconds: GATHER_SECONDS })));
  const cameToRest = await settle(generators, rehearsed.channels, {
    withinSeconds: variant.settleSeconds,
    isOver: () => stage.endedByItself() !== undefined,
  });
  const residentMib = await stage.residentMib();
  const aftermaths = await Promise.all(
    generators.map((generator) => generator.order<Aftermath>({ type: 'aftermath' })),
  );
  const endedByItself = stage.endedByItself();
  const absent = absentOf(aftermaths, endedByItself === undefined ? 0 : variant.users);
  const ledgers = await takeLedgers(rehearsed);
  const { verdict, unread } = await judgePlayed(variant.users, stage.userId, rehearsed, { ledgers, absent });
  const delivered = deliveriesOf(
    ledgers,
    aftermaths.map(({ timed }) => timed),
  );
  const figures = generatorFigures(played);
  const lines = linesOf(variant, rehearsed, { aftermaths, played, delivered });
  const sent = lines.reduce((sum, line) => sum + (line.type === 'messages' ? line.sent : 0), 0);
  const { name, talk: _talk, meanwhile: _meanwhile, random: _random, ...settings } = variant;
  return {
    name,
    settings,
    lines,
    incidents: happened,
    processorSeconds,
    microsecondsPerMessage: processorSeconds === undefined || sent === 0 ? undefined : (processorSeconds * 1e6) / sent,
    residentMib,
    connectedMib,
    traffic: {
      requests: total(played, ({ traffic }) => traffic.requests),
      bytesOut: total(played, ({ traffic }) => traffic.bytesOut),
      bytesIn: total(played, ({ traffic }) => traffic.bytesIn),
    },
    connecting: quantiles(aftermaths.map(({ connecting }) => connecting)),
    connectFailures: connectFailuresOf(aftermaths),
    closes: addUp(aftermaths.map(({ closes }) => closes)),
    refusals: addUp(aftermaths.map(({ refusals }) => refusals)),
    repeated: total(aftermaths, ({ repeated }) => repeated),
    again: total(aftermaths, ({ again }) => again),
    cursorsBack: total(aftermaths, ({ cursorsBack }) => cursorsBack),
    presence: {
      frames: total(aftermaths, ({ presenceFrames }) => presenceFrames),
      states: total(aftermaths, ({ presenceStates }) => presenceStates),
    },
    momentMs,
    timeline: mergeMoments(aftermaths.map(({ timeline }) => timeline)),
    generators: figures,
    generatorWasLimit: generatorLimits(figures).length > 0,
    cameToRest,
    absent: absent.size,
    endedByItself,
    unread,
    verdict,
    store: endedByItself === undefined ? await storeOf(stage) : undefined,
  };
}

/** A server that cannot be asked any more says nothing of its store. */
async function storeOf(stage: Stage): Promise<StoreResult | undefined> {
  return stage.verify?.().catch((thrown: unknown) => ({ failure: String(thrown) }));
}

/** Of whom nothing is expected. All of `users` are when the server is gone: some have not noticed yet. */
export function absentOf(aftermaths: readonly Pick<Aftermath, 'absent'>[], users: number): Set<number> {
  const everybody = Array.from({ length: users }, (_, user) => user);
  return new Set([...everybody, ...aftermaths.flatMap((aftermath) => aftermath.absent)]);
}

interface Performed {
  readonly played: readonly PlayResult[];
  readonly happened: readonly IncidentResult[];
  readonly processorSeconds: number | undefined;
}

async function perform(
  stage: Stage,
  variant: Variant,
  { players, lanesOf }: Rehearsed,
  { momentMs, run }: { readonly momentMs: number; readonly run: () => Promise<IncidentResult[]> },
): Promise<Performed> {
  const { warmUpSeconds, seconds } = variant;
  const readings: Promise<number | undefined>[] = [];
  let happening: Promise<IncidentResult[]> = Promise.resolve([]);
  const timedUsers = variant.talk.some((talk) => talk.kind === 'broadcast' && talk.size > TIMED_MEMBERS) ? 8 : 1;
  const played = await Promise.all(
    players.map((player, index) =>
      player.generator.order<PlayResult>(
        { type: 'play', lanes: lanesOf(player), warmUpSeconds, seconds, momentMs, timedUsers },
        (phase) => {
          if (index > 0) return;
          readings.push(stage.processorSeconds());
          if (phase === 'measuring') happening = run();
        },
      ),
    ),
  );
  const happened = await happening;
  const [before, after] = await Promise.all(readings);
  return {
    played,
    happened,
    processorSeconds: before === undefined || after === undefined ? undefined : after - before,
  };
}

interface Outcome {
  readonly aftermaths: readonly Aftermath[];
  readonly played: readonly PlayResult[];
  /** By line. */
  readonly delivered: ReadonlyMap<string, number>;
}

function linesOf(variant: Variant, { lineNames }: Rehearsed, { aftermaths, played, delivered }: Outcome): LineResult[] {
  const all = [...aftermaths, ...played].flatMap(({ lanes }) => lanes);
  return lineNames.flatMap((name, index): LineResult[] => {
    const offeredPerSecond = variant.talk[index]?.rate ?? 0;
    const own = all.filter((lane) => lane.name === name);
    const messages = own.filter((lane): lane is LaneResult & { type: 'messages' } => lane.type === 'messages');
    if (messages.length > 0)
      return [
        {
          type: 'messages',
          name,
          offeredPerSecond,
          sent: total(messages, ({ sent }) => sent),
          acknowledged: total(messages, ({ acknowledged }) => acknowledged),
          delivered: delivered.get(name) ?? 0,
          refused: total(messages, ({ refused }) => refused),
          acknowledgement: quantiles(messages.map(({ acknowledgement }) => acknowledgement)),
          delivery: quantiles(messages.map(({ delivery }) => delivery)),
          afterReturn: quantiles(messages.map(({ afterReturn }) => afterReturn)),
        },
      ];
    const requests = own.filter((lane): lane is LaneResult & { type: 'requests' } => lane.type === 'requests');
    if (requests.length === 0) return [];
    return [
      {
        type: 'requests',
        name,
        offeredPerSecond,
        answered: total(requests, ({ answered }) => answered),
        failed: total(requests, ({ failed }) => failed),
        failure: requests.find(({ failure }) => failure !== undefined)?.failure,
        latency: quantiles(requests.map(({ latency }) => latency)),
      },
    ];
  });
}

function total<Item>(items: readonly Item[], pick: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + pick(item), 0);
}

function addUp(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const counts of all) for (const [key, count] of Object.entries(counts)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
