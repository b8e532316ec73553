/**
 * The data folder: one process at a time, and only what Parley has made. It holds `parley.json` (the version of its
 * format), `messages/` (LMDB), `directory.sqlite`, and the lock. Opened once, before anything in it is.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { DataFolderError } from './data-folder-error.js';
import { type FolderLock, isLockFile, lockFolder } from './folder-lock.js';
import { FORMAT_VERSION, type FolderMigration, MIGRATIONS } from './migrations.js';

const FORMAT_FILE = 'parley.json';
const FORMAT_FILE_NEXT = 'parley.json.next';
/** What may lie in a folder that is new: a mounted disk's own folder, and what a start that was cut short left. */
const EMPTY_EXCEPT = new Set(['lost+found', FORMAT_FILE_NEXT]);

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  readonly formatVersion: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Gives up the lock; whatever was opened in the folder must be closed by then. */
  release(): Promise<void>;
}

interface DataFolderOptions {
  /** Milliseconds since 1970, for a folder that is new. */
  readonly now: number;
  readonly formatVersion?: number;
  readonly migrations?: readonly FolderMigration[];
}

interface Format {
  readonly version: number;
  readonly createdAt: number;
}

/**
 * Makes or opens a data folder and locks it. Throws DataFolderError when another process has it, when it is of a newer
 * format, not Parley's or not readable; of an older format it is migrated.
 */
export async function openDataFolder(folder: string, options: DataFolderOptions): Promise<DataFolder> {
  const path = resolve(folder);
  const wanted = options.formatVersion ?? FORMAT_VERSION;
  readFormat(path, wanted);
  const lock = await lockOrRefuse(path);
  try {
    // Read again: until the lock was had, another process may have made or migrated it.
    const format = readFormat(path, wanted) ?? { version: wanted, createdAt: options.now };
    const migrated = await migrate(path, format, wanted, options.migrations ?? MIGRATIONS);
    writeFormat(path, migrated);
    return { path, formatVersion: migrated.version, createdAt: migrated.createdAt, release: () => lock.release() };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function lockOrRefuse(path: string): Promise<FolderLock> {
  let lock: FolderLock | undefined;
  try {
    mkdirSync(path, { recursive: true });
    lock = await lockFolder(path);
  } catch (cause) {
    throw new DataFolderError('inaccessible', `The data folder ${path} cannot be written to: ${textOf(cause)}.`, cause);
  }
  if (lock === undefined) throw new DataFolderError('in_use', `Another process uses the data folder ${path}.`);
  return lock;
}

/** The folder's format; undefined for a folder that is new. Throws DataFolderError for one that is not to be touched. */
function readFormat(path: string, wanted: number): Format | undefined {
  let names: string[];
  try {
    if (!existsSync(path)) return undefined;
    names = readdirSync(path);
  } catch (cause) {
    throw new DataFolderError('inaccessible', `The data folder ${path} cannot be read: ${textOf(cause)}.`, cause);
  }
  if (!names.includes(FORMAT_FILE)) {
    if (names.every((name) => isLockFile(name) || EMPTY_EXCEPT.has(name))) return undefined;
    throw new DataFolderError('foreign', `The folder ${path} holds other things than Parley's data: choose another.`);
  }
  const format = parseFormat(path);
  if (format.version > wanted) {
    const versions = `format ${format.version}, and this program knows formats up to ${wanted}`;
    throw new DataFolderError('newer', `The data folder ${path} was written by a newer Parley (${versions}).`);
  }
  return format;
}

function parseFormat(path: string): Format {
  try {
    const found: unknown = JSON.parse(readFileSync(join(path, FORMAT_FILE), 'utf8'));
    if (isFormat(found)) return { version: found.version, createdAt: found.createdAt };
  } catch (cause) {
    throw new DataFolderError('corrupt', `${FORMAT_FILE} in the data folder ${path} cannot be read.`, cause);
  }
  throw new DataFolderError('corrupt', `${FORMAT_FILE} in the data folder ${path} is not Parley's.`);
}

function isFormat(found: unknown): found is Format {
  if (typeof found !== 'object' || found === null || !('version' in found) || !('createdAt' in found)) return false;
  return Number.isInteger(found.version) && Number(found.version) > 0 && Number.isFinite(found.createdAt);
}

async function migrate(
  path: string,
  format: Format,
  wanted: number,
  migrations: readonly FolderMigration[],
): Promise<Format> {
  let { version } = format;
  while (version < wanted) {
    const migration = migrations.find(({ from }) => from === version);
    if (migration === undefined) {
      throw new DataFolderError('corrupt', `The data folder ${path} has format ${version}, which cannot be migrated.`);
    }
    await migration.run(path);
    version++;
    writeFormat(path, { ...format, version });
  }
  return { ...format, version };
}

/** Replaces the file in one step, synced: after a crash it is the old one or the new one. */
function writeFormat(path: string, format: Format): void {
  const next = join(path, FORMAT_FILE_NEXT);
  const file = openSync(next, 'w', 0o600);
  writeSync(file, `${JSON.stringify({ version: format.version, createdAt: format.createdAt })}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(next, join(path, FORMAT_FILE));
  syncFolder(path);
}

/** Makes the names in a folder durable. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
