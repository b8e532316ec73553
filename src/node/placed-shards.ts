import type { Clock } from '../core/clock.js';
import { every } from '../core/every.js';
import { SHARD_COUNT } from '../core/ids.js';
import { type PlacementBoard, placedOn } from '../core/membership.js';

const LOOK_MS = 100;
/** Moves come in several maps, up to a second apart: so long there must have been none. */
const REST_MS = 1_500;

export interface PlacedShardsDeps {
  readonly incarnation: string;
  readonly board: Pick<PlacementBoard, 'placement'>;
  readonly owns: (shard: number) => boolean;
  readonly clock: Clock;
}

/** Whether a node that starts has been given its shards and owns all of them. Once it has, it is through with the start. */
export class PlacedShards {
  private readonly deps: PlacedShardsDeps;
  private readonly stop: () => void;
  private wholeSinceMs: number | undefined;
  private done = false;

  constructor(deps: PlacedShardsDeps) {
    this.deps = deps;
    this.stop = every(deps.clock, LOOK_MS, () => this.look());
  }

  /** What it waits for; undefined: for nothing. */
  get waitsFor(): string | undefined {
    if (this.done) return undefined;
    return this.isListed() ? 'does not own its shards yet' : 'is not on the map yet';
  }

  private isListed(): boolean {
    return this.deps.board.placement()?.nodes.includes(this.deps.incarnation) ?? false;
  }

  private look(): void {
    const now = this.deps.clock.monotonic();
    if (!this.isWhole()) this.wholeSinceMs = undefined;
    else this.wholeSinceMs ??= now;
    if (this.wholeSinceMs === undefined || now - this.wholeSinceMs < REST_MS) return;
    this.done = true;
    this.stop();
  }

  private isWhole(): boolean {
    const { board, incarnation, owns } = this.deps;
    if (!this.isListed()) return false;
    const map = board.placement();
    for (let shard = 0; shard < SHARD_COUNT; shard++)
      if (placedOn(map, shard) === incarnation && !owns(shard)) return false;
    return true;
  }
}
