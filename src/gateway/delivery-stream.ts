import type { Epoch } from '../core/epoch.js';
import { LIMITS } from '../core/limits.js';
import type { Delivery } from '../protocol/frames.js';
import type { v1 } from '../protocol/wire.js';

/** Below, equal or above zero as `a` is before, the same as or after `b`; absent fields count as 0. */
export function compareCursors(a: v1.ICursor, b: v1.ICursor): number {
  return (a.term ?? 0) - (b.term ?? 0) || (a.sub ?? 0) - (b.sub ?? 0) || (a.inboxSeq ?? 0) - (b.inboxSeq ?? 0);
}

export interface Push {
  readonly epoch: Epoch;
  readonly afterSeq: number;
  /** Up to here the session's inbox is the same whoever owned it; what this owner assigned begins at or after it. */
  readonly sharedUpTo: number;
  /** Not 0: what is from here up to `sharedUpTo` this owner assigned itself, and opened the session after it. */
  readonly ownFrom: number;
  readonly items: readonly Delivery[];
}

/**
 * How far a session is along its user's inbox. Pushes are accepted only where they follow on what was accepted
 * before, so that a push that the bus lost, doubled or delayed leaves neither a gap nor a copy.
 */
export class DeliveryStream {
  /** The last position accepted. */
  accepted: v1.ICursor;
  /** The last position handed to the socket; not after `accepted`. */
  put: v1.ICursor;
  private waiting: Delivery[] | undefined;

  constructor(start: v1.ICursor) {
    this.accepted = start;
    this.put = start;
  }

  /** Accepts a push, or refuses one that was had before or is ahead of a gap: then nothing changes. */
  offer({ epoch, afterSeq, sharedUpTo, ownFrom, items }: Push): 'accepted' | 'had' | 'ahead' {
    const newer = epoch.term - (this.accepted.term ?? 0) || epoch.sub - (this.accepted.sub ?? 0);
    if (newer < 0) return 'had';
    const at = this.accepted.inboxSeq ?? 0;
    // A new owner may go back (its predecessor's last rows may not have been complete), but never ahead.
    if (afterSeq > at) return 'ahead';
    // The positions between were another owner's, so this does not follow on them: the push that did was lost.
    if (newer > 0 && afterSeq > sharedUpTo) return 'ahead';
    // The same where another owner before had opened it, whose answer it was that came.
    if (newer > 0 && ownFrom > 0 && afterSeq >= ownFrom) return 'ahead';
    if (newer === 0 && afterSeq < at) return 'had';
    const last = items.at(-1);
    if (last === undefined) return 'accepted';
    if (this.waiting === undefined) this.waiting = [...items];
    else this.waiting.push(...items);
    this.accepted = last.cursor;
    return 'accepted';
  }

  get hasWaiting(): boolean {
    return this.waiting !== undefined;
  }

  /** Hands out what was accepted, in pages; it counts as put. */
  take(): readonly (readonly Delivery[])[] {
    const items = this.waiting ?? [];
    this.waiting = undefined;
    this.put = this.accepted;
    return pagesOf(items);
  }

  /** Forgets what was accepted and not put: the socket is gone. */
  rewind(): void {
    this.waiting = undefined;
    this.accepted = this.put;
  }

  /** The inbox goes on after `cursor` (a `limited`); everything accepted before was taken. */
  moveTo(cursor: v1.ICursor): void {
    this.accepted = cursor;
    this.put = cursor;
  }
}

function pagesOf(items: readonly Delivery[]): readonly (readonly Delivery[])[] {
  if (endOfPage(items, 0) === items.length) return items.length === 0 ? [] : [items];
  const pages: (readonly Delivery[])[] = [];
  for (let from = 0; from < items.length; ) {
    const end = endOfPage(items, from);
    pages.push(items.slice(from, end));
    from = end;
  }
  return pages;
}

/** Where the page ends that begins at `from`: with one item at least. */
function endOfPage(items: readonly Delivery[], from: number): number {
  let bytes = 0;
  let end = from;
  for (; end < items.length && end - from < LIMITS.deliveryPageItems; end++) {
    bytes += items[end]?.event?.bytes.length ?? 0;
    if (end > from && bytes > LIMITS.deliveryPageBytesMax) break;
  }
  return end;
}
