/**
 * The words of a segment with the positions they stand at, sorted by word and cut into blocks of bounded size.
 *
 * A block is a list of entries: how many characters of the word before are shared, the rest of the word, how many
 * positions, then, unless there is one, the bytes of the positions; and the positions, each as the distance to the one
 * before, the first to the segment's first. A word with very many positions has several entries, maybe in several blocks.
 */
import { ByteReader, ByteWriter, bytesOfNumber } from './bytes.js';

/** Two pages of a store of 4 KB pages, less what the store adds. */
const BLOCK_BYTES = 8_000;
const ENTRY_POSITIONS_MAX = 1_500;

export interface Block {
  readonly firstTerm: string;
  readonly bytes: Uint8Array;
}

function sharedLength(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < end && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++;
  const last = b.charCodeAt(shared - 1);
  // Half a surrogate pair is no text.
  return shared > 0 && last >= 0xd800 && last < 0xdc00 ? shared - 1 : shared;
}

export class BlockWriter {
  private readonly baseSeq: number;
  private readonly finished: Block[] = [];
  private readonly block = new ByteWriter();
  private firstTerm = '';
  private lastTerm = '';

  constructor(baseSeq: number) {
    this.baseSeq = baseSeq;
  }

  /** Words come in ascending order (of UTF-16 code units), each with its positions in ascending order. */
  add(term: string, seqs: readonly number[]): void {
    for (let from = 0; from < seqs.length; from += ENTRY_POSITIONS_MAX) {
      this.addEntry(term, seqs, from, Math.min(from + ENTRY_POSITIONS_MAX, seqs.length));
    }
  }

  /** The blocks that are complete; with `end`, all of them. */
  take(end: boolean): Block[] {
    if (end) this.finishBlock();
    return this.finished.splice(0);
  }

  private addEntry(term: string, seqs: readonly number[], from: number, to: number): void {
    const { block } = this;
    const positionsBytes = this.positionsBytes(seqs, from, to);
    if (block.length > 0 && block.length + positionsBytes + term.length * 3 + 12 > BLOCK_BYTES) this.finishBlock();
    if (block.length === 0) this.firstTerm = term;
    const shared = sharedLength(this.lastTerm, term);
    block.number(shared);
    block.text(term.slice(shared));
    block.number(to - from);
    if (to - from > 1) block.number(positionsBytes);
    let before = this.baseSeq;
    for (let at = from; at < to; at++) {
      const seq = seqs[at] ?? before;
      block.number(seq - before);
      before = seq;
    }
    this.lastTerm = term;
  }

  private positionsBytes(seqs: readonly number[], from: number, to: number): number {
    let bytes = 0;
    let before = this.baseSeq;
    for (let at = from; at < to; at++) {
      const seq = seqs[at] ?? before;
      bytes += bytesOfNumber(seq - before);
      before = seq;
    }
    return bytes;
  }

  private finishBlock(): void {
    if (this.block.length === 0) return;
    this.finished.push({ firstTerm: this.firstTerm, bytes: this.block.take() });
    this.lastTerm = '';
  }
}

/** The entries of a block, one after the other. Positions are decoded only where somebody asks. */
export class BlockReader {
  term = '';
  private readonly reader: ByteReader;
  private readonly baseSeq: number;
  private count = 0;

  constructor(bytes: Uint8Array, baseSeq: number) {
    this.reader = new ByteReader(bytes);
    this.baseSeq = baseSeq;
  }

  /** Goes to the next entry; false at the end. Each entry is then either read or skipped. */
  next(): boolean {
    if (this.reader.done) return false;
    const shared = this.reader.number();
    this.term = this.term.slice(0, shared) + this.reader.text();
    this.count = this.reader.number();
    return true;
  }

  skip(): void {
    if (this.count === 1) this.reader.number();
    else {
      const bytes = this.reader.number();
      this.reader.at += bytes;
    }
  }

  readInto(seqs: number[]): void {
    if (this.count > 1) this.reader.number();
    let seq = this.baseSeq;
    for (let i = 0; i < this.count; i++) {
      seq += this.reader.number();
      seqs.push(seq);
    }
  }
}
