import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { SHARD_COUNT } from '../../core/ids.js';
import type { Storage } from '../../core/store.js';
import { ShardTable } from '../shard-table.js';
import type { OwnedActors, Ownership } from './ownership.js';

export interface SoleOwnershipDeps {
  readonly incarnation: string;
  readonly storage: Storage;
  readonly clock: Clock;
}

/**
 * The embedded form: one process owns everything. `start` fences every other incarnation, then claims all shards. Sound
 * because the folder's exclusive lock says that no other process of this folder lives. Rejects with `unavailable` when a
 * claim is lost.
 */
export function soleOwnership({ incarnation, storage, clock }: SoleOwnershipDeps): Ownership {
  const { ownership } = storage;
  const shards = new ShardTable(ownership, incarnation, clock);
  const claimAll = async (): Promise<void> => {
    const rows = new Map((await ownership.readOwners()).map((row) => [row.shard, row]));
    const others = new Set([...rows.values()].map((row) => row.incarnation));
    for (const other of others) if (other !== undefined) await ownership.fence(other);
    await ownership.insertFence(incarnation);
    const claims = Array.from({ length: SHARD_COUNT }, (_, shard) => shards.claimOf(shard, rows.get(shard)));
    const applied = await ownership.changeOwners(claims);
    for (const [index, claim] of claims.entries()) {
      if (applied[index] !== true)
        throw new ParleyError('unavailable', { sentence: `Shard ${claim.shard} was claimed by another process.` });
      shards.hold(claim, rows.get(claim.shard)?.idFloorMs ?? 0);
    }
  };
  return {
    shards,
    start: async (actors: OwnedActors) => {
      await claimAll();
      await actors.recover([...shards.shards].map((shard) => ({ shard, term: shards.termOf(shard) ?? 0 })));
    },
    wanted: () => undefined,
    receive: () => undefined,
    drain: () => Promise.resolve(),
  };
}
