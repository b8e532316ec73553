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
    const frame = asBuffer(data);
    super(frame);
    this.frame = frame;
  }

  /** What cannot be read comes out as a sign of its own: only a text that has it may not be valid. */
  override string(): string {
    const length = this.uint32();
    const start = this.pos;
    this.skip(length);
    const text = this.frame.toString('utf8', start, this.pos);
    if (text.includes(REPLACEMENT) && !isUtf8(this.frame.subarray(start, this.pos)))
      throw new ParleyError('malformed_frame', { sentence: 'A string is not valid UTF-8.' });
    return text;
  }
}

/** U+FFFD, which a text may hold, and which stands for what is not UTF-8. */
const REPLACEMENT = '\ufffd';

/** The same memory, not a copy. */
function asBuffer(data: Uint8Array): Buffer {
  return Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function strictText(data: Uint8Array): string {
  if (!isUtf8(data)) throw new ParleyError('malformed_frame', { sentence: 'The frame is not valid UTF-8.' });
  return asBuffer(data).toString('utf8');
}

const CODECS: Record<Subprotocol, ServerCodec> = {
  'parley.v1.protobuf': protobufCodec((data) => new StrictReader(data)),
  'parley.v1.json': jsonCodec(strictText, checkClientFrameTypes),
};

export function serverCodec(subprotocol: Subprotocol): ServerCodec {
  return CODECS[subprotocol];
}
