/** The shards that this process owns: their terms, their activation counts and their message ids. */
import type { Clock } from '../core/clock.js';
import { type Epoch, SUB_MAX } from '../core/epoch.js';
import { type ActorId, shardOf } from '../core/ids.js';
import type { OwnerChange, OwnershipStore, ShardOwner } from '../core/store.js';
import { IdFloors } from './id-floors.js';
import { ID_FLOOR_AHEAD_MS, MessageIdGenerator } from './message-ids.js';

interface OwnedShard {
  readonly term: number;
  sub: number;
  readonly ids: MessageIdGenerator;
  /** Nothing more is activated: it is about to be given up. */
  closing: boolean;
}

export class ShardTable {
  private readonly owned = new Map<number, OwnedShard>();
  /** Shard → the highest term given up: neither it nor one below is ever served again. */
  private readonly givenUp = new Map<number, number>();
  private readonly incarnation: string;
  private readonly clock: Clock;
  private readonly floors: IdFloors;

  constructor(ownership: OwnershipStore, incarnation: string, clock: Clock) {
    this.incarnation = incarnation;
    this.clock = clock;
    this.floors = new IdFloors(ownership, incarnation, clock);
  }

  /** The change that claims a shard from what its row says now (undefined: there is none). */
  claimOf(shard: number, row: ShardOwner | undefined): OwnerChange {
    const idFloorMs = Math.max(this.clock.now(), row?.idFloorMs ?? 0) + ID_FLOOR_AHEAD_MS;
    const term = (row?.term ?? 0) + 1;
    return {
      shard,
      expectTerm: row?.term ?? 0,
      expectIncarnation: row?.incarnation,
      next: { term, incarnation: this.incarnation, idFloorMs },
    };
  }

  /**
   * The claim was surely applied: serves the shard from here on. `startMs`: the id floor as the row had it before.
   * False when that term was given up meanwhile: then nothing changes.
   */
  hold(claim: OwnerChange, startMs: number): boolean {
    const { shard } = claim;
    const { term, idFloorMs } = claim.next;
    if (term <= (this.givenUp.get(shard) ?? 0)) return false;
    const ids = new MessageIdGenerator({ shard, term, startMs, floorMs: idFloorMs }, this.clock, this.floors);
    this.owned.set(shard, { term, sub: 0, ids, closing: false });
    return true;
  }

  /** Activates nothing more of the shard. What is active goes on, under the same term. */
  close(shard: number): void {
    const owned = this.owned.get(shard);
    if (owned !== undefined) owned.closing = true;
  }

  /**
   * Never serves the shard under `term`, or one before it, again: whatever becomes of a claim or a release under way.
   * `endActors` ends what is left of its actors, in the same tick: one that outlived the term would acknowledge what the
   * next owner never sees. The change that releases it; `idFloorMs` where it was not served here.
   */
  giveUp(shard: number, term: number, idFloorMs: number, endActors: (shard: number) => void): OwnerChange {
    this.givenUp.set(shard, Math.max(term, this.givenUp.get(shard) ?? 0));
    const owned = this.owned.get(shard);
    if (owned !== undefined && owned.term <= term) {
      this.owned.delete(shard);
      endActors(shard);
    }
    const floorMs = owned?.term === term ? owned.ids.firstFreeMs : idFloorMs;
    return {
      shard,
      expectTerm: term,
      expectIncarnation: this.incarnation,
      next: { term, incarnation: undefined, idFloorMs: floorMs },
    };
  }

  /**
   * The epoch for a new activation; never the same twice. Undefined when the shard is not, or soon no longer, owned, or has
   * used up its term.
   */
  nextEpoch(actor: ActorId): Epoch | undefined {
    const shard = this.owned.get(shardOf(actor));
    return shard === undefined || shard.closing || shard.sub === SUB_MAX
      ? undefined
      : { term: shard.term, sub: ++shard.sub };
  }

  termOf(shard: number): number | undefined {
    return this.owned.get(shard)?.term;
  }

  idsOf(actor: ActorId): MessageIdGenerator | undefined {
    return this.owned.get(shardOf(actor))?.ids;
  }

  get size(): number {
    return this.owned.size;
  }

  get shards(): IterableIterator<number> {
    return this.owned.keys();
  }
}
