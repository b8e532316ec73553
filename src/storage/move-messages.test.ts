import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import type { StoreWrite } from '../core/store.js';
import { type DataFolder, openDataFolder } from './lmdb/data-folder.js';
import { type LmdbPlace, openLmdbPlace } from './lmdb/lmdb-storage.js';
import { MemoryPlace } from './memory/memory-place.js';
import { type Around, openMemory } from './memory/memory-storage.js';
import { differencesOf, moveTerms, pagesOf } from './move-messages.js';

const epoch = (term: number) => ({ term, sub: 1 });
const WRITES: readonly StoreWrite[] = [
  ...Array.from({ length: 2_500 }, (_, index): StoreWrite => {
    const row = { seq: index + 1, epoch: epoch(index < 2_000 ? 1 : 3), body: Buffer.from(`message ${index}`) };
    return { type: 'row', log: index % 2 === 0 ? 'channel:a~b' : 'user:ä', row };
  }),
  { type: 'row', log: 'channel:a~b', row: { seq: 1, epoch: epoch(2), body: Buffer.from('late') } },
  { type: 'epoch', log: 'channel:a~b', entry: { epoch: epoch(1), startSeq: 1 } },
  { type: 'epoch', log: 'channel:a~b', entry: { epoch: epoch(3), startSeq: 2_001 } },
  {
    type: 'record',
    partition: 'checkpoint/channel:a~b',
    record: { key: 'state', version: { term: 3, sub: 1, counter: 7 }, value: Buffer.from([0, 1, 2]) },
  },
];

let path: string;
let folder: DataFolder;
let place: LmdbPlace;

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'parley-move-'));
  folder = await openDataFolder(join(path, 'data'), { now: 1 });
  place = await openLmdbPlace(folder);
  const storage = place.handle('old');
  await storage.ownership.insertFence('old');
  await storage.messages.write(WRITES);
});

afterEach(async () => {
  await place.close();
  await folder.release();
  rmSync(path, { recursive: true, force: true });
});

describe('everything of a data folder, moved page by page', () => {
  it('is there as it was', async () => {
    const target = openMemory({ incarnation: 'new', fencesWrites: false });
    for (const { writes } of pagesOf(place.walk(''))) await target.messages.write(writes);
    for (const page of pagesOf(place.walk(''))) expect(await differencesOf(page, target.messages)).toEqual([]);
    expect(await target.messages.readRows('channel:a~b', 1, 2, 10)).toHaveLength(2);
  });

  it('goes on after any page where it was cut short', async () => {
    const all = [...place.walk('')];
    expect(all).toHaveLength(WRITES.length);
    for (const { position } of pagesOf(place.walk(''))) {
      const at = all.findIndex((step) => step.position === position);
      expect([...place.walk(position)].map((step) => step.position)).toEqual(
        all.slice(at + 1).map((step) => step.position),
      );
    }
  });

  it('tells what is missing, and what is another', async () => {
    const target = openMemory({ incarnation: 'new', fencesWrites: false });
    const [page] = pagesOf(place.walk(''));
    if (page === undefined) throw new Error('nothing to move');
    const [first, second, ...rest] = page.writes;
    if (first?.type !== 'row' || second === undefined) throw new Error('rows come first');
    await target.messages.write([...rest, { ...first, row: { ...first.row, body: Buffer.from('another') } }]);
    expect(await differencesOf(page, target.messages)).toHaveLength(2);
  });

  it('makes the next claim of each shard come after every one before, and refuses shards in use', async () => {
    const memory = new MemoryPlace();
    const target = openMemory({ place: memory, incarnation: 'new', fencesWrites: false });
    const owners = [{ shard: 3, term: 9, incarnation: 'old', idFloorMs: 77 }];
    await moveTerms(owners, target);
    await moveTerms(owners, target);
    expect(memory.owners()).toEqual([{ shard: 3, term: 9, incarnation: undefined, idFloorMs: 77 }]);
    const claim = { term: 10, incarnation: 'node', idFloorMs: 80 };
    memory.changeOwners([{ shard: 3, expectTerm: 9, expectIncarnation: undefined, next: claim }]);
    await expect(moveTerms(owners, target)).rejects.toThrow(/nothing else may run/);
  });

  it('moves the terms again after a time-out, also when the first attempt arrives late', async () => {
    let late: (() => unknown) | undefined;
    const around: Around = async (operation, apply) => {
      if (operation.type !== 'changeOwners') return apply();
      if (late === undefined) {
        late = apply;
        throw new ParleyError('timeout');
      }
      late();
      return apply();
    };
    const memory = new MemoryPlace();
    const target = openMemory({ place: memory, incarnation: 'new', fencesWrites: false, around });
    const owners = [{ shard: 3, term: 9, incarnation: 'old', idFloorMs: 77 }];
    await expect(moveTerms(owners, target)).rejects.toMatchObject({ kind: 'timeout' });
    await moveTerms(owners, target);
    expect(memory.owners()).toEqual([{ shard: 3, term: 9, incarnation: undefined, idFloorMs: 77 }]);
  });
});
