/**
 * The index of one channel, as its owner writes it: segments of the log, written behind the acknowledgement. What no
 * segment holds yet is read from the log, so a message is found from its commit on, and a crash loses nothing.
 *
 * Each SEGMENT_EVENTS positions become a segment; FAN_IN segments of a level that follow each other become one of the
 * next. The order of writes makes every step safe to lose: the manifest that names a segment as one that does not count
 * yet, its records, the manifest that lists it, then the removal of those it replaced, which the manifest names until they
 * are gone. So whatever records there are, the manifest knows of them.
 *
 * An owner that has ended writes nothing more. Its last write may still land under the next owner: a removal, which the manifest that
 * one has read knows of, or a manifest, which loses to the one that it writes before it removes anything.
 *
 * Where a listed segment lacks records, it and those above it count no more: they are built anew from the log.
 */
import type { Version } from '../core/epoch.js';
import { ParleyError } from '../core/errors.js';
import type { MessageStore, StoreWrite } from '../core/store.js';
import { stored } from '../protocol/stored.js';
import type { v1 } from '../protocol/wire.js';
import type { Block } from './blocks.js';
import type { OpenSegment } from './lookup.js';
import { type MergeSource, mergeBlocks } from './merge.js';
import {
  blockKey,
  type Edit,
  encodeHead,
  HEAD_KEY,
  Postings,
  readBlock,
  readHead,
  type SegmentEntry,
  SegmentGone,
  type SegmentHead,
  segmentPartition,
} from './segment.js';

export interface ChannelIndexDeps {
  readonly channelId: string;
  /** Where the manifest is: the channel's own partition. */
  readonly partition: string;
  /** Positions that make a segment. Default SEGMENT_EVENTS. */
  readonly segmentEvents?: number;
  /** Indexes of another generation are built anew. */
  readonly generation: number;
  readonly store: MessageStore;
  /** Writes what counts once it is durable and this owner was live after that. */
  write(writes: readonly StoreWrite[]): Promise<void>;
  nextVersion(): Version;
  /** Whether the activation that this index is of still is the channel's owner. */
  alive(): boolean;
  /** Committed events, from ≤ seq < to. */
  events(from: number, to: number): Promise<readonly v1.Event[]>;
  /** Resolves when others have had their turn. */
  pause(): Promise<void>;
  /** Records of this segment, which the manifest lists, are not in the store. The index mends itself as it catches up. */
  lost(segment: SegmentEntry): void;
}

export const MANIFEST_KEY = 'search';
export const SEGMENT_EVENTS = 512;
const FAN_IN = 8;
/** Of 32,768 positions: with a word of each message a block's list stays small, and a million messages are 31 of them. */
const LEVEL_MAX = 2;
/** Events read, and words taken from them, between two pauses. */
const EVENTS_A_SLICE = 64;
const WRITES_A_COMMIT = 16;
const HEADS_KEPT_MAX = 64;

const restored = (entry: stored.ISearchSegment): SegmentEntry => stored.SearchSegment.create(entry);

export class ChannelIndex {
  private readonly deps: ChannelIndexDeps;
  private readonly segmentEvents: number;
  private indexed = 0;
  private segments: SegmentEntry[] = [];
  private obsolete: SegmentEntry[] = [];
  /** From here on no segment counts, since the one that begins here lacks records. */
  private lostFrom = Number.POSITIVE_INFINITY;
  private readonly heads = new Map<string, SegmentHead>();
  private loading: Promise<void> | undefined;
  private work: Promise<void> | undefined;
  private ended = false;
  /** The manifest in the store is older than what is here, or may be. */
  private unwritten = false;

  constructor(deps: ChannelIndexDeps) {
    this.deps = deps;
    this.segmentEvents = deps.segmentEvents ?? SEGMENT_EVENTS;
  }

  /** Everything up to here is in a segment. */
  get indexedSeq(): number {
    return this.lostFrom === Number.POSITIVE_INFINITY ? this.indexed : (this.counting.at(-1)?.lastSeq ?? 0);
  }

  /** Newest first. */
  get newestFirst(): readonly SegmentEntry[] {
    return this.counting.reverse();
  }

  private get counting(): SegmentEntry[] {
    return this.segments.filter(({ lastSeq }) => lastSeq < this.lostFrom);
  }

  /** Reads the manifest, once. */
  load(): Promise<void> {
    this.loading ??= this.readManifest().catch((error: unknown) => {
      this.loading = undefined;
      throw error;
    });
    return this.loading;
  }

  private async readManifest(): Promise<void> {
    const record = await this.deps.store.readRecord(this.deps.partition, MANIFEST_KEY);
    if (record === undefined) return;
    const manifest = stored.SearchManifest.decode(record.value);
    this.obsolete = manifest.obsolete.map(restored);
    const isOfOther = manifest.generation !== this.deps.generation;
    if (isOfOther) this.obsolete.push(...manifest.segments.map(restored));
    this.unwritten = this.obsolete.length > 0;
    if (isOfOther) return;
    this.indexed = manifest.indexedSeq;
    this.segments = manifest.segments.map(restored);
  }

