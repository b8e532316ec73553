/** A segment: an immutable range of a log with the words of its messages, as records of a partition of its own. */
import type { MessageStore } from '../core/store.js';
import { stored } from '../protocol/stored.js';
import type { v1 } from '../protocol/wire.js';
import { type Block, BlockWriter } from './blocks.js';
import { termsOf } from './tokens.js';

/** A segment as the manifest lists it. */
export type SegmentEntry = {
  readonly [Field in keyof stored.ISearchSegment]-?: NonNullable<stored.ISearchSegment[Field]>;
};

export const HEAD_KEY = 'head';
export const blockKey = (block: number): string => String(block).padStart(6, '0');

/** Segments of one range differ by generation or revision: one is removed while the other is there. */
export function segmentPartition(channelId: string, segment: SegmentEntry): string {
  const { firstSeq, lastSeq, generation, revision } = segment;
  const name = `search/${channelId}/${firstSeq}-${lastSeq}-${generation}`;
  return revision === 0 ? name : `${name}-${revision}`;
}

/** The word that each message of a sender has. No word of a text has a colon. */
export const senderTerm = (userId: string): string => `from:${userId}`;

/** A message that an edit at `seq` gave another text. */
export interface Edit {
  readonly seq: number;
  readonly targetSeq: number;
}

export interface SegmentHead {
  readonly firstTerms: readonly string[];
  readonly edits: readonly Edit[];
}

/** The text that an event gives to a message: its own, or that of an earlier one. */
export interface IndexedText {
  readonly text: string;
  readonly targetSeq: number;
}

export function textOf(event: v1.Event): IndexedText | undefined {
  if (event.deleted) return undefined;
  if (event.body === 'message') return { text: event.message?.text ?? '', targetSeq: event.seq };
  if (event.body === 'edited') return { text: event.edited?.message?.text ?? '', targetSeq: event.edited?.seq ?? 0 };
  return undefined;
}

/** The words of events, added in ascending order. */
export class Postings {
  private readonly bySeq = new Map<string, number[]>();
  readonly edits: Edit[] = [];

  add(event: v1.Event): void {
    const indexed = textOf(event);
    if (indexed === undefined) return;
    if (indexed.targetSeq !== event.seq) this.edits.push({ seq: event.seq, targetSeq: indexed.targetSeq });
    for (const term of termsOf(indexed.text)) this.put(term, event.seq);
    this.put(senderTerm(event.from), event.seq);
  }

  private put(term: string, seq: number): void {
    const seqs = this.bySeq.get(term);
    if (seqs === undefined) this.bySeq.set(term, [seq]);
    else if (seqs.at(-1) !== seq) seqs.push(seq);
  }

  blocks(firstSeq: number): Block[] {
    const writer = new BlockWriter(firstSeq);
    for (const term of [...this.bySeq.keys()].sort()) writer.add(term, this.bySeq.get(term) ?? []);
    return writer.take(true);
  }
}

export function encodeHead(head: SegmentHead): Uint8Array {
  const edits = head.edits.flatMap(({ seq, targetSeq }) => [seq, targetSeq]);
  return stored.SearchSegmentHead.encode({ firstTerms: [...head.firstTerms], edits }).finish();
}

function decodeHead(value: Uint8Array): SegmentHead {
  const { firstTerms, edits } = stored.SearchSegmentHead.decode(value);
  const pairs: Edit[] = [];
  for (let i = 0; i + 1 < edits.length; i += 2) pairs.push({ seq: edits[i] ?? 0, targetSeq: edits[i + 1] ?? 0 });
  return { firstTerms, edits: pairs };
}

/**
 * A segment lacks records: it was merged into another while somebody read it, and its new place is in the manifest. Or, where
 * the manifest still lists it, the store has lost it.
 */
export class SegmentGone extends Error {
  readonly segment: SegmentEntry;

  constructor(message: string, segment: SegmentEntry) {
    super(message);
    this.segment = segment;
  }
}

export async function readHead(store: MessageStore, channelId: string, segment: SegmentEntry): Promise<SegmentHead> {
  const record = await store.readRecord(segmentPartition(channelId, segment), HEAD_KEY);
  if (record === undefined) throw new SegmentGone(`a segment of ${channelId} has no head`, segment);
  return decodeHead(record.value);
}

export async function readBlock(
  store: MessageStore,
  channelId: string,
  segment: SegmentEntry,
  block: number,
): Promise<Uint8Array> {
  const record = await store.readRecord(segmentPartition(channelId, segment), blockKey(block));
  if (record === undefined) throw new SegmentGone(`a segment of ${channelId} has no block ${block}`, segment);
  return record.value;
}
