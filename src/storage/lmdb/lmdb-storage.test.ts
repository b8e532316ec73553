import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Storage, StoreWrite } from '../../core/store.js';
import { type ConformancePlace, STORAGE_CONFORMANCE } from '../conformance.js';
import { type DataFolder, openDataFolder } from './data-folder.js';
import { type LmdbPlace, openLmdb, openLmdbPlace } from './lmdb-storage.js';

let path: string;
let folder: DataFolder;
beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'parley-lmdb-'));
  folder = await openDataFolder(path, { now: 1 });
});
afterEach(async () => {
  await folder.release();
  rmSync(path, { recursive: true });
});

const row = (log: string, seq: number): StoreWrite => ({
  type: 'row',
  log,
  row: { seq, epoch: { term: 1, sub: 0 }, body: new Uint8Array(20) },
});

/** Opens the folder with its first handle and closes it with its last, so that reopening really reads the disk. */
function lmdbPlace(): ConformancePlace & { closeAll(): Promise<void> } {
  let place: LmdbPlace | undefined;
  const handles = new Set<Storage>();
  return {
    fencesWrites: true,
    open: async (incarnation) => {
      place ??= await openLmdbPlace(folder, { commitIntervalMs: 0 });
      const storage = place.handle(incarnation);
      const handle: Storage = {
        ...storage,
        close: async () => {
          await storage.close();
          handles.delete(handle);
          if (handles.size > 0) return;
          await place?.close();
          place = undefined;
        },
      };
      handles.add(handle);
      return handle;
    },
    closeAll: async () => {
      for (const handle of handles) await handle.close();
    },
  };
}

describe('the LMDB store', () => {
  it.each(STORAGE_CONFORMANCE.map((check) => [check.name, check] as const))('%s', async (_name, check) => {
    const place = lmdbPlace();
    try {
      await check.run(place);
    } finally {
      await place.closeAll();
    }
  });

  it('gathers what is written at once into one transaction', async () => {
    const commits: number[] = [];
    const storage = await openLmdb({ folder, incarnation: 'a', onCommit: (writes) => commits.push(writes) });
    await storage.ownership.insertFence('a');
    await Promise.all(Array.from({ length: 40 }, (_, i) => storage.messages.write([row('l', i), row('m', i)])));
    expect(commits).toEqual([80]);
    await storage.close();
  });

  it('refuses a batch of a programmer who breaks the rules of keys, and goes on', async () => {
    const storage = await openLmdb({ folder, incarnation: 'a' });
    await storage.ownership.insertFence('a');
    await expect(storage.messages.write([row('l', 1), row('nul\0', 1)])).rejects.toThrow('a key holds no NUL');
    await expect(storage.messages.write([row('l'.repeat(201), 1)])).rejects.toThrow('at most 200 bytes');
    await storage.messages.write([row('l', 2)]);
    expect((await storage.messages.readRows('l', 0, 9, 9)).map(({ seq }) => seq)).toEqual([2]);
    await storage.close();
  });

  it('takes writes no more once more wait than the bound allows, and takes them again after', async () => {
    const storage = await openLmdb({ folder, incarnation: 'a' });
    await storage.ownership.insertFence('a');
    const batch = Array.from({ length: 10_000 }, () => row('l', 1));
    const outcomes = await Promise.allSettled(Array.from({ length: 21 }, () => storage.messages.write(batch)));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(outcomes.at(-1)).toMatchObject({ reason: { kind: 'unavailable' } });
    await storage.messages.write(batch);
    await storage.close();
  });

  it.each([
    ['holds garbage', () => Buffer.alloc(100_000, 'garbage ')],
    ['holds a few bytes only', () => Buffer.alloc(10)],
    ['lost its end', (sound: Buffer) => sound.subarray(0, 16_384)],
    ['lost its second page', (sound: Buffer) => sound.fill(0, 4096, 8192)],
  ])('refuses, in a sentence, a data file that %s, and leaves it as it is', async (_name, damage) => {
    const storage = await openLmdb({ folder, incarnation: 'a' });
    await storage.ownership.insertFence('a');
    const body = new Uint8Array(3_000_000);
    await storage.messages.write([{ type: 'row', log: 'l', row: { seq: 1, epoch: { term: 1, sub: 0 }, body } }]);
    await storage.close();
    const file = join(path, 'messages', 'data.mdb');
    const damaged = damage(readFileSync(file));
    writeFileSync(file, damaged);
    await expect(openLmdb({ folder, incarnation: 'b' })).rejects.toMatchObject({
      reason: 'corrupt',
      message: expect.stringContaining('cannot be opened: it'),
    });
    expect(readFileSync(file).equals(damaged)).toBe(true);
  });

  it('forgets tombstones when it is opened anew, and with them nothing else', async () => {
    const version = (term: number) => ({ term, sub: 0, counter: 0 });
    const record = { key: 'kept', version: version(1), value: new Uint8Array(1) };
    const storage = await openLmdb({ folder, incarnation: 'a' });
    await storage.ownership.insertFence('a');
    await storage.messages.write([
      { type: 'record', partition: 'p', record },
      { type: 'unrecord', partition: 'p', key: 'gone', version: version(2) },
    ]);
    await storage.close();
    const next = await openLmdb({ folder, incarnation: 'b' });
    await next.ownership.insertFence('b');
    await next.messages.write([{ type: 'record', partition: 'p', record: { ...record, key: 'gone' } }]);
    expect((await next.messages.readRecords('p', '', 9)).map(({ key }) => key)).toEqual(['gone', 'kept']);
    await next.close();
  });
});
