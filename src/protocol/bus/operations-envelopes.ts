/** Envelopes between the admin service and every process; they carry the messages of admin.proto as bytes. */
import { ERRORS, type ErrorName, unreachable } from '../../core/errors.js';
import type { OperationsEnvelope } from '../bus-messages.js';
import { v1 as admin } from '../generated/admin.js';
import type { bus } from './parts.js';

export function encodeOperationsEnvelope(envelope: OperationsEnvelope): bus.IEnvelope {
  switch (envelope.type) {
    case 'operations_ask': {
      const { replyTo, correlation, question } = envelope;
      return { operationsAsk: { replyTo, correlation, question: admin.Question.encode(question).finish() } };
    }
    case 'operations_answer': {
      const { correlation, incarnation, answer } = envelope;
      return { operationsAnswer: { correlation, incarnation, answer: admin.Answer.encode(answer).finish() } };
    }
    case 'operations_refusal': {
      const { correlation, incarnation, error, sentence } = envelope;
      return { operationsRefusal: { correlation, incarnation, error, sentence } };
    }
    case 'operations_event':
      return { operationsEvent: { event: admin.ClusterEvent.encode(envelope.event).finish() } };
    case 'operations_farewell':
      return { operationsFarewell: { incarnation: envelope.incarnation } };
    default:
      return unreachable(envelope);
  }
}

export function operationsAskOf({ replyTo, correlation, question }: bus.OperationsAsk): OperationsEnvelope {
  return { type: 'operations_ask', replyTo, correlation, question: admin.Question.decode(question) };
}

export function operationsAnswerOf({ correlation, incarnation, answer }: bus.OperationsAnswer): OperationsEnvelope {
  return { type: 'operations_answer', correlation, incarnation, answer: admin.Answer.decode(answer) };
}

export function operationsEventOf({ event }: bus.OperationsEvent): OperationsEnvelope {
  return { type: 'operations_event', event: admin.ClusterEvent.decode(event) };
}

export function operationsFarewellOf({ incarnation }: bus.OperationsFarewell): OperationsEnvelope {
  return { type: 'operations_farewell', incarnation };
}

export function operationsRefusalOf(refusal: bus.OperationsRefusal): OperationsEnvelope {
  const { correlation, incarnation, error, sentence } = refusal;
  const known = Object.hasOwn(ERRORS, error) ? (error as ErrorName) : 'internal';
  return { type: 'operations_refusal', correlation, incarnation, error: known, sentence };
}
