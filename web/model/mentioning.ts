/** Mentions as one types them: which parts of a text name somebody, and whom one may be about to name. Pure. */
import type { Mention } from '../../client/index.js';

/** Somebody who can be mentioned by that label, after an @. */
export interface Mentionable {
  readonly kind: Mention['kind'];
  readonly userId: string;
  readonly label: string;
}

const WORD = /[\p{L}\p{N}_]/u;
const COMPLETIONS_MAX = 5;
/** The server takes no more. */
const MENTIONS_MAX = 50;

const isWord = (character: string | undefined): boolean => character !== undefined && WORD.test(character);

function names(text: string, at: number, label: string): boolean {
  const end = at + label.length;
  return text.slice(at, end).toLowerCase() === label.toLowerCase() && !isWord(text[end]);
}

/** Every `@label` or `@user_id` that stands by itself, in whatever case; the longest wins, then the label that is written just so. */
export function mentionsIn(text: string, mentionable: readonly Mentionable[]): Mention[] {
  const ids = mentionable.map((one) => ({ ...one, label: one.userId }));
  const longestFirst = [...mentionable, ...ids]
    .filter(({ label }) => label !== '')
    .sort((one, other) => other.label.length - one.label.length);
  const mentions: Mention[] = [];
  for (let at = text.indexOf('@'); at >= 0 && mentions.length < MENTIONS_MAX; at = text.indexOf('@', at + 1)) {
    if (isWord(text[at - 1])) continue;
    const fitting = longestFirst.filter(({ label }) => names(text, at + 1, label));
    const longest = fitting.filter(({ label }) => label.length === fitting[0]?.label.length);
    const named = longest.find(({ label }) => text.startsWith(label, at + 1)) ?? longest[0];
    if (named === undefined) continue;
    mentions.push({ kind: named.kind, userId: named.userId, start: at, length: named.label.length + 1 });
    at += named.label.length;
  }
  return mentions;
}

/** The `@…` before the caret, as far as it is typed; undefined: nobody is being named. With spaces, as long as somebody's name goes on so. */
export function namingAt(
  text: string,
  caret: number,
  mentionable: readonly Mentionable[],
): { readonly start: number; readonly typed: string } | undefined {
  const start = text.lastIndexOf('@', caret - 1);
  if (start < 0 || isWord(text[start - 1])) return undefined;
  const typed = text.slice(start + 1, caret);
  return /\s/.test(typed) && completions(typed, mentionable).length === 0 ? undefined : { start, typed };
}

/** Who may be meant by what is typed. */
export function completions(typed: string, mentionable: readonly Mentionable[]): readonly Mentionable[] {
  const wanted = typed.toLocaleLowerCase();
  const fits = ({ label, userId }: Mentionable): boolean =>
    label.toLocaleLowerCase().startsWith(wanted) || userId.startsWith(wanted);
  return mentionable.filter(fits).slice(0, COMPLETIONS_MAX);
}
