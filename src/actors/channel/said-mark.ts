/** By what was said a copy of a send is told from another use of its id. Pure. */
import type { v1 } from '../../protocol/wire.js';
import { textMark } from './send-memory.js';

/** What a send and the event that came of it have in common: by this a copy is told from another use of its id. */
type Said = Pick<v1.IEvent, 'message' | 'edited' | 'erased' | 'reacted' | 'deleted'>;

const saidBy = ({ message, edit, erase, react }: v1.Send): Said => ({
  message: message ?? null,
  edited: edit ?? null,
  erased: erase ?? null,
  reacted: react ?? null,
});

/** Begins what is no plain text: no text of a message does. */
const OTHER = '\0';

function bodyMark({ text, replyTo, mentions }: v1.IMessageBody): string {
  const more = (replyTo ?? 0) !== 0 || (mentions?.length ?? 0) > 0;
  if (!more) return text ?? '';
  // What is left out and what is empty is the same: one of the two is as it came, the other as it was read again.
  const named = (mentions ?? []).map(({ kind, userId, start, length }) => [
    kind ?? 0,
    userId ?? '',
    start ?? 0,
    length ?? 0,
  ]);
  return `${OTHER}${JSON.stringify([text ?? '', replyTo ?? 0, named])}`;
}

/** Marks what was said, as a hash; undefined: it was erased since, and every copy passes for it. */
export function markOf(event: Said): number | undefined {
  const { message, edited, erased, reacted, deleted } = event;
  if (deleted) return undefined;
  if (edited) return textMark(`${OTHER}e${edited.seq}${bodyMark(edited.message ?? {})}`);
  if (erased) return textMark(`${OTHER}d${erased.seq}`);
  if (reacted) return textMark(`${OTHER}r${reacted.seq}${reacted.removed ? '-' : '+'}${reacted.emoji}`);
  return textMark(bodyMark(message ?? {}));
}

export const markOfSend = (send: v1.Send): number | undefined => markOf(saidBy(send));
