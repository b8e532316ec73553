/**
 * For how long no node has been heard on the bus: then what is sent from here does not arrive either, whether the connection
 * still looks open or not. A time in which this process stood still does not count, since what came is only read after it.
 */
import type { Clock } from '../core/clock.js';

export const LOOK_EVERY_MS = 1_000;
/** Looks further apart than this are a standstill. */
const GAP_MS = 2 * LOOK_EVERY_MS;
/** After which others are told to send nothing here: well before anybody is sent elsewhere, who must know where not to go. */
const TELL_AFTER_MS = 5_000;
/** After which clients are better off elsewhere. */
const MOVE_AFTER_MS = 10_000;

export class BusSilence {
  private readonly clock: Clock;
  private readonly heardMs: () => number;
  private lookedMs: number;
  private awakeSinceMs: number;

  /** `heardMs`: when a node was last heard, monotonic milliseconds. To be looked at every LOOK_EVERY_MS. */
  constructor(clock: Clock, heardMs: () => number) {
    this.clock = clock;
    this.heardMs = heardMs;
    this.awakeSinceMs = clock.monotonic();
    this.lookedMs = this.awakeSinceMs;
  }

  look(): void {
    const nowMs = this.clock.monotonic();
    if (nowMs - this.lookedMs > GAP_MS) this.awakeSinceMs = nowMs;
    this.lookedMs = nowMs;
  }

  get isToBeTold(): boolean {
    return this.lasts(TELL_AFTER_MS);
  }

  get isToBeLeft(): boolean {
    return this.lasts(MOVE_AFTER_MS);
  }

  private lasts(ms: number): boolean {
    return this.lookedMs - Math.max(this.awakeSinceMs, this.heardMs()) >= ms;
  }
}
