/** What a device knows of one channel that it writes to or reads. */

/** Where a send goes. */
export type Recipient = { readonly userId: string } | { readonly channelId: string };

/** A send that has no final answer yet. */
export interface Unsettled {
  /** The same on every attempt. */
  readonly base: number;
  /** When it was first to go out. */
  readonly sinceMs: number;
  attempts: number;
}

export class Conversation {
  readonly to: Recipient;
  readonly channelId: string;
  /** The channel's number in the ledger. */
  readonly place: number;
  /** The newest seq that is known: the base of the next send. */
  head = 0;
  /** The highest seq that was handed on. */
  given = 0;
  /** Events come by fan-out, in which frames may be lost: gaps are read from history. */
  byFanout = false;
  /** Reading history, up to `gapTo`. */
  catchingUp = false;
  gapTo = 0;
  /** Message number → send, oldest first. */
  readonly unsettled = new Map<number, Unsettled>();
  /** Refusals in a row, and whether a repetition is due already. */
  refusals = 0;
  repeating = false;
  private lastNumber = -1;
  private readonly nameBytes: Buffer;

  constructor(to: Recipient, channelId: string, place: number) {
    this.to = to;
    this.channelId = channelId;
    this.place = place;
    this.nameBytes = Buffer.from(channelId);
  }

  /** Whether the bytes from `start` to `end` are this channel's id. */
  isNamed(buffer: Buffer, start: number, end: number): boolean {
    const { nameBytes } = this;
    if (end - start !== nameBytes.length) return false;
    for (let index = nameBytes.length - 1; index >= 0; index--)
      if (buffer[start + index] !== nameBytes[index]) return false;
    return true;
  }

  /** Notes a new send; returns the number of the one it comes after, or -1. */
  add(messageNumber: number, nowMs: number): number {
    const after = this.unsettled.size > 0 ? this.lastNumber : -1;
    this.unsettled.set(messageNumber, { base: this.head, sinceMs: nowMs, attempts: 0 });
    this.lastNumber = messageNumber;
    return after;
  }

  settled(messageNumber: number): void {
    this.unsettled.delete(messageNumber);
    this.refusals = 0;
  }
}
