import { type Random, seededRandom } from '../../src/core/random.js';
import { pause } from '../load/generator/pace.js';
import type { Incident, RandomIncidents, Variant, Victim } from '../load/scenario/scenario.js';
import type { Generator } from '../run/generator.js';
import type { Stage } from '../stage/stage.js';
import type { IncidentResult } from './result.js';

/** What will go wrong in a run, in order: what the file names, and what the seed chooses. */
export function incidentsOf({ meanwhile, random, seconds }: Variant, seed: number): Incident[] {
  const chosen = random === undefined ? [] : choose(random, seconds, seededRandom(seed));
  return [...meanwhile, ...chosen].sort((a, b) => a.at - b.at);
}

function choose({ everySeconds, quietSeconds, of }: RandomIncidents, seconds: number, random: Random): Incident[] {
  const [least, most] = everySeconds;
  const between = (from: number, to: number): number => from + random.fraction() * (to - from);
  const incidents: Incident[] = [];
  let left: Incident['do'][] = [];
  for (let at = between(least, most); at < seconds - quietSeconds; at += between(least, most)) {
    // Each kind before any comes again.
    if (left.length === 0) left = [...of];
    const [kind] = left.splice(Math.floor(random.fraction() * left.length), 1);
    if (kind !== undefined) incidents.push(incident(kind, at, random));
  }
  return incidents;
}

function incident(kind: Incident['do'], at: number, random: Random): Incident {
  const what: Victim = random.fraction() < 0.5 ? 'node' : 'gateway';
  switch (kind) {
    case 'kill':
    case 'drain':
      return { at, do: kind, what };
    case 'pause':
      return { at, do: kind, what, forSeconds: 1 + 4 * random.fraction() };
    case 'cut':
      return { at, do: kind, share: random.fraction() };
    case 'leave':
      return { at, do: kind, share: random.fraction() / 2, forSeconds: 2 + 4 * random.fraction(), overSeconds: 2 };
  }
}

function describe(incident: Incident): string {
  switch (incident.do) {
    case 'kill':
    case 'drain':
      return `${incident.do} of a ${incident.what}`;
    case 'pause':
      return `pause of a ${incident.what} for ${incident.forSeconds.toFixed(1)} s`;
    case 'cut':
      return `${Math.round(incident.share * 100)} % of the connections cut`;
    case 'leave':
      return `${Math.round(incident.share * 100)} % away for ${incident.forSeconds.toFixed(1)} s`;
  }
}

/** Lets them happen, each at its time or when the one before is over; resolves when all is well again. */
export async function happen(
  incidents: readonly Incident[],
  stage: Stage,
  generators: readonly Generator[],
  seed: number,
  say: (sentence: string) => void,
): Promise<IncidentResult[]> {
  const from = performance.now();
  const results: IncidentResult[] = [];
  for (const [index, one] of incidents.entries()) {
    const dueMs = from + one.at * 1000 - performance.now();
    if (dueMs > 0) await pause(dueMs);
    const started = performance.now();
    let failure: string | undefined;
    await bring(one, stage, generators, seed + index).catch((thrown: unknown) => {
      failure = String(thrown);
    });
    const tookSeconds = (performance.now() - started) / 1000;
    say(
      `${((started - from) / 1000).toFixed(1)} s: ${describe(one)}; ${failure ?? `over after ${tookSeconds.toFixed(1)} s`}`,
    );
    results.push({ at: (started - from) / 1000, what: describe(one), tookSeconds, failure });
  }
  return results;
}

async function bring(incident: Incident, stage: Stage, generators: readonly Generator[], seed: number): Promise<void> {
  switch (incident.do) {
    case 'kill':
      return stage.kill(incident.what);
    case 'drain':
      return stage.drain(incident.what);
    case 'pause':
      return stage.pause(incident.what, incident.forSeconds);
    case 'cut':
      await Promise.all(generators.map((generator) => generator.order({ type: 'cut', share: incident.share, seed })));
      return;
    case 'leave': {
      const { share, forSeconds, overSeconds } = incident;
      await Promise.all(
        generators.map((generator) => generator.order({ type: 'absence', share, seed, forSeconds, overSeconds })),
      );
    }
  }
}
