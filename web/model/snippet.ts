/** One line of a long text, around the first of the words that were looked for. Pure. */
import type { TextRange } from '../../client/index.js';

export interface SnippetPart {
  readonly text: string;
  /** It is what was looked for. */
  readonly found: boolean;
}

/** What is shown before the first word, and in all, in characters of JavaScript. */
const BEFORE_MAX = 30;
const LENGTH_MAX = 200;

const isLowSurrogate = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code < 0xe000;
};

/** The place at or before `at` that is not within a character. */
const wholeAt = (text: string, at: number): number => (isLowSurrogate(text, at) ? at - 1 : at);

/** `highlights` ascending, as the server gives them. */
export function snippetOf(text: string, highlights: readonly TextRange[]): readonly SnippetPart[] {
  const first = highlights[0]?.start ?? 0;
  const start = first > BEFORE_MAX ? wholeAt(text, first - BEFORE_MAX) : 0;
  const end = start + LENGTH_MAX < text.length ? wholeAt(text, start + LENGTH_MAX) : text.length;
  const parts: SnippetPart[] = [];
  const add = (from: number, to: number, found: boolean): void => {
    if (from < to) parts.push({ text: text.slice(from, to), found });
  };
  if (start > 0) parts.push({ text: '…', found: false });
  let at = start;
  for (const range of highlights) {
    if (range.start >= end) break;
    add(at, range.start, false);
    at = Math.min(range.start + range.length, end);
    add(range.start, at, true);
  }
  add(at, end, false);
  if (end < text.length) parts.push({ text: '…', found: false });
  return parts;
}
