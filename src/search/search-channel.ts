/**
 * A search of one channel, newest first: what no segment holds is read from the log, then segment after segment. Every
 * hit is verified against the message as it is now, so an index that is behind finds nothing that is not there.
 */
import { ParleyError } from '../core/errors.js';
import type { UserId } from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import type { MessageId } from '../core/message-id.js';
import type { v1 } from '../protocol/wire.js';
import type { ChannelIndex } from './channel-index.js';
import { bytesOfHit, type Hit, hitView } from './hit.js';
import { candidates, type OpenSegment } from './lookup.js';
import { matchText, type Query } from './query.js';
import { type SegmentEntry, SegmentGone, senderTerm, textOf } from './segment.js';

export interface ChannelSearch {
  readonly query: Query;
  /** '' = anybody's. */
  readonly from: UserId;
  /** created_at, milliseconds, both ends included; 0 = open. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Messages below this id; undefined: from the newest. */
  readonly before: MessageId | undefined;
  readonly limit: number;
}

export interface ChannelHits {
  /** Newest first. */
  readonly hits: readonly Hit[];
  /** Where to go on: messages below this id were not looked at. Undefined: all were. */
  readonly next: MessageId | undefined;
}

/** A channel's log as one reader sees it. */
export interface SearchedLog {
  readonly head: number;
  /** Committed events, from ≤ seq < to, as they were written. */
  events(from: number, to: number): Promise<readonly v1.Event[]>;
  /** Events that follow each other, as they are now and as this reader may see them. */
  current(events: readonly v1.Event[]): Promise<readonly v1.IEvent[]>;
}

const LOG_SLICE = 128;
const HITS_SLICE = 32;
const ATTEMPTS = 5;

/** Whatever is asked, the work of one search is bounded; the answer then says where to go on. */
export async function searchChannel(
  index: ChannelIndex,
  log: SearchedLog,
  search: ChannelSearch,
): Promise<ChannelHits> {
  for (let attempt = 1; ; attempt++) {
    try {
      await index.load();
      return await new Run(index, log, search).all();
    } catch (error) {
      if (!(error instanceof SegmentGone)) throw error;
      if (index.notFound(error.segment))
        attempt = 0; // what it held is read from the log now
      else if (attempt === ATTEMPTS) throw new ParleyError('unavailable', { cause: error });
    }
  }
}

class Run {
  private readonly index: ChannelIndex;
  private readonly log: SearchedLog;
  private readonly search: ChannelSearch;
  private readonly hits: Hit[] = [];
  private eventsLeft: number = LIMITS.searchEventsReadMax;
  private blocksLeft: number = LIMITS.searchBlocksReadMax;
  private bytes = 0;
  /** Messages in segments that a later event gave another text. */
  private readonly edited = new Set<number>();
  private from = 1;
  private to = 1;
  /** Set when the search ends early: the last one that was looked at. */
  private stoppedAt: MessageId | undefined;

  constructor(index: ChannelIndex, log: SearchedLog, search: ChannelSearch) {
    this.index = index;
    this.log = log;
    this.search = search;
  }

  async all(): Promise<ChannelHits> {
    const { sinceMs, untilMs, before } = this.search;
    const { head } = this.log;
    const indexed = this.index.indexedSeq;
    const segments = this.index.newestFirst;
    this.from = sinceMs === 0 ? 1 : await this.firstWhere((event) => event.createdAt.toNumber() >= sinceMs);
    this.to = before === undefined ? head + 1 : await this.firstWhere((event) => !event.messageId.lessThan(before));
    if (untilMs !== 0) {
      this.to = Math.min(this.to, await this.firstWhere((event) => event.createdAt.toNumber() > untilMs));
    }
    await this.findEdited(indexed, segments);
    await this.unindexed(indexed);
    for (const segment of segments) {
      if (this.stoppedAt !== undefined) break;
      if (segment.firstSeq < this.to && segment.lastSeq >= this.from) await this.segment(segment);
    }
    return { hits: this.hits, next: this.stoppedAt };
  }

