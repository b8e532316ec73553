/** Traced envelopes as they come to an actor and leave it. Everything else passes as it is. */
import { userOf } from '../core/ids.js';
import type { Tracing } from '../core/trace.js';
import type { ActorEnvelope } from '../protocol/bus-messages.js';
import type { Ask } from './actor-host.js';

/** The envelope with the spans of its time here. */
export function arrived(tracing: Tracing, envelope: ActorEnvelope): ActorEnvelope {
  if (envelope.type === 'ask') {
    if (envelope.trace === undefined) return envelope;
    const span = tracing.begin(envelope.trace, 'actor', envelope.actor);
    return { ...envelope, arrival: { span, mailbox: span.child('mailbox', envelope.actor) } };
  }
  if (envelope.notice.type !== 'deliver' || envelope.notice.event.trace === undefined) return envelope;
  const span = tracing.begin(envelope.notice.event.trace, 'inbox', userOf(envelope.actor) ?? envelope.actor);
  return { ...envelope, arrival: { span, mailbox: span.child('mailbox', envelope.actor) } };
}

/** An ask that another actor answers: that one's time is a part of this one's. */
export function left(ask: Ask): Ask {
  if (ask.arrival === undefined) return ask;
  ask.arrival.span.end();
  return { ...ask, trace: ask.arrival.span.context, arrival: undefined };
}
