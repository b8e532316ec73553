import { type Clock, systemClock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { type Random, systemRandom } from '../../core/random.js';
import type { Directory } from '../directory.js';
import { MIGRATIONS, type Migration, migrate } from '../migrations/migrate.js';
import { createSqlDirectory } from '../sql/sql-directory.js';
import { openDatabase } from './database.js';
import { GroupCommit } from './group-commit.js';

export interface LocalDirectoryOptions {
  readonly file: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly migrations?: readonly Migration[];
}

/**
 * The directory in one SQLite file, in the thread that calls it: each call blocks that thread while SQLite works. Parts
 * that carry messages use `openSqliteDirectory` instead. Rejects with `unavailable` and a sentence.
 */
export async function openLocalDirectory(options: LocalDirectoryOptions): Promise<Directory> {
  const { file, clock = systemClock, random = systemRandom, migrations = MIGRATIONS } = options;
  const transactions = new GroupCommit(openDatabase(file));
  try {
    await transactions.write((db) => migrate(db, migrations));
  } catch (thrown) {
    await transactions.close();
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new ParleyError('unavailable', { sentence: `${file} cannot be used: ${why}`, cause: thrown });
  }
  return createSqlDirectory({ transactions, clock, random });
}