  /**
   * Brings the index up to the head, less what makes no segment yet, by `segmentsMax` new segments at most. One at a time;
   * later calls join.
   */
  catchUp(head: () => number, segmentsMax = Number.POSITIVE_INFINITY): Promise<void> {
    this.work ??= this.run(head, segmentsMax).finally(() => {
      this.work = undefined;
    });
    return this.work;
  }

  /** What a reader did not find. False: it is not listed any more, so that to read again is enough. */
  notFound(segment: SegmentEntry): boolean {
    if (!this.segments.includes(segment) || segment.lastSeq >= this.lostFrom) return false;
    this.lostFrom = segment.firstSeq;
    this.deps.lost(segment);
    return true;
  }

  /** What is under way stops before its next write. Resolves when that has happened. */
  async end(): Promise<void> {
    this.ended = true;
    await this.work?.catch(() => undefined);
  }

  get over(): boolean {
    return this.ended || !this.deps.alive();
  }

  private async write(writes: readonly StoreWrite[]): Promise<void> {
    if (this.over) throw new ParleyError('unavailable');
    await this.deps.write(writes);
  }

  /** Whether positions up to this head make a segment that is not there. */
  lacksSegment(head: number): boolean {
    return head - this.indexedSeq >= this.segmentEvents;
  }

  private async run(head: () => number, segmentsMax: number): Promise<void> {
    await this.load();
    await this.removeObsolete();
    for (let built = 0; built < segmentsMax && !this.over && this.lacksSegment(head()); built++) {
      await this.build();
      for (let run = this.mergeable(); run !== undefined && !this.over; run = this.mergeable()) await this.merge(run);
    }
  }

  /**
   * Takes all words out that stand at these positions. Resolves when no record of a segment holds them, of those that were
   * written before; what is written later must have been read without them. Rejects when the owner has ended.
   */
  async purge(dropped: ReadonlySet<number>): Promise<void> {
    while (this.work !== undefined) await this.work.catch(() => undefined);
    this.work = this.takeOut(dropped).finally(() => {
      this.work = undefined;
    });
    return this.work;
  }

  private async takeOut(dropped: ReadonlySet<number>): Promise<void> {
    await this.load();
    await this.removeObsolete();
    for (const entry of [...this.segments]) {
      if (!this.segments.includes(entry)) continue; // lost meanwhile
      if (![...dropped].some((seq) => seq >= entry.firstSeq && seq <= entry.lastSeq)) continue;
      await this.replace([entry], { level: entry.level, revision: entry.revision + 1 }, dropped);
    }
  }

  private async build(): Promise<void> {
    const firstSeq = this.indexed + 1;
    const end = firstSeq + this.segmentEvents;
    const postings = new Postings();
    for (let from = firstSeq; from < end; ) {
      const events = await this.deps.events(from, Math.min(from + EVENTS_A_SLICE, end));
      if (events.length === 0) throw new Error(`the log of ${this.deps.channelId} ends below its head`);
      for (const event of events) postings.add(event);
      from += events.length;
      await this.deps.pause();
    }
    const blocks = postings.blocks(firstSeq);
    const writer = await this.begin({ firstSeq, lastSeq: end - 1, level: 0, revision: 0 });
    await writer.add(blocks);
    const segment = await writer.finish(postings.edits);
    this.indexed = segment.lastSeq;
    await this.put(segment, []);
  }

  /** The oldest FAN_IN neighbours of one level. */
  private mergeable(): readonly SegmentEntry[] | undefined {
    for (let at = 0; at + FAN_IN <= this.segments.length; at++) {
      const run = this.segments.slice(at, at + FAN_IN);
      const level = run[0]?.level ?? LEVEL_MAX;
      if (level < LEVEL_MAX && run.every((segment) => segment.level === level)) return run;
    }
    return undefined;
  }

  private merge(run: readonly SegmentEntry[]): Promise<void> {
    return this.replace(run, { level: (run[0]?.level ?? 0) + 1, revision: 0 }, new Set());
  }

  /** One segment in the place of neighbours. Where one of them lacks records, none: what it held is read from the log. */
  private async replace(...given: Parameters<ChannelIndex['rewrite']>): Promise<void> {
    try {
      await this.rewrite(...given);
    } catch (error) {
      if (!(error instanceof SegmentGone)) throw error;
      this.notFound(error.segment);
    }
    await this.removeObsolete();
  }

  private async rewrite(
    run: readonly SegmentEntry[],
    kind: Pick<SegmentRange, 'level' | 'revision'>,
    dropped: ReadonlySet<number>,
  ): Promise<void> {
    const opened = await Promise.all(run.map((entry) => this.open(entry)));
    const sources = opened.map(({ entry, readBlock: read }): MergeSource => {
      return { firstSeq: entry.firstSeq, blocks: entry.blocks, read };
    });
    const writer = await this.begin({ firstSeq: run[0]?.firstSeq ?? 0, lastSeq: run.at(-1)?.lastSeq ?? 0, ...kind });
    await mergeBlocks(sources, dropped, (blocks) => writer.add(blocks), this.deps.pause);
    const edits = opened.flatMap(({ head }) => head.edits).filter(({ seq }) => !dropped.has(seq));
    await this.put(await writer.finish(edits), run);
  }

