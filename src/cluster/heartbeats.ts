/**
 * Who is heard on the bus. Silence counts only for as long as this process has heard its own heartbeats without a gap, since
 * it may be the one that is cut off, or was paused. For noticing only; no guarantee rests on it.
 */
import type { Clock } from '../core/clock.js';

export const HEARTBEAT_MS = 500;
/** Three heartbeats missed. */
export const SILENCE_MS = 3 * HEARTBEAT_MS;
/** Own heartbeats further apart than this are a gap. */
const GAP_MS = 2 * HEARTBEAT_MS;
const FORGET_MS = 60_000;

interface Heard {
  readonly storeReachable: boolean;
  /** When it was last heard, and last heard to say that it reaches the store; monotonic milliseconds. */
  readonly atMs: number;
  readonly healthyAtMs: number;
}

const NEVER: Heard = {
  storeReachable: false,
  atMs: Number.NEGATIVE_INFINITY,
  healthyAtMs: Number.NEGATIVE_INFINITY,
};

export class Heartbeats {
  private readonly self: string;
  private readonly clock: Clock;
  private readonly heard = new Map<string, Heard>();
  /** Since when the own heartbeats have come without a gap. */
  private steadySinceMs = Number.POSITIVE_INFINITY;

  constructor(self: string, clock: Clock) {
    this.self = self;
    this.clock = clock;
  }

  note(incarnation: string, storeReachable: boolean): void {
    const nowMs = this.clock.monotonic();
    const before = this.lastOf(incarnation);
    const healthyAtMs = storeReachable ? nowMs : before.healthyAtMs;
    this.heard.set(incarnation, { storeReachable, atMs: nowMs, healthyAtMs });
    if (incarnation !== this.self) return;
    if (nowMs - before.atMs > GAP_MS) this.steadySinceMs = nowMs;
    for (const [other, { atMs }] of this.heard) if (nowMs - atMs > FORGET_MS) this.heard.delete(other);
  }

  wasHeardSince(incarnation: string, sinceMs: number): boolean {
    return this.lastOf(incarnation).atMs >= sinceMs;
  }

  /** Whether this process has lately heard itself. */
  heardItselfWithin(ms: number): boolean {
    return this.clock.monotonic() - this.lastOf(this.self).atMs <= ms;
  }

  /** Since when it has surely said nothing that would have been heard here; undefined: it has, or nobody can tell. */
  silentSinceMs(incarnation: string): number | undefined {
    return this.missedSince(this.lastOf(incarnation).atMs);
  }

  /** Whether it has surely not said for a while that it lives and reaches the store. */
  isUnhealthy(incarnation: string): boolean {
    return this.missedSince(this.lastOf(incarnation).healthyAtMs) !== undefined;
  }

  /** Whether it says that it does not reach the store, while others do. */
  withoutStore(incarnation: string): boolean {
    const says = this.heard.get(incarnation);
    if (says === undefined || says.storeReachable) return false;
    const nowMs = this.clock.monotonic();
    return [...this.heard.values()].some(({ storeReachable, atMs }) => storeReachable && nowMs - atMs < SILENCE_MS);
  }

  private missedSince(lastMs: number): number | undefined {
    const nowMs = this.clock.monotonic();
    if (!this.heardItselfWithin(GAP_MS)) return undefined;
    const sinceMs = Math.max(this.steadySinceMs, lastMs);
    return nowMs - sinceMs >= SILENCE_MS ? sinceMs : undefined;
  }

  private lastOf(incarnation: string): Heard {
    return this.heard.get(incarnation) ?? NEVER;
  }
}
