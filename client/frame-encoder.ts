import { FRAME_BYTES_MAX } from '../src/core/client-bounds.js';
import { ParleyError } from '../src/core/errors.js';
import { encodeClientFrame, encodeClientFrameJson } from '../src/protocol/codec.js';
import type { Subprotocol } from '../src/protocol/version.js';
import type { v1 } from '../src/protocol/wire.js';

/**
 * A frame's bytes or text. Throws what the server would refuse without being able to say of which request, so that nothing
 * waits for an answer, and nothing is repeated for ever: `invalid_argument` for a field of another type or half of a
 * surrogate pair, `frame_too_large`. The server may tell another bound than the usual one.
 */
export function encodeFrame(
  frame: v1.IClientFrame,
  subprotocol: Subprotocol,
  bytesMax = FRAME_BYTES_MAX,
): Uint8Array | string {
  const encoded = encode(frame, subprotocol);
  const bytes = typeof encoded === 'string' ? new TextEncoder().encode(encoded) : encoded;
  if (bytes.length > bytesMax) throw new ParleyError('frame_too_large');
  return encoded;
}

function encode(frame: v1.IClientFrame, subprotocol: Subprotocol): Uint8Array | string {
  try {
    checkTexts(frame);
    return subprotocol === 'parley.v1.protobuf' ? encodeClientFrame(frame) : encodeClientFrameJson(frame);
  } catch (cause) {
    if (cause instanceof ParleyError) throw cause;
    throw new ParleyError('invalid_argument', {
      sentence: 'A field is of another type than the protocol says.',
      cause,
    });
  }
}

function checkTexts(value: unknown): void {
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value))
      throw new ParleyError('invalid_argument', { sentence: 'A text holds half of a surrogate pair.' });
  } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(checkTexts);
}
