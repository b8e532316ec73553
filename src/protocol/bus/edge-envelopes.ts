/** Envelopes to a gateway, or to whoever asked. */
import { ERRORS, type ErrorName, unreachable } from '../../core/errors.js';
import type { ActorAnswer, EdgeEnvelope, LogPage } from '../bus-messages.js';
import type { Answer, SessionEvent } from '../frames.js';
import { v1 } from '../wire.js';
import { encodeMessageState, messageStateOf } from './message-state.js';
import { type bus, cursorOf, deliveryOf, encodeDelivery, encodeServerBody, eventOf, serverBodyOf } from './parts.js';

type SessionEnd = Extract<EdgeEnvelope, { type: 'session_end' }>;
const END_REASONS: readonly string[] = [
  'session_revoked',
  'owner_changed',
  'session_superseded',
] satisfies SessionEnd['reason'][];

export function encodeEdgeEnvelope(envelope: EdgeEnvelope): bus.IEnvelope {
  switch (envelope.type) {
    case 'answer':
      return { answer: { correlation: envelope.correlation, ...encodeAnswer(envelope.answer) } };
    case 'refusal': {
      const { correlation, error, sentence, retryAfterMs } = envelope;
      return { refusal: { correlation, error, sentence, retryAfterMs } };
    }
    case 'push': {
      const { sessionId, epoch, afterSeq, sharedUpTo, ownFrom, items, confirmNow } = envelope;
      const position = { term: epoch.term, sub: epoch.sub, afterSeq, sharedUpTo, ownFrom };
      return { push: { sessionId, ...position, items: items.map(encodeDelivery), confirmNow } };
    }
    case 'session_event':
      return { sessionEvent: { sessionId: envelope.sessionId, frame: encodeServerBody(envelope.event) } };
    case 'fanout_interest': {
      const { sessionId, add, seqs, remove } = envelope;
      return { fanoutInterest: { sessionId, add: [...add], seqs: [...seqs], remove: [...remove] } };
    }
    case 'session_end':
      return { sessionEnd: { sessionId: envelope.sessionId, reason: envelope.reason } };
    case 'session_adopted':
      return { sessionAdopted: { sessionId: envelope.sessionId } };
    case 'fanout': {
      const { channelId, head, events } = envelope.events;
      return { fanout: { channelId, head, events: events.map((event) => event.bytes) } };
    }
    default:
      return unreachable(envelope);
  }
}

function encodeAnswer(answer: ActorAnswer): bus.IAnswer {
  if (answer.type === 'session_opened') {
    const { cursor, fanoutChannels } = answer.value;
    return { sessionOpened: { cursor, fanoutChannels: [...fanoutChannels] } };
  }
  if (answer.type === 'log_page') return { logPage: encodeLogPage(answer.value) };
  if (answer.type === 'forgotten') return { forgotten: { ...answer.value, notLeft: [...answer.value.notLeft] } };
  if (answer.type === 'message_state') return { messageState: encodeMessageState(answer.value) };
  if (answer.type !== 'inbox_page') return { frame: encodeServerBody(answer) };
  const { items, cursor, more, limited } = answer.value;
  return {
    inboxPage: {
      items: items.map(encodeDelivery),
      cursor,
      more,
      ...(limited === undefined ? {} : { limited: v1.Limited.encode(limited).finish() }),
    },
  };
}

function encodeLogPage({ rows, ...page }: LogPage): bus.ILogPage {
  return {
    ...page,
    seqs: rows.map(({ seq }) => seq),
    events: rows.map(({ event }) => (event === undefined ? new Uint8Array(0) : v1.Event.encode(event).finish())),
  };
}

// ---- and back: undefined for what is of a later version ---------------------------------------------------------------

export function answerOf(message: bus.Answer): EdgeEnvelope | undefined {
  const answer = actorAnswerOf(message);
  return answer && { type: 'answer', correlation: message.correlation, answer };
}

function actorAnswerOf(message: bus.Answer): ActorAnswer | undefined {
  switch (message.answer) {
    case 'frame':
      return serverBodyOf<Answer>(message.frame);
    case 'sessionOpened': {
      const { cursor, fanoutChannels } = message.sessionOpened as bus.SessionOpened;
      return { type: 'session_opened', value: { cursor: cursorOf(cursor), fanoutChannels } };
    }
    case 'inboxPage':
      return { type: 'inbox_page', value: inboxPageOf(message.inboxPage as bus.InboxPage) };
    case 'logPage':
      return { type: 'log_page', value: logPageOf(message.logPage as bus.LogPage) };
    case 'forgotten': {
      const { done, notLeft } = message.forgotten as bus.Forgotten;
      return { type: 'forgotten', value: { done, notLeft } };
    }
    case 'messageState':
      return { type: 'message_state', value: messageStateOf(message.messageState as bus.MessageState) };
    default:
      return undefined;
  }
}

function logPageOf({ head, floor, nextSeq, seqs, events, owedFrom, keepsNothing }: bus.LogPage): LogPage {
  const rows = seqs.map((seq, at) => {
    const bytes = events[at] ?? new Uint8Array(0);
    return { seq, event: bytes.length === 0 ? undefined : v1.Event.decode(bytes) };
  });
  return { head, floor, nextSeq, rows, owedFrom, ...(keepsNothing ? { keepsNothing } : {}) };
}

function inboxPageOf({ items, cursor, more, limited }: bus.InboxPage) {
  return {
    items: items.map(deliveryOf),
    cursor: cursorOf(cursor),
    more,
    limited: limited ? v1.Limited.decode(limited) : undefined,
  };
}

/** An error that is not known here is still an error: it comes as `internal`, with its own sentence. */
export function refusalOf({ correlation, error, sentence, retryAfterMs }: bus.Refusal): EdgeEnvelope {
  const known = Object.hasOwn(ERRORS, error) ? (error as ErrorName) : 'internal';
  return { type: 'refusal', correlation, error: known, sentence, retryAfterMs };
}

export function pushOf(push: bus.Push): EdgeEnvelope {
  const { sessionId, term, sub, afterSeq, sharedUpTo, ownFrom, items, confirmNow } = push;
  const epoch = { term, sub };
  return { type: 'push', sessionId, epoch, afterSeq, sharedUpTo, ownFrom, items: items.map(deliveryOf), confirmNow };
}

export function sessionEventOf({ sessionId, frame }: bus.SessionEvent): EdgeEnvelope | undefined {
  const event = serverBodyOf<SessionEvent>(frame);
  return event && { type: 'session_event', sessionId, event };
}

export function sessionEndOf({ sessionId, reason }: bus.SessionEnd): EdgeEnvelope | undefined {
  return END_REASONS.includes(reason)
    ? { type: 'session_end', sessionId, reason: reason as SessionEnd['reason'] }
    : undefined;
}

export function fanoutOf({ channelId, head, events }: bus.Fanout): EdgeEnvelope {
  return { type: 'fanout', events: { channelId, head, events: events.map(eventOf) } };
}
