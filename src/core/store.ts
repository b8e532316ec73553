/**
 * The message store: the ports through which actors keep what must not be lost, and the ownership that decides
 * whose writes count. Implementations live in src/storage/ and pass its conformance suite.
 *
 * A write that rejects with `unavailable` or `timeout` is in doubt: it may have happened, or happen later. The
 * caller repeats it as the same row. `storage_full` means that nothing of the batch was written. `fenced` means that
 * this incarnation has lost everything it owned; stores that check it with each write (memory, LMDB) also answer it to
 * one that was never LIVE.
 *
 * A read rejects with `unavailable` or `timeout`, and may be repeated. After `close` everything rejects with `unavailable`.
 */
import type { Epoch, Version } from './epoch.js';

/** `channel:alice~bob` or `user:alice`: the actor whose log it is. */
export type LogId = string;

export interface LogRow {
  readonly seq: number;
  readonly epoch: Epoch;
  readonly body: Uint8Array;
}

/** From `startSeq` on, rows of `epoch` count, up to the next entry's start. */
export interface EpochEntry {
  readonly epoch: Epoch;
  readonly startSeq: number;
}

export interface StoredRecord {
  readonly key: string;
  readonly version: Version;
  readonly value: Uint8Array;
}

/**
 * Logs are dense: between two rows of a log lie at most so many positions without one (those of writes in doubt). A read
 * whose range begins further below the first row than this, or goes on beyond such a gap, may end there.
 */
export const LOG_GAP_MAX = 1_000;

/**
 * Partitions of records that come and go, `active/…`: one that was removed may be there again hours later, when a part of
 * the store was away meanwhile. Whoever reads it must not be harmed by that. In return their removals are soon forgotten.
 */
export const isVolatile = (partition: string): boolean => partition.startsWith('active/');

export type StoreWrite =
  /** One log row, keyed (log, seq, epoch). It never changes: whoever writes the same key again writes the same body. */
  | { readonly type: 'row'; readonly log: LogId; readonly row: LogRow }
  /**
   * Puts another body in the place of a row's, for good: it wins over a write of the row that lands late. Only of a row
   * that is durable, which nobody writes again; all erasures of one row carry the same body. Of a row that was trimmed, the
   * erased one may be there.
   */
  | { readonly type: 'erase'; readonly log: LogId; readonly row: LogRow }
  /** One entry of the log's epoch index, keyed (log, epoch). It never changes either. */
  | { readonly type: 'epoch'; readonly log: LogId; readonly entry: EpochEntry }
  /**
   * Removes an entry of the epoch index that decides no position any more. Written late, or again, it may be there
   * again.
   */
  | { readonly type: 'unepoch'; readonly log: LogId; readonly epoch: Epoch }
  /** A record: the highest version wins, whatever the order of arrival. */
  | { readonly type: 'record'; readonly partition: string; readonly record: StoredRecord }
  /** Removes a record, also against late writes of lower versions by this or an earlier owner. */
  | { readonly type: 'unrecord'; readonly partition: string; readonly key: string; readonly version: Version }
  /**
   * Removes rows with seq below `belowSeq`, and epoch entries that govern only such rows. The floor is the caller's, and
   * is never lowered; a row below it that is written late may or may not be there.
   */
  | { readonly type: 'trim'; readonly log: LogId; readonly belowSeq: number };

/** Logs and records. Partitions and keys are strings of at most 200 bytes UTF-8; no NUL. */
export interface MessageStore {
  /**
   * Resolves when all of the batch is durable (synced). Not atomic: until it is settled, and after a failure, any part
   * may be there. Trims come last. The caller leaves the bytes alone until it is settled.
   */
  write(batch: readonly StoreWrite[]): Promise<void>;
  /** Rows of all epochs with fromSeq ≤ seq < toSeq, ascending by seq then epoch, at most `limit` rows. See LOG_GAP_MAX. */
  readRows(log: LogId, fromSeq: number, toSeq: number, limit: number): Promise<LogRow[]>;
  /** The epoch index, ascending by epoch. Empty for a log never written. */
  readEpochs(log: LogId): Promise<EpochEntry[]>;
  /**
   * Logs that have an epoch index, each once, in an order of the store's own that stays the same: those after `after` ('' =
   * from the start), at most `limit`. Of one that is written first meanwhile it may say nothing. It walks the whole store: for
   * operators, not for what anybody waits for.
   */
  readLogs(after: LogId, limit: number): Promise<LogId[]>;
  /** One record, or undefined. */
  readRecord(partition: string, key: string): Promise<StoredRecord | undefined>;
  /** Records of a partition with key > `afterKey` ('' = from the start), ascending by key, at most `limit`. */
  readRecords(partition: string, afterKey: string, limit: number): Promise<StoredRecord[]>;
}

export type FenceState = 'live' | 'fenced';

export interface ShardOwner {
  readonly shard: number;
  readonly term: number;
  /** Undefined: released. */
  readonly incarnation: string | undefined;
  /** Message ids of a later owner start at or above this time, milliseconds. */
  readonly idFloorMs: number;
}

/** Changes the row of `shard` if its term and incarnation are as expected (term 0, no incarnation: no row yet). */
export interface OwnerChange {
  readonly shard: number;
  readonly expectTerm: number;
  readonly expectIncarnation: string | undefined;
  readonly next: Omit<ShardOwner, 'shard'>;
}

/** Who owns what, decided by compare-and-set only. See docs/ARCHITECTURE.md, Ownership. */
export interface OwnershipStore {
  /** Makes this incarnation LIVE. Rejects with `fenced` when it was used before; with `timeout` or `unavailable`: in doubt. */
  insertFence(incarnation: string): Promise<void>;
  /** Makes an incarnation FENCED, for ever; also one that never was. Resolves when it surely is; rejects in doubt. */
  fence(incarnation: string): Promise<void>;
  /** The incarnation's state as of some moment after the call; undefined when it never was. */
  readFence(incarnation: string): Promise<FenceState | undefined>;
  /** All rows that exist, in no order. */
  readOwners(): Promise<ShardOwner[]>;
  /** The row of one shard, if there is one. */
  readOwner(shard: number): Promise<ShardOwner | undefined>;
  /**
   * Tries each change; the answer holds true where it was applied, false where the row was another. What it answers is sure: an
   * outcome that stays unknown rejects with `timeout` or `unavailable`, and any of the changes may have been applied, or be
   * applied later. The caller reads the rows again.
   */
  changeOwners(changes: readonly OwnerChange[]): Promise<boolean[]>;
}

/** What an adapter opens: both ports on one place, for one incarnation. */
export interface Storage {
  readonly messages: MessageStore;
  readonly ownership: OwnershipStore;
  close(): Promise<void>;
}
