/**
 * Who is heard on the bus. Nobody is fenced who is heard there and reaches the store, whatever the map says: a map may be
 * old, and this process may have been paused or cut off without knowing. So silence counts only while this process has
 * heard its own heartbeats without a gap. For noticing only; no guarantee rests on it.
 */
import type { Clock } from '../../core/clock.js';

export const HEARTBEAT_MS = 500;
/** Three heartbeats missed. */
const SILENCE_MS = 3 * HEARTBEAT_MS;
/** Own heartbeats further apart than this are a gap. */
const GAP_MS = 2 * HEARTBEAT_MS;
const FORGET_MS = 60_000;

export class Heartbeats {
  private readonly self: string;
  private readonly clock: Clock;
  /** When each process was last heard in good health, monotonic milliseconds. */
  private readonly heardMs = new Map<string, number>();
  private ownHeardMs = Number.NEGATIVE_INFINITY;
  /** Since when the own heartbeats have come without a gap. */
  private steadySinceMs = Number.POSITIVE_INFINITY;

  constructor(self: string, clock: Clock) {
    this.self = self;
    this.clock = clock;
  }

  note(incarnation: string, storeReachable: boolean): void {
    const now = this.clock.monotonic();
    if (incarnation === this.self) this.noteOwn(now);
    else if (storeReachable) this.heardMs.set(incarnation, now);
  }

  private noteOwn(now: number): void {
    if (now - this.ownHeardMs > GAP_MS) this.steadySinceMs = now;
    this.ownHeardMs = now;
    for (const [incarnation, heardMs] of this.heardMs) {
      if (now - heardMs > FORGET_MS) this.heardMs.delete(incarnation);
    }
  }

  /** Whether it has surely said nothing for a while that would have been heard here. */
  silent(incarnation: string): boolean {
    const now = this.clock.monotonic();
    if (now - this.ownHeardMs > GAP_MS) return false;
    const since = Math.max(this.steadySinceMs, this.heardMs.get(incarnation) ?? Number.NEGATIVE_INFINITY);
    return now - since >= SILENCE_MS;
  }
}
