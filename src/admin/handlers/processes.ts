/** Processes and shards: who lives, how busy they are, who owns what. */
import { SHARD_COUNT } from '../../core/ids.js';
import { placedOn } from '../../core/membership.js';
import type { admin } from '../../protocol/admin-messages.js';
import { Long } from '../../protocol/wire.js';
import type { AdminDeps } from '../deps.js';
import { ordersMessage } from './nodes.js';

export async function status({ asker, board, clock }: AdminDeps): Promise<admin.IClusterStatus> {
  const { answers, silent } = await asker.askAll({ report: {} });
  const map = board?.placement();
  return {
    form: board === undefined ? 'embedded' : 'cluster',
    atMs: Long.fromNumber(clock.now(), true),
    processes: answers.flatMap(({ answer }) => answer.report ?? []).sort(byName),
    silent: [...silent],
    ...(board && { orders: ordersMessage(board.orders()) }),
    ...(map && { placement: { version: map.version, coordinator: map.coordinator, nodes: [...map.nodes] } }),
  };
}

const byName = (a: admin.IProcess, b: admin.IProcess): number => ((a.name ?? '') < (b.name ?? '') ? -1 : 1);

export async function shardMap(
  { asker, board }: AdminDeps,
  { first, limit }: admin.IShardMapRequest,
): Promise<admin.IShardMap> {
  const { answers, silent } = await asker.askAll({ shards: {} });
  const owners = new Map<number, { owner: string; term: number }>();
  for (const { incarnation, answer } of answers) {
    const terms = answer.shards?.terms ?? [];
    for (const [at, shard] of (answer.shards?.shards ?? []).entries()) {
      const term = terms[at] ?? 0;
      if (term > (owners.get(shard)?.term ?? 0)) owners.set(shard, { owner: incarnation, term });
    }
  }
  const map = board?.placement();
  const from = first ?? 0;
  const to = Math.min(SHARD_COUNT, from + (limit || SHARD_COUNT));
  const shards = Array.from({ length: Math.max(0, to - from) }, (_, at): admin.IShard => {
    const shard = from + at;
    const { owner = '', term = 0 } = owners.get(shard) ?? {};
    return { shard, owner, term, placedOn: map === undefined ? owner : (placedOn(map, shard) ?? '') };
  });
  return { shards, silent: [...silent] };
}
