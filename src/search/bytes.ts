/** Characters of a text up to which a loop is faster than a call of the runtime; its length is one byte. */
const SHORT = 24;

/** How many bytes a number takes. */
export function bytesOfNumber(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes++;
  return bytes;
}

/** Bytes that grow, and numbers of one to five bytes in them (LEB128, unsigned, below 2^32). */
export class ByteWriter {
  private buffer = Buffer.allocUnsafe(1024);
  length = 0;

  number(value: number): void {
    this.reserve(5);
    let rest = value;
    while (rest > 127) {
      this.buffer[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.buffer[this.length++] = rest;
  }

  text(text: string): void {
    if (text.length <= SHORT && this.shortAscii(text)) return;
    const bytes = Buffer.byteLength(text);
    this.number(bytes);
    this.reserve(bytes);
    this.length += this.buffer.write(text, this.length);
  }

  /** A short word is written sooner than the encoder is called. False, and nothing written, where it is not ASCII. */
  private shortAscii(text: string): boolean {
    this.reserve(SHORT + 1);
    const { buffer } = this;
    let at = this.length;
    buffer[at++] = text.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      buffer[at++] = code;
    }
    this.length = at;
    return true;
  }

  /** A copy of what was written; the writer is empty after it. */
  take(): Uint8Array {
    const taken = new Uint8Array(this.buffer.subarray(0, this.length));
    this.length = 0;
    return taken;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + more));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}

export class ByteReader {
  at = 0;
  private readonly buffer: Buffer;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.at >= this.buffer.length;
  }

  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.buffer[this.at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }

  text(): string {
    const bytes = this.number();
    this.at += bytes;
    return this.buffer.toString('utf8', this.at - bytes, this.at);
  }
}
