import { v1 } from './wire.js';

/** An event without what people wrote in it: whom it is about, its place and its ids stay. */
export function withoutText(event: v1.Event): v1.Event {
  return v1.Event.create({
    ...event,
    ...(event.message && { message: { mentions: event.message.mentions ?? [] } }),
    ...(event.edited && { edited: { seq: event.edited.seq ?? 0 } }),
  });
}
