import { LIMITS } from '../core/limits.js';
import type { Span, Tracing } from '../core/trace.js';
import type { Delivery, FanoutEvents } from '../protocol/frames.js';
import { factsOf } from '../protocol/span-facts.js';
import type { v1 } from '../protocol/wire.js';
import { compareCursors } from './delivery-stream.js';
import type { Session } from './session.js';

interface Traced {
  readonly cursor: v1.ICursor;
  readonly event: v1.Event;
  /** Until the socket has it. */
  readonly deliver: Span;
  /** From then on, until the device acknowledges it. */
  device: Span | undefined;
}

/**
 * The last steps of traced events at this gateway: on their way to a socket, and to the device's acknowledgement. Of what is
 * under way the newest are kept; what no device acknowledges leaves without that step.
 */
export class DeliveryTraces {
  private readonly tracing: Tracing;
  private readonly underWay = new Map<Session, Traced[]>();
  private count = 0;

  constructor(tracing: Tracing) {
    this.tracing = tracing;
  }

  /** The session's stream has taken these. */
  pushed(session: Session, items: readonly Delivery[]): void {
    for (const { cursor, event } of items) {
      if (event?.trace === undefined) continue;
      const deliver = this.tracing.begin(event.trace, 'deliver', session.id);
      this.keep(session, { cursor, event: event.value, deliver, device: undefined });
    }
  }

  /** The socket has all up to where the session's stream is put. */
  written(session: Session): void {
    if (this.count === 0) return;
    for (const traced of this.underWay.get(session) ?? []) {
      if (traced.device !== undefined || compareCursors(traced.cursor, session.stream.put) > 0) continue;
      traced.deliver.end(factsOf(traced.event));
      traced.device = traced.deliver.child('device', session.caller.deviceId);
    }
  }

  acknowledged(session: Session, cursor: v1.ICursor): void {
    const underWay = this.count === 0 ? undefined : this.underWay.get(session);
    if (underWay === undefined) return;
    const left = underWay.filter((traced) => compareCursors(traced.cursor, cursor) > 0);
    for (const traced of underWay) if (!left.includes(traced)) traced.device?.end(factsOf(traced.event));
    this.replace(session, left);
  }

  /** Of a poll the answer is the delivery; its acknowledgement is the next poll, which says nothing of this one. */
  polled(who: string, items: readonly Delivery[]): void {
    for (const { event } of items)
      if (event?.trace !== undefined) this.tracing.begin(event.trace, 'deliver', who).end(factsOf(event.value));
  }

  /** To all sockets that follow the channel, at once. */
  published({ events }: FanoutEvents): void {
    for (const event of events)
      if (event.trace !== undefined) this.tracing.begin(event.trace, 'publish').end(factsOf(event.value));
  }

  forget(session: Session): void {
    if (this.count > 0) this.replace(session, []);
  }

  private keep(session: Session, traced: Traced): void {
    const [oldest] = this.underWay.keys();
    if (this.count >= LIMITS.tracedDeliveriesMax && oldest !== undefined) this.replace(oldest, []);
    this.replace(session, [...(this.underWay.get(session) ?? []), traced]);
  }

  private replace(session: Session, next: readonly Traced[]): void {
    this.count += next.length - (this.underWay.get(session)?.length ?? 0);
    if (next.length === 0) this.underWay.delete(session);
    else this.underWay.set(session, [...next]);
  }
}
