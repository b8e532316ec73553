/** The LMDB environment of one data folder: its databases, and how it must be opened to be durable. */
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { faultOfDataFile } from './check-data-file.js';
import { DataFolderError } from './data-folder-error.js';

/** Versions of the entries of `fences`: what lets a write be conditional on LIVE inside its own transaction. */
export const LIVE = 1;
export const FENCED = 2;

type Bytes = Database<Buffer, Buffer>;

export interface Environment {
  /** The file that grows. */
  readonly dataFile: string;
  readonly root: RootDatabase<Buffer, Buffer>;
  /** (log, seq, epoch) → body. */
  readonly rows: Bytes;
  /** (log, epoch) → start seq. */
  readonly epochs: Bytes;
  /** (partition, key) → version, value. */
  readonly records: Bytes;
  /** (partition, key) → version of the removal: what is removed holds against late writes of lower versions. */
  readonly tombstones: Bytes;
  /** incarnation → nothing; the entry's version is LIVE or FENCED. */
  readonly fences: Bytes;
  /** shard → term, incarnation, id floor, as JSON. */
  readonly owners: Database<Buffer, number>;
}

/** Opens or creates it. Throws DataFolderError when it cannot be read. */
export function openEnvironment(path: string): Environment {
  let cause: unknown;
  let told: string | undefined;
  try {
    told = faultOfDataFile(join(path, 'data.mdb'));
    if (told === undefined) return openDatabases(path);
  } catch (thrown) {
    cause = thrown;
    told = thrown instanceof Error ? thrown.message : String(thrown);
  }
  throw new DataFolderError('corrupt', `The message store in ${path} cannot be opened: ${told}.`, cause);
}

/**
 * `overlappingSync: false` is what durability hangs on: a commit then resolves after its data
 * and then its meta page are synced. With the binding's default it would resolve before.
 */
function openDatabases(path: string): Environment {
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = open<Buffer, Buffer>({
    path,
    noSubdir: false,
    overlappingSync: false,
    eventTurnBatching: false,
    maxDbs: 8,
    ...binary,
  });
  return {
    dataFile: join(path, 'data.mdb'),
    root,
    rows: root.openDB({ name: 'rows', ...binary }),
    epochs: root.openDB({ name: 'epochs', ...binary }),
    records: root.openDB({ name: 'records', ...binary }),
    tombstones: root.openDB({ name: 'tombstones', ...binary }),
    fences: root.openDB({ name: 'fences', useVersions: true, ...binary }),
    owners: root.openDB<Buffer, number>({ name: 'owners', encoding: 'binary', keyEncoding: 'uint32' }),
  };
}
