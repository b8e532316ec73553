/**
 * Finds a send in the log, below what the memory holds. What was read once is kept as four bytes a position: attempts from an
 * old base come in numbers, and each would have thousands of events read while the mailbox waits.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { UserId } from '../../core/ids.js';
import type { v1 } from '../../protocol/wire.js';

/** Positions that are read, kept and dropped together. */
const STRETCH = 512;
/** Kept of a channel, the least recently used is dropped: 512 KB at most, for 131,072 positions. */
const STRETCHES_MAX = 256;
/** Nobody can choose ids whose marks are the same, to have the log read all the same. */
const SECRET = randomBytes(16);

interface Stretch {
  /** Of each position the mark of its send; 0 where nothing was sent. */
  readonly marks: Uint32Array;
  /** It is read up to here. */
  end: number;
}

export class StoredSends {
  private readonly read: (from: number, to: number) => Promise<readonly v1.Event[]>;
  /** By their number, the least recently used first. */
  private readonly stretches = new Map<number, Stretch>();

  /** `read`: the events with from ≤ seq < to. */
  constructor(read: (from: number, to: number) => Promise<readonly v1.Event[]>) {
    this.read = read;
  }

  /** The event of a send with from ≤ seq < to, all of them committed. */
  async find(sender: UserId, clientMessageId: string, from: number, to: number): Promise<v1.Event | undefined> {
    const mark = markOfId(sender, clientMessageId);
    for (let next = from; next < to; ) {
      const number = Math.floor(next / STRETCH);
      const end = Math.min((number + 1) * STRETCH, to);
      const { marks } = await this.readUpTo(number, end);
      const events = marks.includes(mark) ? await this.read(next, end) : [];
      const found = events.find((event) => event.from === sender && event.clientMessageId === clientMessageId);
      if (found !== undefined) return found;
      next = end;
    }
    return undefined;
  }

  private async readUpTo(number: number, end: number): Promise<Stretch> {
    const start = number * STRETCH;
    const stretch = this.stretches.get(number) ?? { marks: new Uint32Array(STRETCH), end: start };
    this.stretches.delete(number);
    this.stretches.set(number, stretch);
    const [oldest] = this.stretches.keys();
    if (this.stretches.size > STRETCHES_MAX && oldest !== undefined) this.stretches.delete(oldest);
    if (stretch.end >= end) return stretch;
    for (const { seq, from, clientMessageId } of await this.read(stretch.end, end))
      if (clientMessageId !== '') stretch.marks[seq - start] = markOfId(from, clientMessageId);
    stretch.end = end;
    return stretch;
  }
}

function markOfId(sender: UserId, clientMessageId: string): number {
  return createHash('sha256').update(SECRET).update(`${sender}\0${clientMessageId}`).digest().readUInt32LE(0) || 1;
}
