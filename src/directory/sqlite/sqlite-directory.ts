import { type Clock, systemClock } from '../../core/clock.js';
import { type Logger, silentLogger } from '../../core/logger.js';
import type { Directory } from '../directory.js';
import { connectDirectory } from '../rpc/client.js';
import type { DirectoryLink } from '../rpc/link.js';
import { localLink, threadLink } from './links.js';

export interface SqliteDirectoryOptions {
  /** Made when it is missing, readable by its owner only; its folder exists. */
  readonly file: string;
  readonly logger?: Logger;
  /** For the deadlines of calls. */
  readonly clock?: Clock;
  /** The compiled worker; beside this file when absent. */
  readonly worker?: URL;
}

/**
 * The directory in one SQLite file, in a thread of its own. Brings an older schema up to date. Rejects with `unavailable`
 * and a sentence when the file is another program's, of a newer schema, or cannot be opened. Run from TypeScript sources,
 * where no compiled worker lies beside this file, it works in the caller's thread instead, behind the same queue.
 */
export async function openSqliteDirectory(options: SqliteDirectoryOptions): Promise<Directory> {
  const { file, logger = silentLogger, clock = systemClock } = options;
  const worker = options.worker ?? compiledWorker();
  const link = worker ? threadLink(worker, { file }) : await linkWithoutThread(file);
  return connectDirectory({ link, clock, onFailure: (error) => logger.error({ err: error }, 'the directory failed') });
}

function compiledWorker(): URL | undefined {
  return import.meta.url.endsWith('.ts') ? undefined : new URL('./worker.js', import.meta.url);
}

async function linkWithoutThread(file: string): Promise<DirectoryLink> {
  // Not at the top: the main thread of the server has no use for Kysely and libsql.
  const { openLocalDirectory } = await import('./local-directory.js');
  return localLink(await openLocalDirectory({ file }));
}
