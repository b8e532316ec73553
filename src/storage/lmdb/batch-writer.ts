/** Turns the writes of one transaction into puts and removals of LMDB, which its own thread carries out. */
import { compareVersions, type Version } from '../../core/epoch.js';
import { unreachable } from '../../core/errors.js';
import type { StoreWrite } from '../../core/store.js';
import type { Environment } from './environment.js';
import { decodeVersion, encodeSeq, encodeVersion, type KeyWriter } from './keys.js';

type Trim = Extract<StoreWrite, { type: 'trim' }>;

/** The newest that is known of a record: its version, and whether that was a removal. */
interface Newest {
  readonly version: Version;
  readonly removed: boolean;
}

export class BatchWriter {
  private readonly environment: Environment;
  private readonly keys: KeyWriter;
  /** What this very transaction writes, which no read sees yet. */
  private readonly changed = new Map<string, Newest>();
  /** Trims come after all else: they must read what they remove. */
  readonly trims: Trim[] = [];

  constructor(environment: Environment, keys: KeyWriter) {
    this.environment = environment;
    this.keys = keys;
  }

  put(write: StoreWrite): void {
    const { rows, epochs } = this.environment;
    switch (write.type) {
      case 'row':
      case 'erase':
        void rows.put(this.keys.row(write.log, write.row.seq, write.row.epoch), asBuffer(write.row.body));
        break;
      case 'epoch':
        void epochs.put(this.keys.epoch(write.log, write.entry.epoch), encodeSeq(write.entry.startSeq));
        break;
      case 'unepoch':
        void epochs.remove(this.keys.epoch(write.log, write.epoch));
        break;
      case 'record':
        this.putRecord(write.partition, write.record.key, write.record.version, write.record.value);
        break;
      case 'unrecord':
        this.removeRecord(write.partition, write.key, write.version);
        break;
      case 'trim':
        this.trims.push(write);
        break;
      default:
        unreachable(write);
    }
  }

  private putRecord(partition: string, key: string, version: Version, value: Uint8Array): void {
    const { records, tombstones } = this.environment;
    const newest = this.newest(partition, key);
    const order = newest === undefined ? 1 : compareVersions(version, newest.version);
    if (order < 0 || (order === 0 && newest?.removed)) return;
    if (newest?.removed) void tombstones.remove(this.keys.record(partition, key));
    void records.put(this.keys.record(partition, key), encodeVersion(version, value));
    this.changed.set(`${partition}\0${key}`, { version, removed: false });
  }

  private removeRecord(partition: string, key: string, version: Version): void {
    const { records, tombstones } = this.environment;
    const newest = this.newest(partition, key);
    if (newest !== undefined && compareVersions(version, newest.version) < 0) return;
    if (newest?.removed === false) void records.remove(this.keys.record(partition, key));
    void tombstones.put(this.keys.record(partition, key), encodeVersion(version));
    this.changed.set(`${partition}\0${key}`, { version, removed: true });
  }

  private newest(partition: string, key: string): Newest | undefined {
    const changed = this.changed.get(`${partition}\0${key}`);
    if (changed !== undefined) return changed;
    const record = this.environment.records.getBinaryFast(this.keys.record(partition, key));
    if (record !== undefined) return { version: decodeVersion(record), removed: false };
    const tombstone = this.environment.tombstones.getBinaryFast(this.keys.record(partition, key));
    return tombstone && { version: decodeVersion(tombstone), removed: true };
  }
}

/** The same memory, not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
