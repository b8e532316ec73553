/** Which positions of one segment have a query's words. */
import { BlockReader } from './blocks.js';
import type { Clause } from './query.js';
import type { SegmentEntry, SegmentHead } from './segment.js';

export interface OpenSegment {
  readonly entry: SegmentEntry;
  readonly head: SegmentHead;
  readBlock(block: number): Promise<Uint8Array>;
}

/** Index of the first block whose first word is at or after `term`. */
function blockAtOrAfter(firstTerms: readonly string[], term: string): number {
  let low = 0;
  let high = firstTerms.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((firstTerms[middle] ?? '') < term) low = middle + 1;
    else high = middle;
  }
  return low;
}

const AFTER_ALL = '\uffff';

/** The positions of a word, or of all words that begin with it; ascending. */
async function positionsOf(segment: OpenSegment, term: string, prefix: boolean): Promise<number[]> {
  const { firstTerms } = segment.head;
  const from = Math.max(0, blockAtOrAfter(firstTerms, term) - 1);
  const to = blockAtOrAfter(firstTerms, prefix ? term + AFTER_ALL : `${term}\0`);
  const blocks = await Promise.all(Array.from({ length: to - from }, (_, i) => segment.readBlock(from + i)));
  const seqs: number[] = [];
  let words = 0;
  for (const block of blocks) {
    const reader = new BlockReader(block, segment.entry.firstSeq);
    while (reader.next()) {
      const found = prefix ? reader.term.startsWith(term) : reader.term === term;
      if (found) {
        words++;
        reader.readInto(seqs);
      } else if (reader.term > term) break;
      else reader.skip();
    }
  }
  return words > 1 && prefix ? [...new Set(seqs)].sort((a, b) => a - b) : seqs;
}

function intersect(a: readonly number[], b: readonly number[]): number[] {
  const both: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const left = a[i] ?? 0;
    const right = b[j] ?? 0;
    if (left === right) both.push(left);
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return both;
}

/** The positions, ascending, at which all of the words stand; whether beside each other is for the text to tell. */
export async function candidates(
  segment: OpenSegment,
  clauses: readonly Clause[],
  sender: string | undefined,
): Promise<number[]> {
  const terms = new Map<string, { readonly term: string; readonly prefix: boolean }>();
  const want = (term: string, prefix: boolean): void => {
    terms.set(`${prefix} ${term}`, { term, prefix });
  };
  if (sender !== undefined) want(sender, false);
  for (const clause of clauses) {
    const last = clause.terms.length - 1;
    for (const [at, term] of clause.terms.entries()) want(term, clause.prefix && at === last);
  }
  const lists = await Promise.all([...terms.values()].map(({ term, prefix }) => positionsOf(segment, term, prefix)));
  lists.sort((a, b) => a.length - b.length);
  return lists.reduce((found: readonly number[], list) => intersect(found, list), lists[0] ?? []) as number[];
}
