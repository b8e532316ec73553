import { eachBounded } from '../../core/bounded.js';
import { isProgrammersError } from '../../core/errors.js';
import type { OwnershipStore, ShardOwner } from '../../core/store.js';

/** More are read by one scan, which fails as a whole while a part of the store does not answer. */
const FEW = 64;
const READS_AT_ONCE = 64;

/** The rows of these shards; those that cannot be read are left out. Rejects when none can. */
export async function readOwnerRows(ownership: OwnershipStore, shards: readonly number[]): Promise<ShardOwner[]> {
  const all = shards.length > FEW ? await ownership.readOwners().catch(unlessProgrammers) : undefined;
  if (all === undefined) return readEach(ownership, shards);
  const rows = new Map(all.map((row) => [row.shard, row]));
  return shards.map((shard) => rows.get(shard) ?? nobodys(shard));
}

async function readEach(ownership: OwnershipStore, shards: readonly number[]): Promise<ShardOwner[]> {
  const rows: ShardOwner[] = [];
  let failure: unknown;
  await eachBounded(shards, READS_AT_ONCE, async (shard) => {
    try {
      rows.push((await ownership.readOwner(shard)) ?? nobodys(shard));
    } catch (cause) {
      failure = cause;
      unlessProgrammers(cause);
    }
  });
  if (rows.length === 0 && failure !== undefined) throw failure;
  return rows;
}

const nobodys = (shard: number): ShardOwner => ({ shard, term: 0, incarnation: undefined, idFloorMs: 0 });

function unlessProgrammers(cause: unknown): undefined {
  if (isProgrammersError(cause)) throw cause;
}
