import { ParleyError } from '../../core/errors.js';
import type { v1 } from '../../protocol/wire.js';

/** A cursor in URLs, headers and event ids: `term.sub.seq`. */
export function cursorText({ term, sub, inboxSeq }: v1.ICursor): string {
  return `${term ?? 0}.${sub ?? 0}.${inboxSeq ?? 0}`;
}

/** Undefined for '' (no cursor). Throws `invalid_argument` for anything else that is none. */
export function parseCursor(text: string): v1.ICursor | undefined {
  if (text === '') return undefined;
  const parts = /^(\d{1,10})\.(\d{1,10})\.(\d{1,10})$/.exec(text)?.slice(1).map(Number) ?? [];
  const [term, sub, inboxSeq] = parts;
  if (term === undefined || sub === undefined || inboxSeq === undefined || Math.max(...parts) >= 2 ** 32) {
    throw new ParleyError('invalid_argument', { sentence: 'A cursor is three numbers with dots between.' });
  }
  return { term, sub, inboxSeq };
}

/** The answer to a poll. `frames` are ServerFrames as JSON text. */
export function pageText(frames: readonly string[], cursor: v1.ICursor, more: boolean): string {
  return `{"frames":[${frames.join(',')}],"cursor":"${cursorText(cursor)}","more":${more}}`;
}
