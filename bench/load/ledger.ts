/** What a generator noted, as rows of unsigned 32-bit numbers: small enough to note every event of a long run. */
import { readFileSync, writeFileSync } from 'node:fs';

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

  add(a: number, b: number, c = 0, d = 0, e = 0): void {
    const at = this.next();
    const { values, width } = this;
    values[at] = a;
    values[at + 1] = b;
    if (width > 2) {
      values[at + 2] = c;
      values[at + 3] = d;
    }
    if (width > 4) values[at + 4] = e;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.values.buffer, 0, this.count * this.width * 4);
  }
}

/** message number of an event that is no message of the load, as it stands in a row. */
export const NO_MESSAGE = 0xffff_ffff;

const SENT_WIDTH = 2;
const ACKNOWLEDGED_WIDTH = 4;
const DELIVERED_WIDTH = 5;

export class Ledger {
  private readonly sentRows = new Rows(SENT_WIDTH);
  private readonly acknowledgedRows = new Rows(ACKNOWLEDGED_WIDTH);
  private readonly deliveredRows = new Rows(DELIVERED_WIDTH);

  sent(messageNumber: number, user: number): void {
    this.sentRows.add(messageNumber, user);
  }

  acknowledged(messageNumber: number, seq: number, idHigh: number, idLow: number): void {
    this.acknowledgedRows.add(messageNumber, seq, idHigh, idLow);
  }

  delivered(user: number, messageNumber: number, seq: number, idHigh: number, idLow: number): void {
    this.deliveredRows.add(user, messageNumber < 0 ? NO_MESSAGE : messageNumber, seq, idHigh, idLow);
  }

  write(file: string): void {
    const tables = [this.sentRows, this.acknowledgedRows, this.deliveredRows];
    const head = Uint32Array.from(tables.map((rows) => rows.count));
    writeFileSync(file, Buffer.concat([Buffer.from(head.buffer), ...tables.map((rows) => rows.bytes())]));
  }
}

export interface LedgerReader {
  sent(messageNumber: number, user: number): void;
  acknowledged(messageNumber: number, seq: number, idHigh: number, idLow: number): void;
  delivered(user: number, messageNumber: number, seq: number, idHigh: number, idLow: number): void;
}

/** Reads a written ledger back: all that was sent, then what was acknowledged, then what was delivered. */
export function readLedger(file: string, reader: LedgerReader): void {
  const bytes = readFileSync(file);
  const values = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const value = (at: number): number => values[at] ?? 0;
  const [sentCount = 0, acknowledgedCount = 0, deliveredCount = 0] = values;
  let at = 3;
  for (let row = 0; row < sentCount; row++, at += SENT_WIDTH) reader.sent(value(at), value(at + 1));
  for (let row = 0; row < acknowledgedCount; row++, at += ACKNOWLEDGED_WIDTH)
    reader.acknowledged(value(at), value(at + 1), value(at + 2), value(at + 3));
  for (let row = 0; row < deliveredCount; row++, at += DELIVERED_WIDTH)
    reader.delivered(value(at), value(at + 1), value(at + 2), value(at + 3), value(at + 4));
}
