/** The MessageStore over LMDB. Reads are synchronous inside: a page of memory-mapped rows, copied out. */
import type { LogRow, MessageStore, StoredRecord } from '../../core/store.js';
import { checkKey } from '../check-write.js';
import type { CommitQueue } from './commit-queue.js';
import type { Environment } from './environment.js';
import { decodeSeq, decodeVersion, EPOCH_BYTES, KeyWriter, readEpoch, readRowKey, VERSION_BYTES } from './keys.js';

interface Opened {
  readonly environment: Environment;
  readonly queue: CommitQueue;
  /** Throws `unavailable` once the handle is closed. */
  readonly assertOpen: () => void;
}

export function lmdbMessages(opened: Opened, incarnation: string): MessageStore {
  const { environment, queue, assertOpen } = opened;
  const { rows, epochs, records } = environment;
  const starts = new KeyWriter();
  const ends = new KeyWriter();

  return {
    write: async (batch) => {
      assertOpen();
      await queue.write(incarnation, batch);
    },
    readRows: async (log, fromSeq, toSeq, limit) => {
      assertOpen();
      checkKey(log);
      const found: LogRow[] = [];
      if (limit <= 0 || fromSeq >= toSeq) return found;
      const start = starts.rowStart(log, Math.max(0, fromSeq));
      const end = ends.rowStart(log, Math.min(toSeq, Number.MAX_SAFE_INTEGER));
      for (const { key, value } of rows.getRange({ start, end, limit })) {
        found.push({ ...readRowKey(key), body: value });
      }
      return found;
    },
    readEpochs: async (log) => {
      assertOpen();
      checkKey(log);
      const range = epochs.getRange({ start: starts.first(log), end: ends.last(log) });
      return [...range].map(({ key, value }) => ({
        epoch: readEpoch(key, key.length - EPOCH_BYTES),
        startSeq: decodeSeq(value),
      }));
    },
    readLogs: async (after, limit) => {
      assertOpen();
      checkKey(after);
      const found: string[] = [];
      let start = after === '' ? undefined : starts.last(after);
      while (found.length < limit) {
        // From one log to the next, past all epochs of the first.
        const [next] = epochs.getRange(start === undefined ? { limit: 1 } : { start, limit: 1 });
        if (next === undefined) break;
        const log = next.key.toString('utf8', 0, next.key.length - EPOCH_BYTES - 1);
        found.push(log);
        start = starts.last(log);
      }
      return found;
    },
    readRecord: async (partition, key) => {
      assertOpen();
      checkKey(partition);
      const bytes = records.getBinary(starts.record(partition, key));
      return bytes && toRecord(key, bytes);
    },
    readRecords: async (partition, afterKey, limit) => {
      assertOpen();
      checkKey(partition);
      if (limit <= 0) return [];
      const keyAt = Buffer.byteLength(partition) + 1;
      const found: StoredRecord[] = [];
      // Records that are removed have left this database, so one more than the limit is enough: `afterKey` itself.
      const start = starts.record(partition, afterKey);
      for (const { key, value } of records.getRange({ start, end: ends.last(partition), limit: limit + 1 })) {
        const name = key.toString('utf8', keyAt);
        if (name !== afterKey && found.length < limit) found.push(toRecord(name, value));
      }
      return found;
    },
  };
}

function toRecord(key: string, bytes: Buffer): StoredRecord {
  return { key, version: decodeVersion(bytes), value: bytes.subarray(VERSION_BYTES) };
}
