/**
 * Finds a message by its id alone: pages of (id → channel, seq), one shard and 5 seconds of id time each, written behind
 * the acknowledgement. What is not written yet is in memory; what a crash loses, activations put in again from their
 * checkpoints. The log row stays the truth.
 */
import type { Clock } from '../core/clock.js';
import type { ChannelId } from '../core/ids.js';
import type { Logger } from '../core/logger.js';
import { type MessageId, messageIdShard, messageIdTime } from '../core/message-id.js';
import type { MessageStore, StoreWrite } from '../core/store.js';
import { stored } from '../protocol/stored.js';
import { Long } from '../protocol/wire.js';

export interface MessagePlace {
  readonly channelId: ChannelId;
  readonly seq: number;
}

/** Entries as they were added: lists side by side, since each entry would else be objects that outlive young collections. */
class Page {
  /** The low and the high half of each id, one after the other. */
  private readonly halves: number[] = [];
  private readonly channelIds: ChannelId[] = [];
  private readonly seqs: number[] = [];

  get size(): number {
    return this.seqs.length;
  }

  add(id: MessageId, { channelId, seq }: MessagePlace): void {
    this.halves.push(id.low, id.high);
    this.channelIds.push(channelId);
    this.seqs.push(seq);
  }

  idAt(index: number): MessageId {
    return Long.fromBits(this.halves[2 * index] ?? 0, this.halves[2 * index + 1] ?? 0, true);
  }

  placeAt(index: number): MessagePlace {
    return { channelId: this.channelIds[index] ?? '', seq: this.seqs[index] ?? 0 };
  }

  find({ low, high }: MessageId): MessagePlace | undefined {
    for (let index = 0; index < this.size; index++)
      if (this.halves[2 * index] === low && this.halves[2 * index + 1] === high) return this.placeAt(index);
    return undefined;
  }

  encode(from: number, to: number): Uint8Array {
    const entries = this.seqs
      .slice(from, to)
      .map((_, index) => ({ messageId: this.idAt(from + index), ...this.placeAt(from + index) }));
    return stored.IdIndexPage.encode({ entries }).finish();
  }
}

/** By bucket, of one shard. */
type Pages = Map<number, Page>;

const BUCKET_MS = 5_000;
/** How long an entry may wait in memory before it is written, milliseconds. */
const WRITE_BEHIND_MS = 5_000;
/** Each shard has its turn within that time: all at once would hold up the messages that commit meanwhile. */
const TURNS = 50;
const PAGES_READ_MAX = 100;
/** Entries a stored page holds at most. */
const PAGE_ENTRIES_MAX = 1_000;

const bucketOf = (id: MessageId): number => Math.floor(messageIdTime(id) / BUCKET_MS);
const bucketKey = (bucket: number): string => bucket.toString().padStart(10, '0');
/** A day of id time is a partition: one that grew for ever would outgrow what a store holds together. */
const BUCKETS_A_PARTITION = (24 * 3600 * 1000) / BUCKET_MS;
const partitionOf = (shard: number, bucket: number): string =>
  `ids/${shard}/${Math.floor(bucket / BUCKETS_A_PARTITION)}`;

/** Resolves once the writes are durable. */
type Write = (writes: readonly StoreWrite[]) => Promise<void>;

export interface IdIndexDeps {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly termOf: (shard: number) => number | undefined;
  /** For what nobody waits for, so that it may share a flush with what somebody does. Default: the store's own. */
  readonly writeBehind?: Write;
}

export class IdIndex {
  private readonly store: MessageStore;
  private readonly writeNow: Write;
  private readonly writeBehind: Write;
  private readonly logger: Logger;
  private readonly termOf: (shard: number) => number | undefined;
  /** Shard → what is not written yet. */
  private readonly waiting = new Map<number, Pages>();
  /** Shard → what is being written. */
  private readonly writing = new Map<number, { readonly pages: Pages; readonly done: Promise<void> }>();
  private turn = 0;
  private counter = 0;
  private stopTimer: () => void;
  private readonly clock: Clock;

  constructor({ store, clock, logger, termOf, writeBehind }: IdIndexDeps) {
    this.store = store;
    this.writeNow = (writes) => store.write(writes);
    this.writeBehind = writeBehind ?? this.writeNow;
    this.clock = clock;
    this.logger = logger;
    this.termOf = termOf;
    this.stopTimer = clock.after(WRITE_BEHIND_MS / TURNS, () => this.writeRegularly());
  }

