/** What somebody looks for, and whether a text has it. All words must be there, in any order. */

import { ParleyError } from '../core/errors.js';
import { appendTo } from '../core/grouped.js';
import { LIMITS } from '../core/limits.js';
import { type Token, tokensOf } from './tokens.js';

/** One word, or one run of a script without spaces, whose terms must stand beside each other. */
export interface Clause {
  readonly terms: readonly string[];
  /** The last of the terms may go on. */
  readonly prefix: boolean;
}

export interface Query {
  readonly clauses: readonly Clause[];
}

/** A part of a text, in UTF-16 code units. */
export interface Range {
  readonly start: number;
  readonly length: number;
}

/** A single letter goes on in too many ways to mean one of them. */
const PREFIX_CHARACTERS_MIN = 2;

function clauseOf(tokens: readonly Token[], isLast: boolean): Clause {
  const first = tokens[0];
  if (first?.kind === 'pair') {
    if (tokens.length === 1) return { terms: [first.term], prefix: true };
    return { terms: tokens.slice(0, -1).map(({ term }) => term), prefix: false };
  }
  const terms = tokens.map(({ term }) => term);
  return { terms, prefix: isLast && (terms.at(-1)?.length ?? 0) >= PREFIX_CHARACTERS_MIN };
}

/** The last word may be one that is still being typed, unless something stands after it. Throws `search_too_many_words`. */
export function parseQuery(text: string): Query {
  const tokens = tokensOf(text);
  const runs = new Map<number, Token[]>();
  for (const token of tokens) appendTo(runs, token.run, token);
  if (runs.size > LIMITS.searchWordsMax) {
    const sentence = `A search has at most ${LIMITS.searchWordsMax} words.`;
    throw new ParleyError('search_too_many_words', { sentence });
  }
  const typing = tokens.at(-1)?.end === text.length;
  const clauses = [...runs.values()].map((run, index) => clauseOf(run, typing && index === runs.size - 1));
  return { clauses };
}

function fits(clause: Clause, tokens: readonly Token[], at: number): boolean {
  const last = clause.terms.length - 1;
  for (let i = 0; i <= last; i++) {
    const token = tokens[at + i];
    const term = clause.terms[i];
    if (token === undefined || term === undefined || token.run !== tokens[at]?.run) return false;
    const same = i === last && clause.prefix ? token.term.startsWith(term) : token.term === term;
    if (!same) return false;
  }
  return true;
}

function placesOf(clause: Clause, tokens: readonly Token[]): Range[] {
  const places: Range[] = [];
  tokens.forEach((token, at) => {
    if (!fits(clause, tokens, at)) return;
    const last = tokens[at + clause.terms.length - 1] ?? token;
    const end = clause.prefix && token.kind === 'pair' ? token.firstEnd : last.end;
    places.push({ start: token.start, length: end - token.start });
  });
  return places;
}

/** Ascending, without overlaps. */
function merged(ranges: Range[]): Range[] {
  const result: Range[] = [];
  for (const range of ranges.sort((a, b) => a.start - b.start || b.length - a.length)) {
    const last = result.at(-1);
    const lastEnd = last === undefined ? -1 : last.start + last.length;
    if (last === undefined || range.start > lastEnd) result.push(range);
    else {
      const end = Math.max(lastEnd, range.start + range.length);
      result[result.length - 1] = { start: last.start, length: end - last.start };
    }
  }
  return result;
}

/** Where the words of the query stand in the text; undefined when one of them is not there. */
export function matchText(query: Query, text: string): Range[] | undefined {
  const tokens = tokensOf(text);
  const ranges: Range[] = [];
  for (const clause of query.clauses) {
    const places = placesOf(clause, tokens);
    if (places.length === 0) return undefined;
    for (const place of places) ranges.push(place);
  }
  return merged(ranges).slice(0, LIMITS.searchHighlightsMax);
}
