/** The formats of a data folder, and how each becomes the next. */
import { moveIdsByDay } from './move-ids-by-day.js';

/** The version of the format that this program writes. 2: the ids of messages are indexed by shard and day. */
export const FORMAT_VERSION = 2;

/** Brings a folder of format `from` to `from + 1`. Repeated from its start when it is cut short. */
export interface FolderMigration {
  readonly from: number;
  run(path: string): Promise<void>;
}

/** One for each format before this one. */
export const MIGRATIONS: readonly FolderMigration[] = [{ from: 1, run: moveIdsByDay }];
