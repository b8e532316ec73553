/** Looks again and again how far the generators are. */
import { type Clock, sleep, systemClock } from '../../src/core/clock.js';
import type { ConnectFailures, Progress } from '../load/orders.js';
import type { Generator } from '../run/generator.js';

const LOOK_AGAIN_MS = 250;
/** Nothing new for so long means that nothing is on the way. */
const QUIET_MS = 2_000;
/** Those whose first attempt failed go on trying for so long before the run is given up. */
const CONNECTED_WITHIN_MS = 30_000;

const progressOf = (generators: readonly Generator[]): Promise<Progress[]> =>
  Promise.all(generators.map((generator) => generator.order<Progress>({ type: 'progress' })));

/** Resolves when all users are connected; rejects with a sentence when some do not come, or the time is over. */
export async function allConnected(
  generators: readonly Generator[],
  users: number,
  clock: Clock = systemClock,
): Promise<void> {
  const giveUpAt = clock.monotonic() + CONNECTED_WITHIN_MS;
  for (;;) {
    const all = await progressOf(generators);
    const missing = users - all.reduce((sum, { connected }) => sum + connected, 0);
    if (missing <= 0) return;
    const gaveUp = all.reduce((sum, one) => sum + one.gaveUp, 0);
    if (gaveUp >= missing || clock.monotonic() >= giveUpAt) {
      const { count, first } = connectFailuresOf(all);
      const why = first === undefined ? '' : `, ${count} connects failed, the first with: ${first}`;
      throw new Error(`${missing} of ${users} users are not connected, so the clock does not start${why}`);
    }
    await sleep(clock, LOOK_AGAIN_MS);
  }
}

/** Waits until no send is unsettled, everybody is back and nothing new comes; false when the time was over before. */
export async function settle(
  generators: readonly Generator[],
  withinSeconds: number,
  clock: Clock = systemClock,
): Promise<boolean> {
  const giveUpAt = clock.monotonic() + withinSeconds * 1000;
  let before = '';
  let quietSince = clock.monotonic();
  let caughtUp = false;
  while (clock.monotonic() < giveUpAt) {
    await sleep(clock, LOOK_AGAIN_MS);
    const all = await progressOf(generators);
    const now = JSON.stringify(all);
    if (now !== before) quietSince = clock.monotonic();
    before = now;
    const open = all.some(({ unsettled, away }) => unsettled > 0 || away > 0);
    if (open || clock.monotonic() - quietSince < QUIET_MS) continue;
    if (caughtUp) return true;
    // A last look at the heads of channels whose frames may be lost.
    await Promise.all(generators.map((generator) => generator.order({ type: 'catch_up' })));
    caughtUp = true;
    quietSince = clock.monotonic();
  }
  return false;
}

/** Of several generators. */
export function connectFailuresOf(all: readonly { readonly connectFailures: ConnectFailures }[]): ConnectFailures {
  const count = all.reduce((sum, { connectFailures }) => sum + connectFailures.count, 0);
  return { count, first: all.find(({ connectFailures }) => connectFailures.count > 0)?.connectFailures.first };
}
