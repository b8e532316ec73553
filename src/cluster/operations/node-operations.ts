import type { ActorPlace } from '../../actors/runtime/actor-cell.js';
import type { ActorSystem } from '../../actors/runtime/actor-system.js';
import { type ActorId, shardOf } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { messageIdShard } from '../../core/message-id.js';
import type { MessageStore } from '../../core/store.js';
import type { admin } from '../../protocol/admin-messages.js';
import type { ActorEnvelope, ShardTerm } from '../../protocol/bus-messages.js';
import { Long } from '../../protocol/wire.js';
import type { Committer } from '../committer.js';
import type { IdIndex } from '../id-index.js';
import type { ShardTable } from '../shard-table.js';
import type { NodeOperations } from './process-operations.js';

export interface NodeParts {
  readonly system: ActorSystem<ActorEnvelope>;
  readonly shards: ShardTable;
  readonly committer: Committer;
  readonly idIndex: IdIndex;
  readonly store: MessageStore;
}

const count = (value: number): Long => Long.fromNumber(value, true);

function actorOf({ id, state, epoch, mailboxMessages, idleMs, crashes, facts }: ActorPlace): admin.IActor {
  const { term = 0, sub = 0 } = epoch ?? {};
  return { actor: id, state, term, sub, mailboxMessages, idleMs: count(Math.round(idleMs)), crashes, facts };
}

/** What a node knows of itself, for operators. */
export function nodeOperations({ system, shards, committer, idIndex, store }: NodeParts): NodeOperations {
  return {
    report: () => ({
      shards: shards.size,
      actors: system.activeCount,
      mailboxMessages: system.queuedMessages,
      flushes: count(committer.counts.flushes),
      writes: count(committer.counts.writes),
      fenceReads: count(committer.counts.fenceReads),
    }),
    owned: () =>
      [...shards.shards].sort((a, b) => a - b).map((shard): ShardTerm => ({ shard, term: shards.termOf(shard) ?? 0 })),
    async actor(id: ActorId, activate: boolean) {
      const term = shards.termOf(shardOf(id));
      if (activate && term !== undefined) await system.wake(id);
      const place = system.placeOf(id);
      return { owned: term !== undefined, term: term ?? 0, ...(place && { activation: actorOf(place) }) };
    },
    async message(id) {
      const term = shards.termOf(messageIdShard(id));
      const owned = term !== undefined;
      return { owned, term: term ?? 0, ...(owned && (await idIndex.find(id))) };
    },
    actors(prefix, after, limit) {
      const ids = [...system.ids].filter((id) => id.startsWith(prefix) && id > after).sort();
      const actors = ids.slice(0, limit).flatMap((id) => {
        const place = system.placeOf(id);
        return place === undefined ? [] : [actorOf(place)];
      });
      return { actors, more: ids.length > limit };
    },
    logs: (after, limit) => store.readLogs(after, Math.min(limit, LIMITS.operationsPageMax)),
  };
}
