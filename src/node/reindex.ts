/** `parley reindex`: has every search index of a stopped data folder built anew, each when its channel is next used. */
import { raiseSearchGeneration } from '../search/generation.js';
import { openDataFolder } from '../storage/lmdb/data-folder.js';
import { openLmdb } from '../storage/lmdb/lmdb-storage.js';

/** Resolves once it is durable. Rejects when a process runs on the folder. */
export async function reindex(data: string, incarnation: string, now: number): Promise<void> {
  const folder = await openDataFolder(data, { now });
  try {
    const storage = await openLmdb({ folder, incarnation });
    try {
      await storage.ownership.insertFence(incarnation);
      await raiseSearchGeneration(storage.messages);
    } finally {
      await storage.close();
    }
  } finally {
    await folder.release();
  }
}
