/**
 * A writer for the generated code that puts each byte where it belongs at once. The library's own makes an object for each
 * tag, length and value, and goes through them at the end. For servers: whoever imports this has every message of the
 * process written so.
 */
import { Buffer } from 'node:buffer';
import type Long from 'long';
import protobuf from 'protobufjs/minimal.js';

const SCRATCH_BYTES = 16 * 1024;
/** A scratch that grew beyond this is not kept for the next message. */
const SCRATCH_KEPT_BYTES = 1024 * 1024;
const VARINT_BYTES_MAX = 10;
/** UTF-16 units of a text whose length takes one byte whatever they are; by a loop it is written faster than by native code. */
const SHORT_TEXT = 42;

/** One that is finished, for the next message. */
let spare: DirectWriter | undefined;

/** What the generated code calls of a writer. A schema with a type of number that is not here fails when it is first encoded. */
export class DirectWriter {
  private scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  private at = 0;
  /** Where the messages begin that are being written, the outermost first: with a byte for their length. */
  private readonly starts: number[] = [];

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
    this.scratch.writeInt32LE(low, this.at);
    this.at = this.scratch.writeInt32LE(high, this.at + 4);
    return this;
  }

  double(value: number): this {
    this.reserve(8);
    this.at = this.scratch.writeDoubleLE(value, this.at);
    return this;
  }

  bool(value: boolean): this {
    this.reserve(1);
    this.scratch[this.at++] = value ? 1 : 0;
    return this;
  }

  bytes(value: Uint8Array): this {
    this.reserve(VARINT_BYTES_MAX + value.length);
    this.varint(value.length);
    this.scratch.set(value, this.at);
    this.at += value.length;
    return this;
  }

  string(value: string): this {
    this.reserve(VARINT_BYTES_MAX + 3 * value.length);
    if (value.length <= SHORT_TEXT) {
      const length = this.shortText(value, this.at + 1);
      this.scratch[this.at] = length;
      this.at += 1 + length;
    } else {
      this.varint(Buffer.byteLength(value));
      this.at += this.scratch.write(value, this.at);
    }
    return this;
  }

  /** What follows is a message inside this one, until `ldelim`. */
  fork(): this {
    this.reserve(1);
    this.starts.push(this.at);
    this.at++;
    return this;
  }

  ldelim(): this {
    const start = this.starts.pop() ?? 0;
    const length = this.at - start - 1;
    const more = lengthOfVarint(length) - 1;
    if (more > 0) {
      this.reserve(more);
      this.scratch.copyWithin(start + 1 + more, start + 1, this.at);
    }
    this.at = start;
    this.varint(length);
    this.at += length;
    return this;
  }

  /** The bytes, as a copy. Nothing is written with this writer afterwards. */
  finish(): Uint8Array {
    const written = Buffer.allocUnsafe(this.at);
    this.scratch.copy(written, 0, 0, this.at);
    this.at = 0;
    this.starts.length = 0;
    if (this.scratch.length <= SCRATCH_KEPT_BYTES) spare = this;
    return written;
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.scratch.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.at + bytes));
    this.scratch.copy(larger, 0, 0, this.at);
    this.scratch = larger;
  }

  private varint(value: number): void {
    const { scratch } = this;
    let rest = value;
    while (rest > 127) {
      scratch[this.at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    scratch[this.at++] = rest;
  }

  private varint64(low: number, high: number): void {
    const { scratch } = this;
    let lower = low;
    let upper = high;
    while (upper > 0) {
      scratch[this.at++] = (lower & 127) | 128;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    this.varint(lower);
  }

  /** Writes it from `at` on; returns how many bytes that took. */
  private shortText(value: string, at: number): number {
    const { scratch } = this;
    for (let index = 0; index < value.length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 127) return scratch.write(value, at);
      scratch[at + index] = unit;
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
