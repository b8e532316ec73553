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

interface Page {
  readonly shard: number;
  readonly bucket: number;
  readonly entries: { id: MessageId; place: MessagePlace }[];
}

const BUCKET_MS = 5_000;
/** How long an entry may wait in memory before it is written, milliseconds. */
const WRITE_BEHIND_MS = 5_000;
const PAGES_READ_MAX = 100;
/** Entries a stored page holds at most. */
const PAGE_ENTRIES_MAX = 1_000;

const bucketOf = (id: MessageId): number => Math.floor(messageIdTime(id) / BUCKET_MS);
const bucketKey = (bucket: number): string => bucket.toString().padStart(10, '0');
const partitionOf = (shard: number): string => `ids/${shard}`;

export class IdIndex {
  private readonly store: MessageStore;
  private readonly logger: Logger;
  private readonly termOf: (shard: number) => number | undefined;
  private pending = new Map<string, Page>();
  private writing: Map<string, Page> | undefined;
  private written: Promise<void> = Promise.resolve();
  private counter = 0;
  private stopTimer: () => void;
  private readonly clock: Clock;

  constructor(store: MessageStore, clock: Clock, logger: Logger, termOf: (shard: number) => number | undefined) {
    this.store = store;
    this.clock = clock;
    this.logger = logger;
    this.termOf = termOf;
    this.stopTimer = clock.after(WRITE_BEHIND_MS, () => this.writeRegularly());
  }

  add(id: MessageId, place: MessagePlace): void {
    const shard = messageIdShard(id);
    const bucket = bucketOf(id);
    const key = `${shard}/${bucket}`;
    const page = this.pending.get(key) ?? { shard, bucket, entries: [] };
    page.entries.push({ id, place });
    this.pending.set(key, page);
  }

  async find(id: MessageId): Promise<MessagePlace | undefined> {
    const shard = messageIdShard(id);
    const bucket = bucketOf(id);
    const key = `${shard}/${bucket}`;
    for (const pages of [this.pending, this.writing]) {
      const entry = pages?.get(key)?.entries.find((candidate) => candidate.id.equals(id));
      if (entry !== undefined) return entry.place;
    }
    return this.findStored(id, shard, bucketKey(bucket));
  }

  private async findStored(id: MessageId, shard: number, prefix: string): Promise<MessagePlace | undefined> {
    let after = prefix;
    for (let page = 0; page < PAGES_READ_MAX; page++) {
      const records = await this.store.readRecords(partitionOf(shard), after, 16);
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

  /** Resolves when all that was added before is durable. */
  flush(): Promise<void> {
    this.written = this.written.catch(() => undefined).then(() => this.writePending());
    return this.written;
  }

  close(): Promise<void> {
    this.stopTimer();
    return this.flush();
  }

  private writeRegularly(): void {
    this.flush()
      .catch((cause: unknown) => this.logger.warn({ err: cause }, 'the index of message ids waits for the store'))
      .finally(() => {
        this.stopTimer = this.clock.after(WRITE_BEHIND_MS, () => this.writeRegularly());
      });
  }

  private async writePending(): Promise<void> {
    if (this.pending.size === 0) return;
    const pages = this.pending;
    this.pending = new Map();
    this.writing = pages;
    try {
      const writes = [...pages.values()].flatMap((page) => this.writesOf(page));
      await this.store.write(writes);
    } catch (cause) {
      for (const page of pages.values()) for (const { id, place } of page.entries) this.add(id, place);
      throw cause;
    } finally {
      this.writing = undefined;
    }
  }

  private writesOf(page: Page): StoreWrite[] {
    const term = this.termOf(page.shard) ?? 0;
    const writes: StoreWrite[] = [];
    for (let from = 0; from < page.entries.length; from += PAGE_ENTRIES_MAX) {
      const counter = ++this.counter;
      const entries = page.entries.slice(from, from + PAGE_ENTRIES_MAX);
      const value = stored.IdIndexPage.encode({
        entries: entries.map(({ id, place }) => ({ messageId: id, channelId: place.channelId, seq: place.seq })),
      }).finish();
      const key = `${bucketKey(page.bucket)}/${term}/${counter}`;
      writes.push({
        type: 'record',
        partition: partitionOf(page.shard),
        record: { key, version: { term, sub: 0, counter }, value },
      });
    }
    return writes;
  }
}
