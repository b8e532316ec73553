import type { Clock } from '../../core/clock.js';
import type { Health } from './decide.js';

/** Heartbeats come twice a second: three missed. */
const SILENCE_MS = 1_500;
/** Own heartbeats further apart than this are a gap: then this process cannot tell who is silent. */
const GAP_MS = 1_000;
const FORGET_MS = 60_000;

interface Heard {
  readonly atMs: number;
  readonly storeReachable: boolean;
}

/**
 * What the heartbeats on the bus say. Silence counts only for as long as this process has heard its own heartbeats without a
 * gap, since it may be the one that is cut off, or was paused.
 */
export class NodeHealth implements Health {
  private readonly self: string;
  private readonly clock: Clock;
  private readonly heard = new Map<string, Heard>();
  private ownHeardMs = Number.NEGATIVE_INFINITY;
  private steadySinceMs = Number.POSITIVE_INFINITY;

  constructor(self: string, clock: Clock) {
    this.self = self;
    this.clock = clock;
  }

  note(incarnation: string, storeReachable: boolean): void {
    const nowMs = this.clock.monotonic();
    this.heard.set(incarnation, { atMs: nowMs, storeReachable });
    if (incarnation !== this.self) return;
    if (nowMs - this.ownHeardMs > GAP_MS) this.steadySinceMs = nowMs;
    this.ownHeardMs = nowMs;
    for (const [other, { atMs }] of this.heard) if (nowMs - atMs > FORGET_MS) this.heard.delete(other);
  }

  silentSinceMs(incarnation: string): number | undefined {
    const nowMs = this.clock.monotonic();
    if (nowMs - this.ownHeardMs > GAP_MS) return undefined;
    const sinceMs = Math.max(this.steadySinceMs, this.heard.get(incarnation)?.atMs ?? Number.NEGATIVE_INFINITY);
    return nowMs - sinceMs >= SILENCE_MS ? sinceMs : undefined;
  }

  withoutStore(incarnation: string): boolean {
    const says = this.heard.get(incarnation);
    if (says === undefined || says.storeReachable) return false;
    const nowMs = this.clock.monotonic();
    return [...this.heard.values()].some(({ atMs, storeReachable }) => storeReachable && nowMs - atMs < SILENCE_MS);
  }
}
