/**
 * The inbox as it arrives: gives each entry's event to the channel order, and knows the cursor up to which everything
 * was handed on. Entries of a lower epoch than seen, and entries that came before, are dropped. What is not yet handed
 * on is bounded: beyond it the connection starts again from the cursor.
 */
import { compareEpochs } from '../src/core/epoch.js';
import type { v1 } from '../src/protocol/wire.js';
import type { ChannelOrder } from './channel-order.js';
import { eventOf } from './from-wire.js';
import type { StoredCursor } from './storage.js';

/** Before every entry: what follows is all that the inbox holds, or `limited`. */
export const ORIGIN: StoredCursor = { term: 0, sub: 0, inboxSeq: 0 };
const UNSETTLED_MAX = 5000;

export function cursorOf(cursor: v1.ICursor): StoredCursor {
  return { term: cursor.term ?? 0, sub: cursor.sub ?? 0, inboxSeq: cursor.inboxSeq ?? 0 };
}

export function compareCursors(a: StoredCursor, b: StoredCursor): number {
  return compareEpochs(a, b) || a.inboxSeq - b.inboxSeq;
}

/** Passed once the channel was handed on up to `seq`; the cursor then moves, if there is one. */
interface Milestone {
  readonly channelId: string;
  readonly seq: number;
  readonly cursor: StoredCursor | undefined;
}

export class Inbox {
  private readonly order: ChannelOrder;
  /** Everything up to here was handed on. */
  private settledCursor: StoredCursor | undefined;
  private received: StoredCursor | undefined;
  private milestones: Milestone[] = [];
  /** Milestones before this index are passed. */
  private passed = 0;
  /** What a heartbeat said the head is, when it was ahead of what had come. */
  private missing: StoredCursor | undefined;

  constructor(order: ChannelOrder) {
    this.order = order;
  }

  restore(cursor: StoredCursor | undefined): void {
    this.settledCursor = cursor;
    this.received = cursor;
  }

  /**
   * A new session starts at `cursor`: what was not yet handed on comes again. That may be before the cursor given to
   * the server, when an owner died before it had completed what it handed out.
   */
  start(cursor: StoredCursor): void {
    this.milestones = [];
    this.passed = 0;
    this.missing = undefined;
    this.received = cursor;
    this.settledCursor = cursor;
  }

  /** The cursor to acknowledge, to save and to come back with. */
  cursor(): StoredCursor | undefined {
    this.settle();
    return this.settledCursor;
  }

  /** False: too much waits, the caller starts the connection again from the cursor. */
  deliver(items: readonly v1.IDelivery[]): boolean {
    for (const item of items) {
      const cursor = cursorOf(item.cursor ?? {});
      if (this.received !== undefined && compareCursors(cursor, this.received) <= 0) continue;
      this.received = cursor;
      this.deliverOne(cursor, item.event ?? undefined, item.unread ?? 0);
    }
    this.settle();
    return this.milestones.length - this.passed <= UNSETTLED_MAX;
  }

  /** The inbox does not reach back to the cursor: the channels are read from history, then it goes on. */
  limit(limited: v1.ILimited): void {
    for (const head of limited.heads ?? []) {
      const channelId = head.channelId ?? '';
      const seq = head.seq ?? 0;
      this.milestones.push({ channelId, seq, cursor: undefined });
      this.order.catchUp(channelId, seq);
    }
    if (limited.more) return;
    this.received = cursorOf(limited.cursor ?? {});
    this.milestones.push({ channelId: '', seq: 0, cursor: this.received });
    this.settle();
  }

  /** True: the head that an earlier heartbeat told has still not come, so an entry was lost on the way. */
  lacksAfterHeartbeat(head: StoredCursor): boolean {
    const { missing, received } = this;
    const behind = received === undefined || compareCursors(received, head) < 0;
    this.missing = behind ? head : undefined;
    return missing !== undefined && (received === undefined || compareCursors(received, missing) < 0);
  }

  private deliverOne(cursor: StoredCursor, event: v1.IEvent | undefined, unread: number): void {
    if (event === undefined) {
      this.reach({ channelId: '', seq: 0, cursor });
      return;
    }
    this.order.fromInbox(eventOf(event), unread);
    this.reach({ channelId: event.channelId ?? '', seq: event.seq ?? 0, cursor });
  }

  private reach(milestone: Milestone): void {
    if (this.passed === this.milestones.length && this.isPassed(milestone)) this.settledCursor = milestone.cursor;
    else this.milestones.push(milestone);
  }

  private isPassed({ channelId, seq }: Milestone): boolean {
    return seq === 0 || this.order.isHandedOn(channelId, seq);
  }

  private settle(): void {
    while (this.passed < this.milestones.length) {
      const next = this.milestones[this.passed];
      if (next === undefined || !this.isPassed(next)) break;
      if (next.cursor !== undefined) this.settledCursor = next.cursor;
      this.passed += 1;
    }
    if (this.passed === this.milestones.length) this.milestones = [];
    else if (this.passed > 256) this.milestones = this.milestones.slice(this.passed);
    else return;
    this.passed = 0;
  }
}
