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
  override string(): string {
    const bytes = this.bytes();
    if (!isUtf8(bytes)) throw new ParleyError('malformed_frame', { sentence: 'A string is not valid UTF-8.' });
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }
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
