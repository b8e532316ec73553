import type { v1 } from '../../../src/protocol/wire.js';

/** A place in an inbox, as the protocol has it. */
export interface Cursor {
  readonly term: number;
  readonly sub: number;
  readonly inboxSeq: number;
}

/** How far a device has its inbox, by epoch and position, and how far it has said so. */
export class InboxPlace {
  /** A welcome has said where it begins. */
  isKnown = false;
  private term = 0;
  private sub = 0;
  private inboxSeq = 0;
  private acknowledgedSeq = 0;

  get cursor(): Cursor {
    return { term: this.term, sub: this.sub, inboxSeq: this.inboxSeq };
  }

  /** A connection goes on where its welcome says, also behind what came before. */
  startFrom({ term, sub, inboxSeq }: v1.ICursor): void {
    this.isKnown = true;
    this.moveTo(term ?? 0, sub ?? 0, inboxSeq ?? 0);
    this.acknowledgedSeq = this.inboxSeq;
  }

  /** By a delivery of the connection; false where that is not further, and then it stays. */
  advance(term: number, sub: number, inboxSeq: number): boolean {
    const isFurther = (term - this.term || sub - this.sub || inboxSeq - this.inboxSeq) > 0;
    if (isFurther) this.moveTo(term, sub, inboxSeq);
    return isFurther;
  }

  /** Up to where to acknowledge now; undefined where that was said already. */
  takeUnacknowledged(): Cursor | undefined {
    if (this.inboxSeq === this.acknowledgedSeq) return undefined;
    this.acknowledgedSeq = this.inboxSeq;
    return this.cursor;
  }

  private moveTo(term: number, sub: number, inboxSeq: number): void {
    this.term = term;
    this.sub = sub;
    this.inboxSeq = inboxSeq;
  }
}
