/** Envelopes to payloads of the bus and back (proto/bus.proto). */
import { ParleyError } from '../core/errors.js';
import { askOf, encodeActorEnvelope, tellOf } from './bus/actor-envelopes.js';
import { encodeClusterEnvelope, heartbeatOf, ownerOf, releasedOf, releaseRequestOf } from './bus/cluster-envelopes.js';
import {
  answerOf,
  encodeEdgeEnvelope,
  fanoutOf,
  pushOf,
  refusalOf,
  sessionEndOf,
  sessionEventOf,
} from './bus/edge-envelopes.js';
import { bus } from './bus/parts.js';
import { type BusEnvelope, isActorEnvelope, isClusterEnvelope } from './bus-messages.js';
import { Writer } from './wire.js';

/** Batch.envelopes: field 1, length-delimited. Its tag, and the longest length, as bytes. */
const ENVELOPE_TAG = (1 << 3) | 2;
const ENVELOPE_OVERHEAD_BYTES = 6;

function encodeEnvelope(envelope: BusEnvelope): Uint8Array {
  return bus.Envelope.encode(messageOf(envelope)).finish();
}

function messageOf(envelope: BusEnvelope): bus.IEnvelope {
  if (isActorEnvelope(envelope)) return encodeActorEnvelope(envelope);
  return isClusterEnvelope(envelope) ? encodeClusterEnvelope(envelope) : encodeEdgeEnvelope(envelope);
}

/**
 * Payloads that hold the envelopes in their order, as few as fit `payloadBytesMax` each. Throws `frame_too_large` when
 * one envelope alone does not fit.
 */
export function encodeEnvelopes(envelopes: readonly BusEnvelope[], payloadBytesMax: number): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  let writer = Writer.create();
  let bytes = 0;
  for (const envelope of envelopes) {
    const encoded = encodeEnvelope(envelope);
    const size = encoded.length + ENVELOPE_OVERHEAD_BYTES;
    if (size > payloadBytesMax) {
      throw new ParleyError('frame_too_large', {
        sentence: `An envelope (${envelope.type}) is too large for the bus.`,
      });
    }
    if (bytes + size > payloadBytesMax) {
      payloads.push(writer.finish());
      writer = Writer.create();
      bytes = 0;
    }
    writer.uint32(ENVELOPE_TAG).bytes(encoded);
    bytes += size;
  }
  if (bytes > 0) payloads.push(writer.finish());
  return payloads;
}

/**
 * The envelopes of a payload, in order; those of a later version are left out. The payload may be used again
 * afterwards: nothing refers to it. Throws `malformed_frame`.
 */
export function decodeEnvelopes(payload: Uint8Array): BusEnvelope[] {
  try {
    return bus.Batch.decode(payload).envelopes.flatMap((envelope) => envelopeOf(envelope as bus.Envelope) ?? []);
  } catch (cause) {
    throw new ParleyError('malformed_frame', { sentence: 'A payload of the bus could not be decoded.', cause });
  }
}

function envelopeOf(envelope: bus.Envelope): BusEnvelope | undefined {
  switch (envelope.body) {
    case 'ask':
      return askOf(envelope.ask as bus.Ask);
    case 'tell':
      return tellOf(envelope.tell as bus.Tell);
    case 'answer':
      return answerOf(envelope.answer as bus.Answer);
    case 'refusal':
      return refusalOf(envelope.refusal as bus.Refusal);
    case 'push':
      return pushOf(envelope.push as bus.Push);
    case 'sessionEvent':
      return sessionEventOf(envelope.sessionEvent as bus.SessionEvent);
    case 'fanoutInterest': {
      const { sessionId, add, remove } = envelope.fanoutInterest as bus.FanoutInterest;
      return { type: 'fanout_interest', sessionId, add, remove };
    }
    case 'sessionEnd':
      return sessionEndOf(envelope.sessionEnd as bus.SessionEnd);
    case 'fanout':
      return fanoutOf(envelope.fanout as bus.Fanout);
    case 'heartbeat':
      return heartbeatOf(envelope.heartbeat as bus.Heartbeat);
    case 'owner':
      return ownerOf(envelope.owner as bus.Owner);
    case 'releaseRequest':
      return releaseRequestOf(envelope.releaseRequest as bus.ReleaseRequest);
    case 'released':
      return releasedOf(envelope.released as bus.Released);
    default:
      return undefined;
  }
}
