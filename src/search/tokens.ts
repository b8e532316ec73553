/**
 * A text as the words that a search finds it by.
 *
 * - Scripts with spaces: a run of letters and digits is a word. So is each emoji, without its colour or variant, and each flag.
 * - Thai, Lao, Khmer, Burmese: words as `Intl.Segmenter` finds them, by dictionary.
 * - Chinese, Japanese, Korean: each pair of neighbouring characters, and the last one by itself. Where a word ends there
 *   depends on what stands around it, and a query stands alone: `京都` must be found, however 東京都 is cut. Since pairs
 *   overlap, a run of pairs next to each other is exactly a part of the text, of whatever length.
 */
import { fold } from './fold.js';

/** Raised when a text has other tokens than before: what was indexed by the former ones is indexed anew. At most 255. */
export const TOKENS_VERSION = 2;

export interface Token {
  /** Folded, at most TERM_CHARACTERS_MAX long. */
  readonly term: string;
  /** In UTF-16 code units of the text, `end` exclusive. */
  readonly start: number;
  readonly end: number;
  /** Where the first character of a pair ends; `end` for all others. */
  readonly firstEnd: number;
  /** Tokens of one run follow each other without anything between. */
  readonly run: number;
  readonly kind: 'word' | 'segmented' | 'pair';
}

/** What is longer, a key or a picture as text, is found by its start. */
const TERM_CHARACTERS_MAX = 64;

const ASCII = /^\p{ASCII}*$/u;
const ASCII_WORDS = /[a-z0-9]+/gi;
const PAIRED =
  '(?:(?=[\\p{L}\\p{M}\\p{N}])[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{sc=Hangul}\\p{scx=Bopomofo}])';
const SEGMENTED = '(?:(?=[\\p{L}\\p{M}\\p{N}])[\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}])';
/** A mark that only says how the character before it looks. */
const VARIATION = '[\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}]';
const WORD = `(?:(?!${PAIRED}|${SEGMENTED}|${VARIATION})[\\p{L}\\p{N}\\p{M}])+`;
/** Runs of pairs (1), runs to be segmented (2), words, and pictures one by one. */
const RUNS = new RegExp(
  `(${PAIRED}+)|(${SEGMENTED}+)|${WORD}|\\p{Extended_Pictographic}|\\p{Regional_Indicator}{2}`,
  'gu',
);
/** Characters that are one code point each, whatever stands beside them. */
const PLAIN = /^[\u3041-\u3096\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+$/;

/** The first one that a process makes reads ICU's data, for 15 ms: not at the start, and never where all is ASCII. */
const segmenters = new Map<'word' | 'grapheme', Intl.Segmenter>();

function segmenter(granularity: 'word' | 'grapheme'): Intl.Segmenter {
  const made = segmenters.get(granularity) ?? new Intl.Segmenter('und', { granularity });
  segmenters.set(granularity, made);
  return made;
}

const cut = (term: string): string => (term.length > TERM_CHARACTERS_MAX ? term.slice(0, TERM_CHARACTERS_MAX) : term);

function addWord(tokens: Token[], text: string, start: number, run: number, kind: Token['kind']): void {
  const end = start + text.length;
  const term = cut(fold(text));
  if (term !== '') tokens.push({ term, start, end, firstEnd: end, run, kind });
}

function charactersOf(run: string): { readonly text: string; readonly at: number }[] {
  if (PLAIN.test(run)) return Array.from(run, (text, at) => ({ text, at }));
  return Array.from(segmenter('grapheme').segment(run), ({ segment, index }) => ({ text: fold(segment), at: index }));
}

function addPairs(tokens: Token[], text: string, start: number, run: number): void {
  const characters = charactersOf(text);
  characters.forEach(({ text: first, at }, index) => {
    const second = characters[index + 1];
    const firstEnd = start + (second?.at ?? text.length);
    const end = start + (characters[index + 2]?.at ?? text.length);
    tokens.push({ term: first + (second?.text ?? ''), start: start + at, end, firstEnd, run, kind: 'pair' });
  });
}

/** The tokens of a text in their order. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const isAscii = ASCII.test(text);
  let run = 0;
  for (const found of text.matchAll(isAscii ? ASCII_WORDS : RUNS)) {
    run++;
    if (found[1] !== undefined) addPairs(tokens, found[0], found.index, run);
    else if (found[2] !== undefined) {
      for (const { segment, index } of segmenter('word').segment(found[0]))
        addWord(tokens, segment, found.index + index, run, 'segmented');
    } else addWord(tokens, found[0], found.index, run, 'word');
  }
  return tokens;
}

const isWordCode = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90);

/** The terms of the tokens of a text in their order. */
export function termsOf(text: string): string[] {
  const lower = text.toLowerCase();
  const terms: string[] = [];
  let start = -1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) return tokensOf(text).map(({ term }) => term);
    if (isWordCode(code)) {
      if (start < 0) start = at;
    } else if (start >= 0) {
      terms.push(cut(lower.slice(start, at)));
      start = -1;
    }
  }
  if (start >= 0) terms.push(cut(lower.slice(start)));
  return terms;
}
