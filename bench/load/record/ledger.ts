/** What a generator noted, as rows of unsigned 32-bit numbers: small enough to note every event of a long run. */
import { writeFileSync } from 'node:fs';
import { NOT_AS_SENT, NOT_OF_THE_LOAD } from '../session/frame-scanner.js';

/** Two words of an id as text of equal length, which sorts as the number does. */
export function hexOf(high: number, low: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

class Rows {
  readonly width: number;
  count = 0;
  private values = new Uint32Array(1 << 14);

  constructor(width: number) {
    this.width = width;
  }

  /** Room for one more row; returns where to write it. */
  private next(): number {
    const at = this.count * this.width;
    if (at + this.width > this.values.length) {
      const larger = new Uint32Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.count++;
    return at;
  }

  add(a: number, b: number, c: number, d = 0, e = 0, f = 0): void {
    const at = this.next();
    const { values, width } = this;
    values[at] = a;
    values[at + 1] = b;
    values[at + 2] = c;
    if (width > 3) values[at + 3] = d;
    if (width < 6) return;
    values[at + 4] = e;
    values[at + 5] = f;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.values.buffer, 0, this.count * this.width * 4);
  }
}

/** Message numbers of events that are no message of the load, and that are not as they were sent, as they stand in a row. */
export const NO_MESSAGE = NOT_OF_THE_LOAD >>> 0;
export const ANOTHER_MESSAGE = NOT_AS_SENT >>> 0;

/** Three counts. */
const HEAD_WIDTH = 3;
const SENT_WIDTH = 3;
const ACKNOWLEDGED_WIDTH = 4;
const DELIVERED_WIDTH = 6;

/** The client message id by which the checker is told of one that is not as it was sent: it stands for no other. */
export const ANOTHER = 'another body or sender';

export class Ledger {
  /** Channels are numbers in the rows: places in this list. */
  private readonly channels: string[] = [];
  private readonly places = new Map<string, number>();
  private readonly sentRows = new Rows(SENT_WIDTH);
  private readonly acknowledgedRows = new Rows(ACKNOWLEDGED_WIDTH);
  private readonly deliveredRows = new Rows(DELIVERED_WIDTH);

  /** The number of a channel in the rows. */
  place(channelId: string): number {
    let place = this.places.get(channelId);
    if (place === undefined) {
      place = this.channels.push(channelId) - 1;
      this.places.set(channelId, place);
    }
    return place;
  }

  channelAt(place: number): string {
    return this.channels[place] ?? '?';
  }

  sent(messageNumber: number, user: number, channel: number): void {
    this.sentRows.add(messageNumber, user, channel);
  }

  acknowledged(messageNumber: number, seq: number, idHigh: number, idLow: number): void {
    this.acknowledgedRows.add(messageNumber, seq, idHigh, idLow);
  }

  delivered(user: number, messageNumber: number, channel: number, seq: number, idHigh: number, idLow: number): void {
    this.deliveredRows.add(user, messageNumber, channel, seq, idHigh, idLow);
  }

  bytes(): Buffer {
    const tables = [this.sentRows, this.acknowledgedRows, this.deliveredRows];
    const head = Uint32Array.from(tables.map((rows) => rows.count));
    const names = Buffer.from(JSON.stringify(this.channels));
    return Buffer.concat([Buffer.from(head.buffer), ...tables.map((rows) => rows.bytes()), names]);
  }

  write(file: string): void {
    writeFileSync(file, this.bytes());
  }
}

export interface LedgerReader {
  sent(messageNumber: number, user: number, channelId: string): void;
  acknowledged(messageNumber: number, seq: number, idHigh: number, idLow: number): void;
  delivered(user: number, messageNumber: number, channelId: string, seq: number, idHigh: number, idLow: number): void;
}

/** Reads written ledgers of one run back: all that was sent, then what was acknowledged, then what was delivered. */
export function readLedgers(ledgers: readonly Buffer[], reader: LedgerReader): void {
  const parts = ledgers.map(partsOf);
  for (const { values, sentCount, name } of parts)
    for (let row = 0, at = HEAD_WIDTH; row < sentCount; row++, at += SENT_WIDTH)
      reader.sent(values[at] ?? 0, values[at + 1] ?? 0, name(values[at + 2] ?? 0));
  for (const { values, sentCount, acknowledgedCount, deliveredCount, name } of parts) {
    const value = (at: number): number => values[at] ?? 0;
    let at = HEAD_WIDTH + sentCount * SENT_WIDTH;
    for (let row = 0; row < acknowledgedCount; row++, at += ACKNOWLEDGED_WIDTH)
      reader.acknowledged(value(at), value(at + 1), value(at + 2), value(at + 3));
    for (let row = 0; row < deliveredCount; row++, at += DELIVERED_WIDTH)
      reader.delivered(value(at), value(at + 1), name(value(at + 2)), value(at + 3), value(at + 4), value(at + 5));
  }
}

function partsOf(bytes: Buffer) {
  const [sentCount = 0, acknowledgedCount = 0, deliveredCount = 0] = words(bytes.subarray(0, HEAD_WIDTH * 4));
  const length =
    HEAD_WIDTH + sentCount * SENT_WIDTH + acknowledgedCount * ACKNOWLEDGED_WIDTH + deliveredCount * DELIVERED_WIDTH;
  const channels = JSON.parse(bytes.toString('utf8', length * 4)) as string[];
  const name = (place: number): string => channels[place] ?? '?';
  return { values: words(bytes.subarray(0, length * 4)), sentCount, acknowledgedCount, deliveredCount, name };
}

const words = (bytes: Buffer): Uint32Array =>
  new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
