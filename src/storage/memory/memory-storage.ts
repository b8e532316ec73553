/** The storage ports over a MemoryPlace: for tests and the simulation, which put their faults around each call. */
import { ParleyError } from '../../core/errors.js';
import type { MessageStore, OwnerChange, OwnershipStore, Storage, StoreWrite } from '../../core/store.js';
import { MemoryPlace } from './memory-place.js';

/** One call of a port by one incarnation. */
export type StoreOperation =
  | { readonly type: 'write'; readonly incarnation: string; readonly batch: readonly StoreWrite[] }
  | {
      readonly type: 'changeOwners';
      readonly incarnation: string;
      readonly changes: readonly OwnerChange[];
    }
  | {
      readonly type:
        | 'readRows'
        | 'readEpochs'
        | 'readLogs'
        | 'readRecord'
        | 'readRecords'
        | 'insertFence'
        | 'fence'
        | 'readFence'
        | 'readOwners'
        | 'readOwner';
      readonly incarnation: string;
      /** The log, partition, incarnation or shard it is about. */
      readonly subject: string;
    };

/**
 * Wraps every call. `apply` is the one step in which the operation happens; it may be called late, never, more than
 * once, or before a throw, and so any fault of a distributed store can be played:
 * - a time-out whose write lands later: `keep(apply); throw new ParleyError('timeout')`
 * - a full disk: `throw new ParleyError('storage_full')`
 * - a part of a batch only: `place.apply(operation.batch.slice(0, 1)); throw new ParleyError('unavailable')`
 */
export type Around = <Answer>(operation: StoreOperation, apply: () => Answer) => Promise<Answer>;

export interface MemoryOptions {
  /** What several handles share; a new one when absent. */
  readonly place?: MemoryPlace;
  readonly incarnation: string;
  /**
   * True (the default, as LMDB): a write of an incarnation that is not LIVE is refused with `fenced`, in the same
   * step. False (as Cassandra): it is taken, and only the fence read afterwards tells.
   */
  readonly fencesWrites?: boolean;
  readonly around?: Around;
}

const plainly: Around = async (_operation, apply) => apply();

/** Opens a place for one incarnation. A closed handle answers `unavailable`; the place and other handles live on. */
export function openMemory(options: MemoryOptions): Storage {
  const { incarnation, place = new MemoryPlace(), fencesWrites = true } = options;
  let open = true;
  const around: Around = async (operation, apply) => {
    if (!open) throw new ParleyError('unavailable', { sentence: 'The store is closed.' });
    return (options.around ?? plainly)(operation, apply);
  };
  return {
    messages: messageStore(place, incarnation, fencesWrites, around),
    ownership: ownershipStore(place, incarnation, around),
    close: async () => {
      open = false;
    },
  };
}

function messageStore(place: MemoryPlace, incarnation: string, fencesWrites: boolean, around: Around): MessageStore {
  return {
    write: (batch) =>
      around({ type: 'write', incarnation, batch }, () => {
        if (fencesWrites && place.fenceOf(incarnation) !== 'live') throw new ParleyError('fenced');
        place.apply(batch);
      }),
    readRows: (log, fromSeq, toSeq, limit) =>
      around({ type: 'readRows', incarnation, subject: log }, () => place.rows(log, fromSeq, toSeq, limit)),
    readEpochs: (log) => around({ type: 'readEpochs', incarnation, subject: log }, () => place.epochs(log)),
    readLogs: (after, limit) =>
      around({ type: 'readLogs', incarnation, subject: after }, () => place.logs(after, limit)),
    readRecord: (partition, key) =>
      around({ type: 'readRecord', incarnation, subject: partition }, () => place.record(partition, key)),
    readRecords: (partition, afterKey, limit) =>
      around({ type: 'readRecords', incarnation, subject: partition }, () => place.records(partition, afterKey, limit)),
  };
}

function ownershipStore(place: MemoryPlace, incarnation: string, around: Around): OwnershipStore {
  return {
    insertFence: (subject) => around({ type: 'insertFence', incarnation, subject }, () => place.insertFence(subject)),
    fence: (subject) => around({ type: 'fence', incarnation, subject }, () => place.fence(subject)),
    readFence: (subject) => around({ type: 'readFence', incarnation, subject }, () => place.fenceOf(subject)),
    readOwners: () => around({ type: 'readOwners', incarnation, subject: '' }, () => place.owners()),
    readOwner: (shard) => around({ type: 'readOwner', incarnation, subject: `${shard}` }, () => place.owner(shard)),
    changeOwners: (changes) =>
      around({ type: 'changeOwners', incarnation, changes }, () => place.changeOwners(changes)),
  };
}
