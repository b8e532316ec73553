/** Looks again and again how far the generators are. */
import { type Clock, sleep, systemClock } from '../../src/core/clock.js';
import type { ConnectFailures, Progress, UserRange } from '../load/generator/orders.js';
import { mergeTops, type Top } from '../load/record/top.js';
import type { Generator } from '../run/generator.js';

const LOOK_AGAIN_MS = 250;
/** Nothing new for so long means that nothing is on the way. */
const QUIET_MS = 2_000;
/** Those whose first attempt failed go on trying for so long before the run is given up. */
const CONNECTED_WITHIN_MS = 30_000;

interface ChannelWithMembers {
  readonly channelId: string;
  readonly range: UserRange;
}

interface Patience {
  readonly withinSeconds: number;
  readonly isOver?: () => boolean;
  readonly clock?: Clock;
}

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

/**
 * Waits until no send is unsettled, everybody is back and was given all that is due, and nothing more comes; false when
 * the time was over before, or `isOver` says that waiting is in vain.
 */
export async function settle(
  generators: readonly Generator[],
  channels: readonly ChannelWithMembers[],
  { withinSeconds, isOver = () => false, clock = systemClock }: Patience,
): Promise<boolean> {
  const giveUpAt = clock.monotonic() + withinSeconds * 1000;
  let before = '';
  let quietSince = clock.monotonic();
  let dueIsKnown = false;
  let caughtUp = false;
  while (clock.monotonic() < giveUpAt && !isOver()) {
    await sleep(clock, LOOK_AGAIN_MS);
    const all = await progressOf(generators);
    const now = JSON.stringify(all);
    if (now !== before) quietSince = clock.monotonic();
    before = now;
    if (all.some(({ unsettled, away, catchingUp }) => unsettled > 0 || away > 0 || catchingUp > 0)) continue;
    if (!dueIsKnown) {
      await tellDue(generators, channels);
      dueIsKnown = true;
      continue;
    }
    if (clock.monotonic() - quietSince < QUIET_MS) continue;
    if (caughtUp && all.every(({ behind }) => behind === 0)) return true;
    if (caughtUp) continue;
    // A last look at the heads of channels whose frames may be lost.
    await Promise.all(generators.map((generator) => generator.order({ type: 'catch_up' })));
    caughtUp = true;
    quietSince = clock.monotonic();
  }
  return false;
}

/** What was acknowledged is final: nobody sends any more, and nothing is unsettled. */
async function tellDue(generators: readonly Generator[], channels: readonly ChannelWithMembers[]): Promise<void> {
  const tops = mergeTops(
    await Promise.all(generators.map((generator) => generator.order<Record<string, Top>>({ type: 'tops' }))),
  );
  const due = channels.flatMap(({ channelId, range }) => {
    const top = tops.get(channelId);
    return top === undefined ? [] : [{ channelId, members: range, top }];
  });
  await Promise.all(generators.map((generator) => generator.order({ type: 'due', channels: due })));
}

/** Of several generators. */
export function connectFailuresOf(all: readonly { readonly connectFailures: ConnectFailures }[]): ConnectFailures {
  const count = all.reduce((sum, { connectFailures }) => sum + connectFailures.count, 0);
  return { count, first: all.find(({ connectFailures }) => connectFailures.count > 0)?.connectFailures.first };
}
