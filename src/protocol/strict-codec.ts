/** The server's codecs: what they decode is valid UTF-8, and of the types that the schema says. */
import './direct-writer.js';
import { isUtf8 } from 'node:buffer';
import { ParleyError } from '../core/errors.js';
import { jsonCodec, protobufCodec, type ServerCodec } from './codec.js';
import { checkClientFrameTypes } from './json-types.js';
import type { Subprotocol } from './version.js';
import { Reader } from './wire.js';

/** A protobuf reader that refuses strings that are not UTF-8, instead of replacing what it cannot read. */
class StrictReader extends Reader {
  private readonly frame: Buffer;

  constructor(data: Uint8Array) {
    const frame = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    super(frame);
    this.frame = frame;
  }

  /** ASCII, which is valid, is told by a loop: a view of the bytes would cost more than they do. */
  override string(): string {
    const length = this.uint32();
    const start = this.pos;
    this.skip(length);
    if (isAscii(this.frame, start, this.pos)) return this.frame.toString('latin1', start, this.pos);
    if (!isUtf8(this.frame.subarray(start, this.pos)))
      throw new ParleyError('malformed_frame', { sentence: 'A string is not valid UTF-8.' });
    return this.frame.toString('utf8', start, this.pos);
  }
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) > 127) return false;
  return true;
}

function strictText(data: Uint8Array): string {
  if (!isUtf8(data)) throw new ParleyError('malformed_frame', { sentence: 'The frame is not valid UTF-8.' });
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
}

const CODECS: Record<Subprotocol, ServerCodec> = {
  'parley.v1.protobuf': protobufCodec((data) => new StrictReader(data)),
  'parley.v1.json': jsonCodec(strictText, checkClientFrameTypes),
};

export function serverCodec(subprotocol: Subprotocol): ServerCodec {
  return CODECS[subprotocol];
}
