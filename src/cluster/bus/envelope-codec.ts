import { decodeEnvelopes, encodeEnvelopes } from '../../protocol/bus-codec.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';

/** How a bus turns envelopes into payloads and back. */
export interface EnvelopeCodec<Envelope> {
  /**
   * Payloads in the envelopes' order; of one envelope it is one. Payloads may be joined: their bytes, one after the other,
   * are a payload of all their envelopes. Throws a ParleyError when they cannot be carried: then none are.
   */
  encode(envelopes: readonly Envelope[]): readonly Uint8Array[];
  decode(payload: Uint8Array): readonly Envelope[];
}

/** Parley's own envelopes, in payloads of at most `payloadBytesMax`. */
export function busEnvelopeCodec(payloadBytesMax: number): EnvelopeCodec<BusEnvelope> {
  return { encode: (envelopes) => encodeEnvelopes(envelopes, payloadBytesMax), decode: decodeEnvelopes };
}
