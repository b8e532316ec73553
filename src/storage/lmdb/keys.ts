/**
 * Keys and small values as bytes whose order is the order of what they mean: text as UTF-8 ended by NUL (which no
 * text here contains), numbers big-endian. A row is keyed (log, seq, epoch), an entry of the epoch index
 * (log, epoch), a record (partition, key).
 */
import type { Epoch, Version } from '../../core/epoch.js';

const TWO_TO_32 = 2 ** 32;
/** Two texts of 200 bytes, their ends, and numbers. */
const SCRATCH_BYTES = 512;
export const EPOCH_BYTES = 8;
const SEQ_BYTES = 8;
export const VERSION_BYTES = EPOCH_BYTES + 8;

/**
 * Writes keys into one piece of memory, used again by the next key: a key is valid until then. LMDB copies it
 * at once, so that no key costs an allocation.
 */
export class KeyWriter {
  private readonly bytes = Buffer.alloc(SCRATCH_BYTES);
  private readonly views: Buffer[] = [];

  row(log: string, seq: number, epoch: Epoch): Buffer {
    let end = this.text(log, 0);
    end = this.uint64(seq, end);
    return this.view(this.writeEpoch(epoch, end));
  }

  /** Below every row of the log with this seq, and above every row with a lower one. */
  rowStart(log: string, seq: number): Buffer {
    return this.view(this.uint64(seq, this.text(log, 0)));
  }

  epoch(log: string, epoch: Epoch): Buffer {
    return this.view(this.writeEpoch(epoch, this.text(log, 0)));
  }

  record(partition: string, key: string): Buffer {
    const start = this.text(partition, 0);
    return this.view(start + this.bytes.write(key, start));
  }

  /** Below every key that begins with this text. */
  first(text: string): Buffer {
    return this.view(this.text(text, 0));
  }

  /** Above every key that begins with this text. */
  last(text: string): Buffer {
    const end = this.text(text, 0);
    this.bytes[end - 1] = 1;
    return this.view(end);
  }

  private text(text: string, at: number): number {
    const end = at + this.bytes.write(text, at);
    this.bytes[end] = 0;
    return end + 1;
  }

  private uint64(value: number, at: number): number {
    return writeUint64(this.bytes, value, at);
  }

  private writeEpoch(epoch: Epoch, at: number): number {
    this.bytes.writeUInt32BE(epoch.term, at);
    return this.bytes.writeUInt32BE(epoch.sub, at + 4);
  }

  private view(length: number): Buffer {
    const known = this.views[length];
    if (known !== undefined) return known;
    const view = this.bytes.subarray(0, length);
    this.views[length] = view;
    return view;
  }
}

function writeUint64(bytes: Buffer, value: number, at: number): number {
  bytes.writeUInt32BE(Math.floor(value / TWO_TO_32), at);
  return bytes.writeUInt32BE(value % TWO_TO_32, at + 4);
}

function readUint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4);
}

export function readEpoch(bytes: Buffer, at: number): Epoch {
  return { term: bytes.readUInt32BE(at), sub: bytes.readUInt32BE(at + 4) };
}

/** Seq and epoch of a row, from the end of its key. */
export function readRowKey(key: Buffer): { seq: number; epoch: Epoch } {
  const at = key.length - EPOCH_BYTES - SEQ_BYTES;
  return { seq: readUint64(key, at), epoch: readEpoch(key, at + SEQ_BYTES) };
}

export function encodeSeq(seq: number): Buffer {
  const bytes = Buffer.allocUnsafe(SEQ_BYTES);
  writeUint64(bytes, seq, 0);
  return bytes;
}

export const decodeSeq = (bytes: Buffer): number => readUint64(bytes, 0);

/** A version, with room for a value behind it. */
export function encodeVersion(version: Version, value?: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(VERSION_BYTES + (value?.length ?? 0));
  bytes.writeUInt32BE(version.term, 0);
  bytes.writeUInt32BE(version.sub, 4);
  writeUint64(bytes, version.counter, EPOCH_BYTES);
  if (value !== undefined) bytes.set(value, VERSION_BYTES);
  return bytes;
}

export function decodeVersion(bytes: Buffer): Version {
  return { ...readEpoch(bytes, 0), counter: readUint64(bytes, EPOCH_BYTES) };
}