  /** The first position whose event is so; of those above it all are. Ids and times grow with the positions. */
  private async firstWhere(isSo: (event: v1.Event) => boolean): Promise<number> {
    let low = 1;
    let high = this.log.head + 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const [event] = await this.log.events(middle, middle + 1);
      if (event !== undefined && !isSo(event)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * An edit stands in the log above its message, whose place in the order of hits it does not change. While the index is
   * far behind (it is being built), edits among the newest events only.
   */
  private async findEdited(indexed: number, segments: readonly SegmentEntry[]): Promise<void> {
    const first = Math.max(indexed + 1, this.log.head + 1 - LIMITS.searchEventsReadMax);
    for (const event of await this.log.events(first, this.log.head + 1)) {
      const targetSeq = textOf(event)?.targetSeq ?? event.seq;
      if (targetSeq <= indexed) this.edited.add(targetSeq);
    }
    for (const entry of segments) {
      if (!entry.edits) continue;
      const opened = await this.index.open(entry);
      const seqs = new Set(await this.candidatesIn(opened));
      for (const { seq, targetSeq } of opened.head.edits) if (seqs.has(seq)) this.edited.add(targetSeq);
    }
  }

  /** From the log, newest first, down to where the segments begin. */
  private async unindexed(indexed: number): Promise<void> {
    const end = Math.max(this.from, indexed + 1);
    for (let to = this.to; to > end && this.stoppedAt === undefined; ) {
      const from = Math.max(end, to - LOG_SLICE);
      const events = await this.log.events(from, to);
      await this.examine(events, await this.log.current(events));
      to = from;
    }
  }

  private async segment(entry: SegmentEntry): Promise<void> {
    const opened = await this.index.open(entry);
    const edited = [...this.edited].filter((seq) => seq >= entry.firstSeq && seq <= entry.lastSeq);
    const seqs = new Set([...(await this.candidatesIn(opened)), ...edited]);
    const wanted = [...seqs].filter((seq) => seq >= this.from && seq < this.to);
    if (edited.length > 0) wanted.sort((a, b) => a - b);
    while (wanted.length > 0 && this.stoppedAt === undefined) {
      const slice = wanted.splice(-HITS_SLICE);
      const events = (await Promise.all(slice.map((seq) => this.log.events(seq, seq + 1)))).flat();
      const current = await Promise.all(events.map((event) => this.log.current([event])));
      await this.examine(events, current.flat());
    }
    if (this.blocksLeft <= 0 && this.stoppedAt === undefined) await this.stopBelow(entry.firstSeq);
  }

  private candidatesIn(opened: OpenSegment): Promise<readonly number[]> {
    const sender = this.search.from === '' ? undefined : senderTerm(this.search.from);
    return candidates(this.counted(opened), this.search.query.clauses, sender);
  }

  private counted(segment: OpenSegment): OpenSegment {
    return {
      ...segment,
      readBlock: (block) => {
        this.blocksLeft--;
        return segment.readBlock(block);
      },
    };
  }

  private async stopBelow(seq: number): Promise<void> {
    if (seq <= this.from) return;
    const [event] = await this.log.events(seq, seq + 1);
    this.stoppedAt = event?.messageId;
  }

  /** Events in ascending order, looked at from the last to the first. */
  private async examine(events: readonly v1.Event[], current: readonly v1.IEvent[]): Promise<void> {
    for (const [at, event] of [...events.entries()].reverse()) {
      const hit = this.hitOf(event, current[at]);
      if (hit !== undefined && !this.take(hit)) return;
      if (--this.eventsLeft > 0) continue;
      this.stoppedAt = event.messageId;
      return;
    }
  }

  /** False when the page is full; then the one before it is where the next begins. */
  private take(hit: Hit): boolean {
    this.bytes += bytesOfHit(hitView(hit));
    const full = this.hits.length === this.search.limit || this.bytes > LIMITS.historyPageBytesMax;
    if (full && this.hits.length > 0) {
      this.stoppedAt = this.hits.at(-1)?.messageId;
      return false;
    }
    this.hits.push(hit);
    return true;
  }

  private hitOf(written: v1.Event, event: v1.IEvent | undefined): Hit | undefined {
    const { query, from } = this.search;
    if (textOf(written)?.targetSeq !== written.seq || (from !== '' && written.from !== from)) return undefined;
    const text = event?.hidden || event?.deleted ? undefined : event?.message?.text;
    if (event === undefined || typeof text !== 'string') return undefined;
    const ranges = matchText(query, text);
    return ranges === undefined ? undefined : { event, messageId: written.messageId, ranges };
  }
}