  /** From here on the manifest knows of the segment, whatever becomes of it. */
  private async begin(range: SegmentRange): Promise<SegmentWriter> {
    const { generation } = this.deps;
    this.obsolete.push({ ...range, generation, blocks: 0, bytes: 0, edits: false });
    await this.writeManifest();
    return new SegmentWriter(this.deps, range, (writes) => this.write(writes));
  }

  /** A segment that was begun counts, in the place of `run`, if any. */
  private async put(segment: SegmentEntry, run: readonly SegmentEntry[]): Promise<void> {
    const first = run[0];
    if (first === undefined) this.segments.push(segment);
    else this.segments.splice(this.segments.indexOf(first), run.length, segment);
    const own = segmentPartition(this.deps.channelId, segment);
    this.obsolete = this.obsolete.filter((other) => segmentPartition(this.deps.channelId, other) !== own);
    this.obsolete.push(...run);
    await this.writeManifest();
  }

  private async writeManifest(): Promise<void> {
    const { partition, generation } = this.deps;
    const { segments, obsolete, indexed } = this;
    const value = stored.SearchManifest.encode({ generation, indexedSeq: indexed, segments, obsolete }).finish();
    const record = { key: MANIFEST_KEY, version: this.deps.nextVersion(), value };
    this.unwritten = true;
    await this.write([{ type: 'record', partition, record }]);
    this.unwritten = false;
  }

  /** A search that began before may still read what is removed: it begins again (`SegmentGone`). */
  private async removeObsolete(): Promise<void> {
    this.dropLost();
    if (this.unwritten) await this.writeManifest(); // else what it lists might be gone
    for (let segment = this.obsolete[0]; segment !== undefined; segment = this.obsolete[0]) {
      const partition = segmentPartition(this.deps.channelId, segment);
      await this.removeRecords(partition);
      this.heads.delete(partition);
      this.obsolete.shift();
    }
  }

  private dropLost(): void {
    if (this.lostFrom === Number.POSITIVE_INFINITY) return;
    this.indexed = this.indexedSeq;
    const { counting } = this;
    this.obsolete.push(...this.segments.slice(counting.length));
    this.segments = counting;
    this.lostFrom = Number.POSITIVE_INFINITY;
    this.unwritten = true;
  }

  private async removeRecords(partition: string): Promise<void> {
    const { store } = this.deps;
    const version = this.deps.nextVersion();
    for (let after = ''; ; ) {
      const records = await store.readRecords(partition, after, WRITES_A_COMMIT);
      const removals = records.map(({ key }): StoreWrite => ({ type: 'unrecord', partition, key, version }));
      if (removals.length > 0) await this.write(removals);
      if (records.length < WRITES_A_COMMIT) return;
      after = records.at(-1)?.key ?? '';
    }
  }

  async open(entry: SegmentEntry): Promise<OpenSegment> {
    const { store, channelId } = this.deps;
    const key = segmentPartition(channelId, entry);
    let head = this.heads.get(key);
    if (head === undefined) {
      head = await readHead(store, channelId, entry);
      if (this.heads.size >= HEADS_KEPT_MAX) this.heads.clear();
      this.heads.set(key, head);
    }
    return { entry, head, readBlock: (block) => readBlock(store, channelId, entry, block) };
  }
}

type SegmentRange = Pick<SegmentEntry, 'firstSeq' | 'lastSeq' | 'level' | 'revision'>;

class SegmentWriter {
  private readonly deps: ChannelIndexDeps;
  private readonly write: ChannelIndexDeps['write'];
  private readonly partition: string;
  private readonly range: SegmentRange;
  private readonly version: Version;
  private readonly firstTerms: string[] = [];
  private bytes = 0;

  constructor(deps: ChannelIndexDeps, range: SegmentRange, write: ChannelIndexDeps['write']) {
    this.deps = deps;
    this.write = write;
    this.range = range;
    this.version = deps.nextVersion();
    this.partition = segmentPartition(deps.channelId, this.entry(false));
  }

  private entry(edits: boolean): SegmentEntry {
    const { generation } = this.deps;
    return { ...this.range, generation, blocks: this.firstTerms.length, bytes: this.bytes, edits };
  }

  async add(blocks: readonly Block[]): Promise<void> {
    const writes = blocks.map(({ firstTerm, bytes }) => {
      const write = this.record(blockKey(this.firstTerms.length), bytes);
      this.firstTerms.push(firstTerm);
      return write;
    });
    for (let at = 0; at < writes.length; at += WRITES_A_COMMIT)
      await this.write(writes.slice(at, at + WRITES_A_COMMIT));
  }

  async finish(edits: readonly Edit[]): Promise<SegmentEntry> {
    await this.write([this.record(HEAD_KEY, encodeHead({ firstTerms: this.firstTerms, edits }))]);
    return this.entry(edits.length > 0);
  }

  private record(key: string, value: Uint8Array): StoreWrite {
    this.bytes += key.length + value.length;
    return { type: 'record', partition: this.partition, record: { key, version: this.version, value } };
  }
}
