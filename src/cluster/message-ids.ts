import type { Clock } from '../core/clock.js';
import { IDS_PER_MILLISECOND, type MessageId, makeMessageId, messageIdTime } from '../core/message-id.js';
import type { IdFloors } from './id-floors.js';

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
  private readonly floors: IdFloors;
  private floorMs: number;
  private timeMs: number;
  private counter = 0;
  private raising: Promise<void> | undefined;

  /** `startMs`: the floor as the previous owner left it; `floorMs`: as this owner's claim wrote it. */
  constructor(
    owned: { readonly shard: number; readonly term: number; readonly startMs: number; readonly floorMs: number },
    clock: Clock,
    floors: IdFloors,
  ) {
    this.shard = owned.shard;
    this.term = owned.term;
    this.timeMs = owned.startMs;
    this.floorMs = owned.floorMs;
    this.clock = clock;
    this.floors = floors;
  }

  /** The first millisecond of which no id was issued: where the next owner may start. */
  get firstFreeMs(): number {
    return this.counter > 0 ? this.timeMs + 1 : this.timeMs;
  }

  /** An id above `last` and above all issued before; undefined while the floor is being raised: see `wait`. */
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

  /**
   * Undefined when ids can be issued. Else the floor was passed while nobody asked for ids: resolves once it has been
   * raised, or could not be.
   */
  wait(): Promise<void> | undefined {
    const timeMs = Math.max(this.clock.now(), this.timeMs);
    if (timeMs < this.floorMs) return undefined;
    this.keepFloorAhead(timeMs);
    this.floors.hurry();
    return this.raising;
  }

  private keepFloorAhead(timeMs: number): void {
    if (this.raising !== undefined || timeMs < this.floorMs - ID_FLOOR_AHEAD_MS / 2) return;
    const floorMs = timeMs + ID_FLOOR_AHEAD_MS;
    this.raising = this.floors.raise(this.shard, this.term, floorMs).then((raised) => {
      this.raising = undefined;
      if (raised) this.floorMs = floorMs;
    });
  }
}
