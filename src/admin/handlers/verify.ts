/** Whether logs and inboxes hold what the README promises: streams how far it is, and each breach. */
import { sleep } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import type { ChannelId, UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { admin } from '../../protocol/admin-messages.js';
import { Long } from '../../protocol/wire.js';
import type { AdminDeps } from '../deps.js';
import type { Call } from '../methods.js';
import { LogReader } from '../verify/log-reader.js';
import { Verifier } from '../verify/verifier.js';
import { channelsOf } from './memberships.js';
import { storedChannels } from './stored-channels.js';
import { accountOf } from './users.js';

const TOLD_EVERY_MS = 500;
/** So much longer an event may be kept than it must. */
const KEPT_LONGER_MS = 24 * 3600 * 1000;

async function* everybody({ directory }: AdminDeps): AsyncGenerator<UserId> {
  const limit = LIMITS.operationsPageMax;
  for (let after = ''; ; ) {
    const page = await directory.administration.list('', after, limit);
    yield* page.map(({ userId }) => userId);
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    after = last.userId;
  }
}

/** None for who has no account any more: what the inbox names is looked over all the same. */
async function* listedChannels(deps: AdminDeps, userId: UserId): AsyncGenerator<ChannelId> {
  try {
    for await (const { channelId } of channelsOf(deps, userId)) if (channelId) yield channelId;
  } catch (error) {
    if (!(error instanceof ParleyError) || error.kind !== 'user_not_found') throw error;
  }
}

async function* nothing(): AsyncGenerator<never> {}

function paceOf({ positionsPerSecond }: admin.IVerifyRequest): number {
  const rate = positionsPerSecond || LIMITS.verifyPositionsPerSecond;
  if (rate <= LIMITS.verifyPositionsPerSecondMax) return rate;
  const sentence = `At most ${LIMITS.verifyPositionsPerSecondMax} positions are looked at in a second.`;
  throw new ParleyError('invalid_argument', { sentence });
}

const running = new WeakSet<AdminDeps>();

export async function* verify(
  deps: AdminDeps,
  request: admin.IVerifyRequest,
  { signal }: Call,
): AsyncGenerator<admin.IVerifyProgress> {
  const positionsPerSecond = paceOf(request);
  const named: UserId[] = [];
  for (const text of new Set(request.userIds ?? [])) named.push((await accountOf(deps, text)).userId);
  if (running.has(deps)) throw new ParleyError('overloaded', { sentence: 'Another verification is under way here.' });
  running.add(deps);
  const ended = new AbortController();
  const onEnd = (): void => ended.abort();
  signal.addEventListener('abort', onEnd);
  try {
    const { actors, clock } = deps;
    const reader = new LogReader({ actors, clock, positionsPerSecond, signal: ended.signal });
    const channels = (userId: UserId): AsyncIterable<ChannelId> => listedChannels(deps, userId);
    const youngFromMs = (): number => clock.now() - LIMITS.inboxKeepMs + KEPT_LONGER_MS;
    const verifier = new Verifier({
      ...{ reader, youngFromMs, channelsOf: channels },
      storedChannels: () => (named.length > 0 ? nothing() : storedChannels(deps, reader)),
    });
    const usersTotal = named.length || (await deps.directory.administration.count());
    const run = verifier.run(named.length > 0 ? named : everybody(deps));
    yield* progress(deps, verifier, reader, run, usersTotal);
  } finally {
    onEnd();
    signal.removeEventListener('abort', onEnd);
    running.delete(deps);
  }
}

async function* progress(
  { clock }: AdminDeps,
  verifier: Verifier,
  reader: LogReader,
  run: Promise<void>,
  usersTotal: number,
): AsyncGenerator<admin.IVerifyProgress> {
  let done = false;
  const finished = run.then(() => {
    done = true;
  });
  finished.catch(() => undefined); // told below
  while (!done) {
    await Promise.race([finished, sleep(clock, TOLD_EVERY_MS)]);
    const { usersDone, channels, findings } = verifier;
    yield {
      ...{ usersDone, channels, done, usersTotal: Math.max(usersTotal, usersDone) },
      positions: Long.fromNumber(reader.positions, true),
      breaches: [...findings.take()],
      breachesFound: findings.count,
    };
  }
}
