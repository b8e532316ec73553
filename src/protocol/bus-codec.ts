/** Envelopes to payloads of the bus and back (proto/bus.proto). */
import './direct-writer.js';
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
import {
  encodeOperationsEnvelope,
  operationsAnswerOf,
  operationsAskOf,
  operationsEventOf,
  operationsFarewellOf,
  operationsRefusalOf,
} from './bus/operations-envelopes.js';
import { bus } from './bus/parts.js';
import { encodePushEnvelope, pushJobOf, pushReadOf } from './bus/push-envelopes.js';
import { tracedBy, tracesOf } from './bus/traces.js';
import {
  type BusEnvelope,
  isActorEnvelope,
  isClusterEnvelope,
  isOperationsEnvelope,
  isPushEnvelope,
} from './bus-messages.js';
import { Writer } from './wire.js';

/** The tag of Batch.envelopes: field 1, length-delimited. */
const ENVELOPE_TAG = (1 << 3) | 2;

/** A batch of one. Batches may be joined: their bytes, one after the other, are a batch of all their envelopes. */
function encodeEnvelope(envelope: BusEnvelope): Uint8Array {
  const message = messageOf(envelope);
  const traces = tracesOf(envelope);
  if (traces !== undefined) message.traces = traces;
  return bus.Envelope.encode(message, Writer.create().uint32(ENVELOPE_TAG).fork()).ldelim().finish();
}

/** One after the other, in one buffer. */
export function joinBatches(batches: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = batches;
  if (batches.length === 1 && only !== undefined) return only;
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const batch of batches) {
    joined.set(batch, at);
    at += batch.length;
  }
  return joined;
}

function messageOf(envelope: BusEnvelope): bus.IEnvelope {
  if (isActorEnvelope(envelope)) return encodeActorEnvelope(envelope);
  if (isOperationsEnvelope(envelope)) return encodeOperationsEnvelope(envelope);
  if (isPushEnvelope(envelope)) return encodePushEnvelope(envelope);
  return isClusterEnvelope(envelope) ? encodeClusterEnvelope(envelope) : encodeEdgeEnvelope(envelope);
}

/**
 * Payloads that hold the envelopes in their order, as few as fit `payloadBytesMax` each. Throws `frame_too_large` when
 * one envelope alone does not fit. Payloads may be joined: see `joinBatches`.
 */
export function encodeEnvelopes(envelopes: readonly BusEnvelope[], payloadBytesMax: number): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for (const envelope of envelopes) {
    const encoded = encodeEnvelope(envelope);
    if (encoded.length > payloadBytesMax) throw tooLarge(envelope.type, encoded.length);
    if (bytes + encoded.length > payloadBytesMax) {
      payloads.push(joinBatches(waiting, bytes));
      waiting = [];
      bytes = 0;
    }
    waiting.push(encoded);
    bytes += encoded.length;
  }
  if (bytes > 0) payloads.push(joinBatches(waiting, bytes));
  return payloads;
}

function tooLarge(what: string, bytes: number): ParleyError {
  return new ParleyError('frame_too_large', {
    sentence: `An envelope (${what}, ${bytes} bytes) is too large for the bus.`,
  });
}

/**
 * The envelopes of a payload, in order; those of a later version are left out. The payload may be used again
 * afterwards: nothing refers to it. Throws `malformed_frame`.
 */
export function decodeEnvelopes(payload: Uint8Array): BusEnvelope[] {
  try {
    return bus.Batch.decode(payload).envelopes.flatMap((message) => {
      const envelope = envelopeOf(message as bus.Envelope);
      if (envelope === undefined) return [];
      return message.traces?.length ? tracedBy(envelope, message.traces) : envelope;
    });
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
      const { sessionId, add, seqs, remove } = envelope.fanoutInterest as bus.FanoutInterest;
      return { type: 'fanout_interest', sessionId, add, seqs, remove };
    }
    case 'sessionEnd':
      return sessionEndOf(envelope.sessionEnd as bus.SessionEnd);
    case 'sessionAdopted':
      return { type: 'session_adopted', sessionId: (envelope.sessionAdopted as bus.SessionAdopted).sessionId };
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
    case 'operationsAsk':
      return operationsAskOf(envelope.operationsAsk as bus.OperationsAsk);
    case 'operationsAnswer':
      return operationsAnswerOf(envelope.operationsAnswer as bus.OperationsAnswer);
    case 'operationsRefusal':
      return operationsRefusalOf(envelope.operationsRefusal as bus.OperationsRefusal);
    case 'operationsEvent':
      return operationsEventOf(envelope.operationsEvent as bus.OperationsEvent);
    case 'operationsFarewell':
      return operationsFarewellOf(envelope.operationsFarewell as bus.OperationsFarewell);
    case 'pushJob':
      return pushJobOf(envelope.pushJob as bus.PushJob);
    case 'pushRead':
      return pushReadOf(envelope.pushRead as bus.PushRead);
    default:
      return undefined;
  }
}
