/**
 * A writer for the generated code that puts each byte where it belongs at once. The library's own makes an object for each
 * tag, length and value, and goes through them at the end. For servers: whoever imports this has every message of the
 * process written so.
 */
import { Buffer } from 'node:buffer';
import type Long from 'long';
import protobuf from 'protobufjs/minimal.js';

/** As much as Node's own pool of small buffers has: a message that is kept keeps its neighbours' memory, too. */
const SLAB_BYTES = 8 * 1024;
const VARINT_BYTES_MAX = 10;
/** UTF-16 units of a text whose length takes one byte whatever they are; by a loop it is written faster than by native code. */
const SHORT_TEXT = 42;

/** One that is finished, for the next message. */
let spare: DirectWriter | undefined;

/** What the generated code calls of a writer. A schema with a type of number that is not here fails when it is first encoded. */
export class DirectWriter {
  /** Messages lie in it one behind another. What is before `begin` was given out, and is never written again. */
  private slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  private begin = 0;
  private at = 0;
  /** Where the messages inside this one start, counted from `begin`, the outermost first: with a byte for their length. */
  private readonly starts: number[] = [];
  /** How many of them are being written: a list that is emptied would give its memory up. */
  private depth = 0;

  static create(): DirectWriter {
    const writer = spare ?? new DirectWriter();
    spare = undefined;
    return writer;
  }

  uint32(value: number): this {
    this.reserve(VARINT_BYTES_MAX);
    this.varint(value >>> 0);
    return this;
  }

  int32(value: number): this {
    this.reserve(VARINT_BYTES_MAX);
    if (value < 0) this.varint64(value >>> 0, 0xffffffff);
    else this.varint(value);
    return this;
  }

  uint64(value: Long | number): this {
    this.reserve(VARINT_BYTES_MAX);
    const { low, high } = halves(value);
    this.varint64(low >>> 0, high >>> 0);
    return this;
  }

  fixed64(value: Long | number): this {
    this.reserve(8);
    const { low, high } = halves(value);
    this.slab.writeInt32LE(low, this.at);
    this.at = this.slab.writeInt32LE(high, this.at + 4);
    return this;
  }

  double(value: number): this {
    this.reserve(8);
    this.at = this.slab.writeDoubleLE(value, this.at);
    return this;
  }

  bool(value: boolean): this {
    this.reserve(1);
    this.slab[this.at++] = value ? 1 : 0;
    return this;
  }

  bytes(value: Uint8Array): this {
    this.reserve(VARINT_BYTES_MAX + value.length);
    this.varint(value.length);
    this.slab.set(value, this.at);
    this.at += value.length;
    return this;
  }

  string(value: string): this {
    this.reserve(VARINT_BYTES_MAX + 3 * value.length);
    if (value.length <= SHORT_TEXT) {
      const length = this.shortText(value, this.at + 1);
      this.slab[this.at] = length;
      this.at += 1 + length;
    } else {
      this.varint(Buffer.byteLength(value));
      this.at += this.slab.write(value, this.at);
    }
    return this;
  }

  /** What follows is a message inside this one, until `ldelim`. */
  fork(): this {
    this.reserve(1);
    this.starts[this.depth++] = this.at - this.begin;
    this.at++;
    return this;
  }

  ldelim(): this {
    const start = this.starts[--this.depth] ?? 0;
    const length = this.at - this.begin - start - 1;
    const more = lengthOfVarint(length) - 1;
    if (more > 0) {
      this.reserve(more);
      this.slab.copyWithin(this.at - length + more, this.at - length, this.at);
    }
    this.at = this.begin + start;
    this.varint(length);
    this.at += length;
    return this;
  }

  /** The bytes, which nobody else has or gets. Nothing is written with this writer afterwards. */
  finish(): Uint8Array {
    const written = this.slab.subarray(this.begin, this.at);
    // One that outgrew the slab has memory of its own, about twice what it takes.
    if (this.slab.length > SLAB_BYTES) return Buffer.from(written);
    this.begin = this.at;
    spare = this;
    return written;
  }

  /** What does not fit into the rest of the slab moves on, into the next one or memory of its own. */
  private reserve(bytes: number): void {
    if (this.at + bytes <= this.slab.length) return;
    const size = this.at - this.begin;
    const needed = size + bytes;
    const next = Buffer.allocUnsafeSlow(needed <= SLAB_BYTES ? SLAB_BYTES : 2 * needed);
    this.slab.copy(next, 0, this.begin, this.at);
    this.slab = next;
    this.begin = 0;
    this.at = size;
  }

  private varint(value: number): void {
    const { slab } = this;
    let rest = value;
    while (rest > 127) {
      slab[this.at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    slab[this.at++] = rest;
  }

  private varint64(low: number, high: number): void {
    const { slab } = this;
    let lower = low;
    let upper = high;
    while (upper > 0) {
      slab[this.at++] = (lower & 127) | 128;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    this.varint(lower);
  }

  /** Writes it from `at` on; returns how many bytes that took. */
  private shortText(value: string, at: number): number {
    const { slab } = this;
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 127) return slab.write(value, at);
      slab[at + index] = unit;
    }
    return value.length;
  }
}

const lengthOfVarint = (value: number): number =>
  value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : value < 268_435_456 ? 4 : 5;

function halves(value: Long | number): { readonly low: number; readonly high: number } {
  if (typeof value === 'object') return value;
  const { lo, hi } = protobuf.util.LongBits.from(value);
  return { low: lo | 0, high: hi | 0 };
}

protobuf.Writer.create = () => DirectWriter.create() as unknown as protobuf.Writer;
