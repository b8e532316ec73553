/** The channels whose logs the store holds, also of those that nobody is in any more: for `verify`. */
import { ParleyError } from '../../core/errors.js';
import { type ChannelId, channelActor, isChannelId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { LogId } from '../../core/store.js';
import type { AdminDeps } from '../deps.js';

/** Whose turn it is to read a page. */
interface Pace {
  turn(): Promise<void>;
}

const PREFIX = channelActor('');

/** In the store's order. Rejects with `unavailable` when no node answers, and as `pace` does. */
export async function* storedChannels(
  deps: Pick<AdminDeps, 'asker' | 'membership'>,
  pace: Pace,
): AsyncGenerator<ChannelId> {
  const limit = LIMITS.operationsPageMax;
  for (let after = ''; ; ) {
    await pace.turn();
    const logs = await readPage(deps, after, limit);
    for (const log of logs) {
      const channelId = log.startsWith(PREFIX) ? log.slice(PREFIX.length) : '';
      if (isChannelId(channelId)) yield channelId;
    }
    const last = logs.at(-1);
    if (last === undefined || logs.length < limit) return;
    after = last;
  }
}

/** Every node sees the whole store: the first one that answers is as good as any. */
async function readPage(
  { asker, membership }: Pick<AdminDeps, 'asker' | 'membership'>,
  after: LogId,
  limit: number,
): Promise<readonly LogId[]> {
  let failure: unknown;
  for (const { incarnation } of membership.processes()) {
    try {
      const { logs } = await asker.askOne(incarnation, { logs: { after, limit } }, LIMITS.requestDeadlineMs);
      if (logs) return logs.logs ?? [];
    } catch (error) {
      failure = error;
    }
  }
  const sentence = 'No node says which logs the store holds.';
  throw new ParleyError('unavailable', { sentence, cause: failure });
}
