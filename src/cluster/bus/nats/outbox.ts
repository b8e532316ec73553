/** What waits to be sent: encoded envelopes by subject, bounded in number and bytes. Pure. */
import { ParleyError } from '../../../core/errors.js';
import { RETRY_AFTER_MS } from '../../../core/retry-after.js';

export interface OutboxLimits {
  readonly envelopesPerSubjectMax: number;
  readonly bytesMax: number;
}

/** One message's worth: payloads to be joined. */
export interface Parcel {
  readonly subject: string;
  readonly payloads: readonly Uint8Array[];
  readonly bytes: number;
}

/** Payloads that are gone are let go in lots, which keeps the shift cheap. */
const TRIM_AT = 1_024;

interface Line {
  readonly payloads: Uint8Array[];
  /** Payloads before this one are gone. */
  first: number;
}

function trimmed(line: Line): Line {
  if (line.first < TRIM_AT) return line;
  line.payloads.splice(0, line.first);
  line.first = 0;
  return line;
}

export class Outbox {
  private readonly limits: OutboxLimits;
  private readonly lines = new Map<string, Line>();
  private count = 0;
  private bytesWaiting = 0;

  constructor(limits: OutboxLimits) {
    this.limits = limits;
  }

  get envelopes(): number {
    return this.count;
  }

  get bytes(): number {
    return this.bytesWaiting;
  }

  /** Each payload holds one envelope. Throws `overloaded` when there is no room for all: then none is taken. */
  add(subject: string, payloads: readonly Uint8Array[]): void {
    const line = this.lines.get(subject) ?? { payloads: [], first: 0 };
    let bytes = 0;
    for (const { length } of payloads) bytes += length;
    const full =
      line.payloads.length - line.first + payloads.length > this.limits.envelopesPerSubjectMax ||
      this.bytesWaiting + bytes > this.limits.bytesMax;
    if (full)
      throw new ParleyError('overloaded', {
        sentence: 'The queue to the bus is full.',
        retryAfterMs: RETRY_AFTER_MS.queue,
      });
    for (const payload of payloads) line.payloads.push(payload);
    this.lines.set(subject, line);
    this.count += payloads.length;
    this.bytesWaiting += bytes;
  }

  /**
   * Takes the next message: of one subject, in order, as much as fits `payloadBytesMax` (a payload above it comes alone).
   * Subjects take turns. Undefined when nothing waits.
   */
  next(payloadBytesMax: number): Parcel | undefined {
    const [entry] = this.lines;
    if (entry === undefined) return undefined;
    const [subject, line] = entry;
    const from = line.first;
    let bytes = 0;
    for (; line.first < line.payloads.length; line.first++) {
      const size = line.payloads[line.first]?.length ?? 0;
      if (line.first > from && bytes + size > payloadBytesMax) break;
      bytes += size;
    }
    const payloads = line.payloads.slice(from, line.first);
    this.lines.delete(subject);
    if (line.first < line.payloads.length) this.lines.set(subject, trimmed(line));
    this.count -= payloads.length;
    this.bytesWaiting -= bytes;
    return { subject, payloads, bytes };
  }

  /** Forgets everything; returns how many envelopes that was. */
  clear(): number {
    const { count } = this;
    this.lines.clear();
    this.count = 0;
    this.bytesWaiting = 0;
    return count;
  }
}
