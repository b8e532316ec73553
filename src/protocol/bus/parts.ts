/** What envelopes are made of, to the messages of proto/bus.proto and back. */

import type { Caller, HiddenRanges } from '../bus-messages.js';
import { encodeServerFrame } from '../codec.js';
import { EncodedEvent } from '../encoded-event.js';
import type { Answer, ClientRequest, Delivery, SessionEvent } from '../frames.js';
import { v1 as bus } from '../generated/bus.js';
import { v1 } from '../wire.js';

export { bus };

type Maybe<Part> = Part | null | undefined;

/** Cursors come with all their fields, so that they are the same after the bus as before it. */
export function cursorOf(cursor: Maybe<bus.ICursor>): v1.ICursor {
  return { term: cursor?.term ?? 0, sub: cursor?.sub ?? 0, inboxSeq: cursor?.inboxSeq ?? 0 };
}

export function optionalCursor(cursor: Maybe<bus.ICursor>): v1.ICursor | undefined {
  return cursor ? cursorOf(cursor) : undefined;
}

export function callerOf(caller: Maybe<bus.ICaller>): Caller {
  const { userId = '', deviceId = '', sessionId = '', issuedAtMs = 0 } = caller ?? {};
  const known = { userId: userId ?? '', deviceId: deviceId ?? '', sessionId: sessionId ?? '' };
  return issuedAtMs ? { ...known, issuedAtMs } : known;
}

/** A copy: an event is kept for long, and must not keep the whole payload it came in. */
export function eventOf(bytes: Maybe<Uint8Array>): EncodedEvent {
  return EncodedEvent.fromBytes(new Uint8Array(bytes ?? []));
}

export function encodeDelivery({ cursor, event, unread }: Delivery): bus.IDelivery {
  return { cursor, unread, ...(event === undefined ? {} : { event: event.bytes }) };
}

export function deliveryOf({ cursor, event, unread }: bus.IDelivery): Delivery {
  return { cursor: cursorOf(cursor), event: event ? eventOf(event) : undefined, unread: unread ?? 0 };
}

export function encodeHidden(hidden: HiddenRanges): bus.IRanges {
  return { bounds: hidden.flat() };
}

export function hiddenOf({ bounds }: bus.IRanges): HiddenRanges {
  const flat = bounds ?? [];
  return Array.from({ length: Math.floor(flat.length / 2) }, (_, i) => [flat[2 * i] ?? 0, flat[2 * i + 1] ?? 0]);
}

// ---- bodies of the client protocol, as the bytes of a frame with the body alone --------------------------------------

export function encodeRequestBody({ type, value }: ClientRequest): Uint8Array {
  return v1.ClientFrame.encode({ [type]: value }).finish();
}

/** Undefined for a body of a later version. */
export function requestBodyOf(bytes: Maybe<Uint8Array>): ClientRequest | undefined {
  const frame = v1.ClientFrame.decode(bytes ?? new Uint8Array(0));
  return frame.body === undefined ? undefined : ({ type: frame.body, value: frame[frame.body] } as ClientRequest);
}

export function encodeServerBody(body: Answer | SessionEvent): Uint8Array {
  return encodeServerFrame({ requestId: 0, sessionSeq: 0, body });
}

/** Undefined for a body of a later version. */
export function serverBodyOf<Body extends Answer | SessionEvent>(bytes: Maybe<Uint8Array>): Body | undefined {
  const frame = v1.ServerFrame.decode(bytes ?? new Uint8Array(0));
  return frame.body === undefined ? undefined : ({ type: frame.body, value: frame[frame.body] } as Body);
}
