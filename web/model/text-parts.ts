/** A message's text in parts: plain, who is mentioned, and the addresses that one may follow. Pure. */
import type { Mention } from '../../client/index.js';

export interface TextPart {
  readonly text: string;
  readonly mention?: Mention;
  /** Always of `http` or `https`. */
  readonly href?: string;
}

/** Without marks of direction, which make an address read as another. */
const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
/** At its end more likely of the sentence than of the address. */
const SENTENCE_END = '.,;:!?…*_~)]}»”’';

export function partsOf(text: string, mentions: readonly Mention[]): readonly TextPart[] {
  const named = mentions.map((mention) => ({ start: mention.start, end: mention.start + mention.length, mention }));
  const special = [...named, ...addressesIn(text)].sort((one, other) => one.start - other.start);
  const parts: TextPart[] = [];
  let at = 0;
  for (const { start, end, ...what } of special) {
    if (start < at || end > text.length) continue;
    if (start > at) parts.push({ text: text.slice(at, start) });
    parts.push({ text: text.slice(start, end), ...what });
    at = end;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

function addressesIn(text: string): { readonly start: number; readonly end: number; readonly href: string }[] {
  return [...text.matchAll(ADDRESS)].flatMap(({ 0: found, index: start }) => {
    const address = withoutSentence(found);
    const href = hrefOf(address);
    return href === undefined ? [] : [{ start, end: start + address.length, href }];
  });
}

function hrefOf(address: string): string | undefined {
  try {
    return new URL(address).href;
  } catch {
    return undefined;
  }
}

/** A bracket at the end belongs to the address where it was opened in it. */
function withoutSentence(found: string): string {
  let end = found.length;
  while (end > 0 && SENTENCE_END.includes(found.charAt(end - 1))) end -= 1;
  const address = found.slice(0, end);
  return found.charAt(end) === ')' && address.includes('(') ? `${address})` : address;
}