  add(id: MessageId, place: MessagePlace): void {
    const shard = messageIdShard(id);
    const bucket = bucketOf(id);
    const pages: Pages = this.waiting.get(shard) ?? new Map();
    if (pages.size === 0) this.waiting.set(shard, pages);
    const page = pages.get(bucket) ?? new Page();
    if (page.size === 0) pages.set(bucket, page);
    page.add(id, place);
  }

  async find(id: MessageId): Promise<MessagePlace | undefined> {
    const shard = messageIdShard(id);
    const bucket = bucketOf(id);
    for (const pages of [this.waiting.get(shard), this.writing.get(shard)?.pages]) {
      const place = pages?.get(bucket)?.find(id);
      if (place !== undefined) return place;
    }
    return this.findStored(id, partitionOf(shard, bucket), bucketKey(bucket));
  }

  private async findStored(id: MessageId, partition: string, prefix: string): Promise<MessagePlace | undefined> {
    let after = prefix;
    for (let page = 0; page < PAGES_READ_MAX; page++) {
      const records = await this.store.readRecords(partition, after, 16);
      for (const record of records) {
        if (!record.key.startsWith(prefix)) return undefined;
        const found = stored.IdIndexPage.decode(record.value).entries.find((entry) =>
          id.equals(entry.messageId ?? Long.UZERO),
        );
        if (found !== undefined) return { channelId: found.channelId ?? '', seq: found.seq ?? 0 };
        after = record.key;
      }
      if (records.length === 0) return undefined;
    }
    return undefined;
  }

  /** Resolves when all that was added to the shard before is durable; rejects when it could not be written. */
  async flush(shard: number, write = this.writeNow): Promise<void> {
    while (this.writing.has(shard)) await this.writing.get(shard)?.done.catch(() => undefined);
    const pages = this.waiting.get(shard);
    if (pages === undefined) return;
    this.waiting.delete(shard);
    const term = this.termOf(shard);
    if (term === undefined) return;
    const done = this.write(shard, term, pages, write).finally(() => this.writing.delete(shard));
    this.writing.set(shard, { pages, done });
    await done;
  }

  /**
   * The shard goes to another owner, who puts in again from the checkpoints what is not written: drops it, since a write
   * needs a term of one's own.
   */
  forget(shard: number): void {
    this.waiting.delete(shard);
  }

  async close(): Promise<void> {
    this.stopTimer();
    await Promise.all([...this.waiting.keys(), ...this.writing.keys()].map((shard) => this.flush(shard)));
  }

  private writeRegularly(): void {
    this.turn = (this.turn + 1) % TURNS;
    for (const shard of this.waiting.keys())
      if (shard % TURNS === this.turn)
        this.flush(shard, this.writeBehind).catch((cause: unknown) =>
          this.logger.warn({ err: cause, shard }, 'the index of message ids waits for the store'),
        );
    this.stopTimer = this.clock.after(WRITE_BEHIND_MS / TURNS, () => this.writeRegularly());
  }

  private async write(shard: number, term: number, pages: Pages, write: Write): Promise<void> {
    try {
      await write([...pages].flatMap(([bucket, page]) => this.writesOf(shard, term, bucket, page)));
    } catch (cause) {
      if (this.termOf(shard) !== term) return;
      for (const page of pages.values())
        for (let index = 0; index < page.size; index++) this.add(page.idAt(index), page.placeAt(index));
      throw cause;
    }
  }

  private writesOf(shard: number, term: number, bucket: number, page: Page): StoreWrite[] {
    const writes: StoreWrite[] = [];
    for (let from = 0; from < page.size; from += PAGE_ENTRIES_MAX) {
      const counter = ++this.counter;
      const value = page.encode(from, from + PAGE_ENTRIES_MAX);
      const key = `${bucketKey(bucket)}/${term}/${counter}`;
      writes.push({
        type: 'record',
        partition: partitionOf(shard, bucket),
        // A page is written once, and its key is used by no other: every version will do.
        record: { key, version: { term, sub: 0, counter: 0 }, value },
      });
    }
    return writes;
  }
}
