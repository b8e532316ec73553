import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSearchGeneration } from '../search/generation.js';
import { TOKENS_VERSION } from '../search/tokens.js';
import { openDataFolder } from '../storage/lmdb/data-folder.js';
import { openLmdb } from '../storage/lmdb/lmdb-storage.js';
import { reindexFolder } from './reindex.js';

const path = mkdtempSync(join(tmpdir(), 'parley-reindex-'));

afterAll(() => rmSync(path, { recursive: true }));

describe('parley reindex', () => {
  it('raises the generation of the search indexes, each time it is run, beside what this build takes for a word', async () => {
    await reindexFolder(path, 'reindex-1', 1);
    await reindexFolder(path, 'reindex-2', 2);
    const folder = await openDataFolder(path, { now: 3 });
    const storage = await openLmdb({ folder, incarnation: 'reader' });
    expect(await readSearchGeneration(storage.messages)).toBe(2 * 256 + TOKENS_VERSION);
    await storage.close();
    await folder.release();
  });

  it('leaves a folder alone on which a process runs', async () => {
    const folder = await openDataFolder(path, { now: 4 });
    await expect(reindexFolder(path, 'reindex-3', 5)).rejects.toThrow();
    await folder.release();
  });
});
