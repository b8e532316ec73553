import type { EncodedEvent } from '../../protocol/encoded-event.js';

/** Newest entries kept for sessions that are about to get them. */
const ENTRIES_KEPT = 64;

/**
 * The newest entries of an inbox, dense by position. Those that are not committed are all here, however many: the store
 * cannot be asked for them yet.
 */
export class InboxRing {
  private entries: EncodedEvent[] = [];
  private firstSeq = 1;

  /** Adds the entry at `inboxSeq`; a gap to what is held empties the ring first. `committedHead` bounds what may be dropped. */
  push(inboxSeq: number, event: EncodedEvent, committedHead: number): void {
    if (inboxSeq !== this.firstSeq + this.entries.length) {
      this.entries = [];
      this.firstSeq = inboxSeq;
    }
    this.entries.push(event);
    const excess = Math.min(this.entries.length - ENTRIES_KEPT, committedHead - this.firstSeq + 1);
    // Dropping many at once keeps the shift cheap.
    if (excess < ENTRIES_KEPT / 2) return;
    this.entries.splice(0, excess);
    this.firstSeq += excess;
  }

  /** At most `limit` entries right after `afterSeq`; undefined when the first of them is not here. */
  after(afterSeq: number, limit: number): readonly EncodedEvent[] | undefined {
    const from = afterSeq + 1 - this.firstSeq;
    return from < 0 || this.entries.length === 0 ? undefined : this.entries.slice(from, from + limit);
  }

  /** The first entry above `afterSeq` that `wanted` takes. */
  findAfter(afterSeq: number, wanted: (event: EncodedEvent) => boolean): EncodedEvent | undefined {
    return this.entries.slice(Math.max(0, afterSeq + 1 - this.firstSeq)).find(wanted);
  }

  /** Puts another form in the place of each entry. */
  replace(formOf: (event: EncodedEvent) => EncodedEvent): void {
    this.entries = this.entries.map(formOf);
  }
}
