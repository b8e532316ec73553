/**
 * The trace contexts of an envelope, beside its body: of the ask itself, or of the events that it carries, by their places.
 * An envelope of which nothing is sampled has none, and costs a look at each event.
 */
import type { TraceContext } from '../../core/trace.js';
import type { BusEnvelope } from '../bus-messages.js';
import type { EncodedEvent } from '../encoded-event.js';
import type { Delivery } from '../frames.js';
import type { bus } from './parts.js';

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

function messageOf({ traceId, spanId }: TraceContext, event: number): bus.ITraceContext {
  return { traceId: Buffer.from(traceId, 'hex'), spanId: Buffer.from(spanId, 'hex'), event };
}

/** Undefined when nothing is sampled. */
export function tracesOf(envelope: BusEnvelope): bus.ITraceContext[] | undefined {
  switch (envelope.type) {
    case 'ask':
      return envelope.trace && [messageOf(envelope.trace, 0)];
    case 'tell': {
      const trace = envelope.notice.type === 'deliver' ? envelope.notice.event.trace : undefined;
      return trace && [messageOf(trace, 0)];
    }
    case 'push':
      return ofDeliveries(envelope.items);
    case 'fanout':
      return ofEvents(envelope.events.events);
    case 'answer':
      return envelope.answer.type === 'inbox_page' ? ofDeliveries(envelope.answer.value.items) : undefined;
    default:
      return undefined;
  }
}

function ofDeliveries(items: readonly Delivery[]): bus.ITraceContext[] | undefined {
  let traces: bus.ITraceContext[] | undefined;
  for (let at = 0; at < items.length; at++) {
    const trace = items[at]?.event?.trace;
    if (trace === undefined) continue;
    traces ??= [];
    traces.push(messageOf(trace, at));
  }
  return traces;
}

function ofEvents(events: readonly EncodedEvent[]): bus.ITraceContext[] | undefined {
  let traces: bus.ITraceContext[] | undefined;
  for (let at = 0; at < events.length; at++) {
    const trace = events[at]?.trace;
    if (trace === undefined) continue;
    traces ??= [];
    traces.push(messageOf(trace, at));
  }
  return traces;
}

/** The envelope with the contexts that came beside it; what is no context is left out. */
export function tracedBy(envelope: BusEnvelope, traces: readonly bus.ITraceContext[]): BusEnvelope {
  const contexts = contextsOf(traces);
  const ofEvent = <Event extends EncodedEvent | undefined>(event: Event, at: number): Event =>
    (contexts.has(at) ? event?.tracedBy(contexts.get(at)) : event) as Event;
  const ofItem = (item: Delivery, at: number): Delivery => ({ ...item, event: ofEvent(item.event, at) });
  switch (envelope.type) {
    case 'ask':
      return { ...envelope, trace: contexts.get(0) };
    case 'tell': {
      const { notice } = envelope;
      return notice.type === 'deliver'
        ? { ...envelope, notice: { ...notice, event: ofEvent(notice.event, 0) } }
        : envelope;
    }
    case 'push':
      return { ...envelope, items: envelope.items.map(ofItem) };
    case 'fanout':
      return { ...envelope, events: { ...envelope.events, events: envelope.events.events.map(ofEvent) } };
    case 'answer': {
      const { answer } = envelope;
      if (answer.type !== 'inbox_page') return envelope;
      return { ...envelope, answer: { ...answer, value: { ...answer.value, items: answer.value.items.map(ofItem) } } };
    }
    default:
      return envelope;
  }
}

function contextsOf(traces: readonly bus.ITraceContext[]): Map<number, TraceContext> {
  const contexts = new Map<number, TraceContext>();
  for (const { traceId, spanId, event } of traces) {
    if (traceId?.length !== TRACE_ID_BYTES || spanId?.length !== SPAN_ID_BYTES) continue;
    contexts.set(event ?? 0, {
      traceId: Buffer.from(traceId).toString('hex'),
      spanId: Buffer.from(spanId).toString('hex'),
    });
  }
  return contexts;
}
