/** Beginnings of messages, for lists. */
import { EncodedEvent } from './encoded-event.js';
import { v1 } from './wire.js';

/** UTF-16 units of the newest message that a list of conversations shows. */
const EVENT_UNITS = 200;

/** The beginning of a text that is longer than this many UTF-16 units, without half of a pair at the end. */
export function previewOf(text: string, unitsMax: number): string {
  if (text.length <= unitsMax) return text;
  return `${[...text.slice(0, unitsMax)].slice(0, -1).join('')}…`;
}

/** The message with the beginning of its text, without mentions and reactions: of bounded size, whatever became of it. */
export function eventPreview(event: EncodedEvent): EncodedEvent {
  const { message, form } = event.value;
  if (!message) return event;
  const text = message.text ?? '';
  const shown = previewOf(text, EVENT_UNITS);
  if (shown === text && !message.mentions?.length && !form?.reactions?.length) return event;
  return EncodedEvent.of(
    v1.Event.create({
      ...event.value,
      message: { text: shown, replyTo: message.replyTo ?? 0 },
      ...(form && { form: { ...form, reactions: [] } }),
    }),
  );
}
