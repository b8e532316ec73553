import { v1 } from './wire.js';

/** An event without what people wrote in it: whom it is about, its place and its ids stay. */
export function withoutText(event: v1.Event): v1.Event {
  return v1.Event.create({
    ...event,
    ...(event.message && { message: { mentions: event.message.mentions ?? [] } }),
    ...(event.edited && { edited: editWithoutText(event.edited) }),
  });
}

/** Which message it edits, and who is due it. */
export function editWithoutText({ seq, copies }: v1.IMessageEdited): v1.IMessageEdited {
  return { seq: seq ?? 0, ...(copies && { copies }) };
}
