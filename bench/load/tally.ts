import { build, type Histogram } from 'hdr-histogram-js';
import { Ledger } from './ledger.js';
import type { LoadObserver } from './session.js';
import { readAtMs } from './websocket.js';

const HIGHEST_MICROSECONDS = 300_000_000;

export function microseconds(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_MICROSECONDS,
    numberOfSignificantValueDigits: 3,
    autoResize: false,
    useWebAssembly: false,
  });
}

export function record(histogram: Histogram, milliseconds: number): void {
  histogram.recordValue(Math.min(HIGHEST_MICROSECONDS, Math.max(1, Math.round(milliseconds * 1000))));
}

/** Counts and times what comes back. A message's number is its place in order of sending, from 0. */
export class Tally implements LoadObserver {
  readonly ledger = new Ledger();
  acknowledgement = microseconds();
  delivery = microseconds();
  /** How late the generator itself was. */
  lateness = microseconds();
  sentCount = 0;
  private acknowledgedCount = 0;
  deliveredCount = 0;
  private refusedCount = 0;
  private closedCount = 0;
  readonly refusals = new Map<number, number>();
  private due = new Float64Array(1 << 14);
  private deliveries = new Uint16Array(1 << 14);
  /** Messages below this are not timed. */
  private timedFrom = Number.POSITIVE_INFINITY;
  /** Deliveries to every so manieth user are timed. */
  private timedUsers = 1;

  /** From the next message on, times count, from zero. */
  startTiming(everySoManyUsers: number): void {
    this.timedUsers = everySoManyUsers;
    this.timedFrom = this.sentCount;
    this.acknowledgement = microseconds();
    this.delivery = microseconds();
    this.lateness = microseconds();
  }

  stopTiming(): void {
    this.timedFrom = Number.POSITIVE_INFINITY;
  }

  /** Notes a message that is about to be sent; returns its number. */
  sending(user: number, dueMs: number): number {
    const messageNumber = this.sentCount++;
    if (messageNumber >= this.due.length) this.grow();
    this.due[messageNumber] = dueMs;
    this.ledger.sent(messageNumber, user);
    if (messageNumber >= this.timedFrom) record(this.lateness, performance.now() - dueMs);
    return messageNumber;
  }

  acknowledged(messageNumber: number, seq: number, idHigh: number, idLow: number): void {
    this.acknowledgedCount++;
    this.ledger.acknowledged(messageNumber, seq, idHigh, idLow);
    if (messageNumber >= this.timedFrom) record(this.acknowledgement, this.since(messageNumber));
  }

  delivered(user: number, messageNumber: number, seq: number, idHigh: number, idLow: number): void {
    this.ledger.delivered(user, messageNumber, seq, idHigh, idLow);
    if (messageNumber < 0) return;
    this.deliveredCount++;
    this.deliveries[messageNumber] = (this.deliveries[messageNumber] ?? 0) + 1;
    if (messageNumber >= this.timedFrom && user % this.timedUsers === 0)
      record(this.delivery, this.since(messageNumber));
  }

  refused(_messageNumber: number, code: number): void {
    this.refusedCount++;
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  closed(): void {
    this.closedCount++;
  }

  counts() {
    return {
      sent: this.sentCount,
      acknowledged: this.acknowledgedCount,
      delivered: this.deliveredCount,
      refused: this.refusedCount,
      closed: this.closedCount,
    };
  }

  /** Messages from number `from` on that were delivered less, and more, than `times` times. */
  strays(from: number, times: number): { readonly lost: number; readonly doubled: number } {
    let lost = 0;
    let doubled = 0;
    for (let messageNumber = from; messageNumber < this.sentCount; messageNumber++) {
      const count = this.deliveries[messageNumber] ?? 0;
      if (count < times) lost++;
      else if (count > times) doubled++;
    }
    return { lost, doubled };
  }

  private since(messageNumber: number): number {
    return readAtMs - (this.due[messageNumber] ?? 0);
  }

  private grow(): void {
    const due = new Float64Array(this.due.length * 2);
    due.set(this.due);
    this.due = due;
    const deliveries = new Uint16Array(this.deliveries.length * 2);
    deliveries.set(this.deliveries);
    this.deliveries = deliveries;
  }
}
