import type { Clock } from '../core/clock.js';
import type { OwnershipStore } from '../core/store.js';

/** How long raised floors are collected, milliseconds: a compare-and-set costs the store a transaction, however many. */
const TOGETHER_MS = 200;

interface Raise {
  readonly shard: number;
  readonly term: number;
  readonly floorMs: number;
  readonly settle: (raised: boolean) => void;
}

/** Raises the id floors of owned shards, many in one change. */
export class IdFloors {
  private readonly ownership: OwnershipStore;
  private readonly incarnation: string;
  private readonly clock: Clock;
  private collected: Raise[] = [];
  private scheduled: 'no' | 'soon' | 'now' = 'no';

  constructor(ownership: OwnershipStore, incarnation: string, clock: Clock) {
    this.ownership = ownership;
    this.incarnation = incarnation;
    this.clock = clock;
  }

  /** Resolves to whether the store holds the floor now. */
  raise(shard: number, term: number, floorMs: number): Promise<boolean> {
    return new Promise((settle) => {
      this.collected.push({ shard, term, floorMs, settle });
      if (this.scheduled !== 'no') return;
      this.scheduled = 'soon';
      this.clock.after(TOGETHER_MS, () => this.write());
    });
  }

  /** Somebody waits: what was collected is written at the end of this turn. */
  hurry(): void {
    if (this.scheduled === 'now' || this.collected.length === 0) return;
    this.scheduled = 'now';
    this.clock.defer(() => this.write());
  }

  private write(): void {
    const raises = this.collected;
    if (raises.length === 0) return;
    this.collected = [];
    this.scheduled = 'no';
    const { incarnation } = this;
    const changes = raises.map(({ shard, term, floorMs }) => ({
      shard,
      expectTerm: term,
      expectIncarnation: incarnation,
      next: { term, incarnation, idFloorMs: floorMs },
    }));
    this.ownership.changeOwners(changes).then(
      (applied) => {
        for (const [index, { settle }] of raises.entries()) settle(applied[index] === true);
      },
      () => {
        for (const { settle } of raises) settle(false);
      },
    );
  }
}
