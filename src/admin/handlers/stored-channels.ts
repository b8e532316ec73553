/** The channels whose logs the store holds, also of those that nobody is in any more: for `verify`. */
import { ParleyError } from '../../core/errors.js';
import { type ChannelId, channelOf, isChannelId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { LogId } from '../../core/store.js';
import type { AdminDeps } from '../deps.js';

/** Whose turn it is to read a page. */
interface Pace {
  turn(): Promise<void>;
}

type StoreDeps = Pick<AdminDeps, 'asker' | 'membership'>;

/** In the store's order. Rejects with `unavailable` when no node tells a page of it, and as `pace` does. */
export async function* storedChannels(deps: StoreDeps, pace: Pace): AsyncGenerator<ChannelId> {
  const limit = LIMITS.operationsPageMax;
  const nodes = new StoreNodes(deps);
  for (let after = ''; ; ) {
    await pace.turn();
    const logs = await nodes.readLogs(after, limit);
    for (const log of logs) {
      const channelId = channelOf(log) ?? '';
      if (isChannelId(channelId)) yield channelId;
    }
    const last = logs.at(-1);
    if (last === undefined || logs.length < limit) return;
    after = last;
  }
}

/** Every node sees the whole store: the one that answered last is asked on, the others when it does not. */
class StoreNodes {
  private readonly deps: StoreDeps;
  private preferred = '';

  constructor(deps: StoreDeps) {
    this.deps = deps;
  }

  async readLogs(after: LogId, limit: number): Promise<readonly LogId[]> {
    let failure: unknown;
    for (const incarnation of this.preferredFirst()) {
      try {
        const { logs } = await this.deps.asker.askOne(
          incarnation,
          { logs: { after, limit } },
          LIMITS.requestDeadlineMs,
        );
        if (logs === undefined || logs === null) continue; // of an older version, which does not know the question
        this.preferred = incarnation;
        return logs.logs ?? [];
      } catch (error) {
        failure = error;
      }
    }
    throw new ParleyError('unavailable', { sentence: whyNobody(failure), cause: failure });
  }

  private preferredFirst(): readonly string[] {
    const nodes = this.deps.membership.processes().filter(({ roles }) => roles.includes('node'));
    const incarnations = nodes.map(({ incarnation }) => incarnation);
    const others = incarnations.filter((incarnation) => incarnation !== this.preferred);
    return others.length === incarnations.length ? others : [this.preferred, ...others];
  }
}

const whyNobody = (failure: unknown): string =>
  failure === undefined
    ? 'Which logs the store holds is not known: no node is there, or all are of an older version that cannot say.'
    : 'Which logs the store holds is not known: no node that can say answers.';
