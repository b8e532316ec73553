/** Storage in one data folder: LMDB behind the ports of src/core/store.ts. Durability is that of the folder's disk. */
import { join } from 'node:path';
import { ParleyError } from '../../core/errors.js';
import type { Storage } from '../../core/store.js';
import { type CommitOptions, CommitQueue } from './commit-queue.js';
import { type DataFolder, syncFolder } from './data-folder.js';
import { type Environment, openEnvironment } from './environment.js';
import { lmdbMessages } from './lmdb-messages.js';
import { lmdbOwnership } from './lmdb-ownership.js';
import { type WalkStep, walkMessages } from './walk.js';

export interface LmdbOptions extends CommitOptions {
  /** Locked and checked: only its holder opens what is in it. */
  readonly folder: DataFolder;
  readonly incarnation: string;
}

/**
 * How long a committer should hold rows that nobody waits for (`holdMaxMs`): LMDB copies and writes a page of 4 KiB for each row
 * that lies by itself, and each row of an inbox does, unless others of it come with it. Well below the time after which a channel
 * delivers again what is not confirmed.
 */
export const HOLD_MAX_MS = 500;

/** The folder's message store, opened once, on which several incarnations may have handles (in tests they do). */
export interface LmdbPlace {
  handle(incarnation: string): Storage;
  /** Everything in it, from after a position; see walkMessages. */
  walk(after: string): Iterable<WalkStep>;
  close(): Promise<void>;
}

/** Opens the messages of a folder for one incarnation. Throws DataFolderError when they cannot be read. */
export async function openLmdb(options: LmdbOptions): Promise<Storage> {
  const place = await openLmdbPlace(options.folder, options);
  const storage = place.handle(options.incarnation);
  return {
    ...storage,
    close: async () => {
      await storage.close();
      await place.close();
    },
  };
}

export async function openLmdbPlace(folder: DataFolder, options: CommitOptions = {}): Promise<LmdbPlace> {
  const path = join(folder.path, 'messages');
  const environment = openEnvironment(path);
  // A file that is synced may still be lost with its name: LMDB does not sync the folders it makes.
  syncFolder(path);
  syncFolder(folder.path);
  // Whoever wrote before is gone for good (the folder is locked), and its late writes with it.
  await environment.tombstones.clearAsync();
  const queue = new CommitQueue(environment, options);
  return {
    handle: (incarnation) => openHandle(environment, queue, incarnation),
    walk: (after) => walkMessages(environment, after),
    close: async () => {
      await queue.idle();
      await environment.root.close();
    },
  };
}

function openHandle(environment: Environment, queue: CommitQueue, incarnation: string): Storage {
  let open = true;
  const assertOpen = (): void => {
    if (!open) throw new ParleyError('unavailable', { sentence: 'The message store is closed.' });
  };
  return {
    messages: lmdbMessages({ environment, queue, assertOpen }, incarnation),
    ownership: lmdbOwnership({ environment, queue, assertOpen }),
    close: async () => {
      open = false;
      await queue.idle();
    },
  };
}
