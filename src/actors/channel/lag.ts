/**
 * Which recipients have not confirmed which seqs: the fan-out watermark, one entry a lagging recipient. Pure.
 *
 * An event tells its recipient the previous seq that is due and not confirmed (0: everything before is), and the
 * recipient takes it only after that one. So an event lost or doubled on the bus is neither lost nor doubled there.
 */
import { LONG_AGO_MS } from '../../core/clock.js';
import type { UserId } from '../../core/ids.js';

export interface Lag {
  /** Due and not confirmed: first, last, first, last … ascending. */
  readonly due: number[];
  /** When something was last sent to them, monotonic, whole milliseconds; 0: never. */
  sentAtMs: number;
  attempts: number;
  /** When something was last sent because they said that they lack it, monotonic, whole milliseconds. */
  lackedAtMs: number;
  /**
   * Where the page ends that was last sent again, while more is due behind it: that was sent too early to be taken, so the
   * next page follows as soon as this one is confirmed. 0: nothing is behind it.
   */
  pageEnd: number;
}

function lagOf(due: number[], sentAtMs: number): Lag {
  return { due, sentAtMs, attempts: 0, lackedAtMs: LONG_AGO_MS, pageEnd: 0 };
}

export class Lags {
  private readonly lags = new Map<UserId, Lag>();

  get size(): number {
    return this.lags.size;
  }

  entries(): IterableIterator<[UserId, Lag]> {
    return this.lags.entries();
  }

  of(userId: UserId): Lag | undefined {
    return this.lags.get(userId);
  }

  /** Adds `seq` to what is due to `userId`; returns the previous one that is not confirmed, or 0. */
  add(userId: UserId, seq: number, nowMs: number): number {
    const lag = this.lags.get(userId);
    if (lag === undefined) {
      this.lags.set(userId, lagOf([seq, seq], nowMs));
      return 0;
    }
    const last = lag.due.at(-1) ?? 0;
    if (last === seq - 1) lag.due[lag.due.length - 1] = seq;
    else lag.due.push(seq, seq);
    return last;
  }

  restore(userId: UserId, due: readonly number[]): void {
    this.lags.set(userId, lagOf([...due], 0));
  }

  /** Takes off everything up to `seq`. */
  confirm(userId: UserId, seq: number): void {
    const lag = this.lags.get(userId);
    if (lag === undefined) return;
    while (lag.due.length > 0 && (lag.due[1] ?? 0) <= seq) lag.due.splice(0, 2);
    if (lag.due.length === 0) this.lags.delete(userId);
    else if ((lag.due[0] ?? 0) <= seq) lag.due[0] = seq + 1;
  }
}

/** The first `limit` seqs of a list of ranges. */
export function firstDue(due: readonly number[], limit: number): number[] {
  const seqs: number[] = [];
  for (let i = 0; i + 1 < due.length && seqs.length < limit; i += 2) {
    for (let seq = due[i] ?? 0; seq <= (due[i + 1] ?? -1) && seqs.length < limit; seq++) seqs.push(seq);
  }
  return seqs;
}
