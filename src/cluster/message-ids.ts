import type { Clock } from '../core/clock.js';
import { IDS_PER_MILLISECOND, type MessageId, makeMessageId, messageIdTime } from '../core/message-id.js';

/** How far ahead of the clock a shard's id floor is written, milliseconds. */
export const ID_FLOOR_AHEAD_MS = 10_000;

/**
 * The message ids of one owned shard. No id is issued at or above the floor that the store holds, so that the next
 * owner, who starts at that floor, repeats none, whatever its clock says.
 */
export class MessageIdGenerator {
  private readonly shard: number;
  private readonly term: number;
  private readonly clock: Clock;
  private readonly raiseFloor: (shard: number, floorMs: number) => Promise<boolean>;
  private floorMs: number;
  private timeMs: number;
  private counter = 0;
  private raising = false;

  /** `startMs`: the floor as the previous owner left it; `floorMs`: as this owner's claim wrote it. */
  constructor(
    owned: { readonly shard: number; readonly term: number; readonly startMs: number; readonly floorMs: number },
    clock: Clock,
    raiseFloor: (shard: number, floorMs: number) => Promise<boolean>,
  ) {
    this.shard = owned.shard;
    this.term = owned.term;
    this.timeMs = owned.startMs;
    this.floorMs = owned.floorMs;
    this.clock = clock;
    this.raiseFloor = raiseFloor;
  }

  /** An id above `last` and above all issued before; undefined while the floor is being raised: come back soon. */
  next(last: MessageId | undefined): MessageId | undefined {
    let timeMs = Math.max(this.clock.now(), this.timeMs);
    let counter = timeMs === this.timeMs ? this.counter : 0;
    if (counter >= IDS_PER_MILLISECOND) {
      timeMs++;
      counter = 0;
    }
    if (last !== undefined && messageIdTime(last) > timeMs) {
      timeMs = messageIdTime(last) + 1;
      counter = 0;
    }
    this.keepFloorAhead(timeMs);
    if (timeMs >= this.floorMs) return undefined;
    this.timeMs = timeMs;
    this.counter = counter + 1;
    return makeMessageId(timeMs, this.shard, this.term, counter);
  }

  private keepFloorAhead(timeMs: number): void {
    if (this.raising || timeMs < this.floorMs - ID_FLOOR_AHEAD_MS / 2) return;
    this.raising = true;
    const floorMs = timeMs + ID_FLOOR_AHEAD_MS;
    this.raiseFloor(this.shard, floorMs).then(
      (raised) => {
        this.raising = false;
        if (raised) this.floorMs = floorMs;
      },
      () => {
        this.raising = false;
      },
    );
  }
}
