/** The shards that this process owns: their terms, their activation counts and their message ids. */
import type { Clock } from '../core/clock.js';
import type { Epoch } from '../core/epoch.js';
import { ParleyError } from '../core/errors.js';
import { type ActorId, SHARD_COUNT, shardOf } from '../core/ids.js';
import type { OwnerChange, OwnershipStore, ShardOwner } from '../core/store.js';
import { IdFloors } from './id-floors.js';
import { ID_FLOOR_AHEAD_MS, MessageIdGenerator } from './message-ids.js';

interface OwnedShard {
  readonly term: number;
  sub: number;
  readonly ids: MessageIdGenerator;
}

export class ShardTable {
  private readonly owned = new Map<number, OwnedShard>();
  private readonly ownership: OwnershipStore;
  private readonly incarnation: string;
  private readonly clock: Clock;
  private readonly floors: IdFloors;

  constructor(ownership: OwnershipStore, incarnation: string, clock: Clock) {
    this.ownership = ownership;
    this.incarnation = incarnation;
    this.clock = clock;
    this.floors = new IdFloors(ownership, incarnation, clock);
  }

  /**
   * The embedded form's claim: fences every other incarnation, then claims all shards. Sound because the folder's
   * exclusive lock says that no other process of this folder lives. Rejects with `unavailable` when a claim is lost.
   */
  async claimAll(): Promise<void> {
    const rows = new Map((await this.ownership.readOwners()).map((row) => [row.shard, row]));
    const others = new Set([...rows.values()].map((row) => row.incarnation));
    for (const other of others) if (other !== undefined) await this.ownership.fence(other);
    await this.ownership.insertFence(this.incarnation);
    const changes = Array.from({ length: SHARD_COUNT }, (_, shard) => this.claim(shard, rows.get(shard)));
    const applied = await this.ownership.changeOwners(changes);
    for (const [index, change] of changes.entries()) {
      if (applied[index] !== true)
        throw new ParleyError('unavailable', { sentence: `Shard ${change.shard} was claimed by another process.` });
      this.add(change, rows.get(change.shard)?.idFloorMs ?? 0);
    }
  }

  private claim(shard: number, row: ShardOwner | undefined): OwnerChange {
    const idFloorMs = Math.max(this.clock.now(), row?.idFloorMs ?? 0) + ID_FLOOR_AHEAD_MS;
    const term = (row?.term ?? 0) + 1;
    return {
      shard,
      expectTerm: row?.term ?? 0,
      expectIncarnation: row?.incarnation,
      next: { term, incarnation: this.incarnation, idFloorMs },
    };
  }

  private add(change: OwnerChange, startMs: number): void {
    const { term, idFloorMs } = change.next;
    const ids = new MessageIdGenerator(
      { shard: change.shard, term, startMs, floorMs: idFloorMs },
      this.clock,
      this.floors,
    );
    this.owned.set(change.shard, { term, sub: 0, ids });
  }

  /** The epoch for a new activation; never the same twice. Undefined when the shard is not owned here. */
  nextEpoch(actor: ActorId): Epoch | undefined {
    const shard = this.owned.get(shardOf(actor));
    return shard === undefined ? undefined : { term: shard.term, sub: ++shard.sub };
  }

  termOf(shard: number): number | undefined {
    return this.owned.get(shard)?.term;
  }

  idsOf(actor: ActorId): MessageIdGenerator | undefined {
    return this.owned.get(shardOf(actor))?.ids;
  }

  get shards(): IterableIterator<number> {
    return this.owned.keys();
  }
}
