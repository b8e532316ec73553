import { expect, it } from 'vitest';
import { TestCluster } from '../../../test/ownership/test-cluster.js';
import { ParleyError } from '../../core/errors.js';
import { SHARD_COUNT } from '../../core/ids.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import { MemoryPlace } from '../../storage/memory/memory-place.js';
import { type Around, openMemory, type StoreOperation } from '../../storage/memory/memory-storage.js';
import { readOwnerRows } from './owner-rows.js';

const SHARDS = Array.from({ length: 200 }, (_, shard) => shard);

/** A store of many partitions, of which those of some shards do not answer. */
function setup(isAway: (shard: number) => boolean) {
  const read: StoreOperation['type'][] = [];
  const around: Around = async (operation, apply) => {
    read.push(operation.type);
    const away =
      operation.type === 'readOwners'
        ? SHARDS.some(isAway)
        : operation.type === 'readOwner' && isAway(Number(operation.subject));
    if (away) throw new ParleyError('unavailable');
    return apply();
  };
  const place = new MemoryPlace();
  const next = { term: 1, incarnation: 'a', idFloorMs: 0 };
  place.changeOwners([{ shard: 3, expectTerm: 0, expectIncarnation: undefined, next }]);
  const { ownership } = openMemory({ place, incarnation: 'me', around });
  return { ownership, around, read };
}

it('reads few rows one by one, also those that nobody has written', async () => {
  const { ownership, read } = setup(() => false);
  expect(await readOwnerRows(ownership, [3, 4])).toEqual([
    { shard: 3, term: 1, incarnation: 'a', idFloorMs: 0 },
    { shard: 4, term: 0, incarnation: undefined, idFloorMs: 0 },
  ]);
  expect(read).toEqual(['readOwner', 'readOwner']);
});

it('reads many at once', async () => {
  const { ownership, read } = setup(() => false);
  const rows = await readOwnerRows(ownership, SHARDS);
  expect([rows.length, rows[3]?.incarnation, read]).toEqual([200, 'a', ['readOwners']]);
});

it('leaves out what cannot be read, and rejects when that is all', async () => {
  const some = setup((shard) => shard % 3 === 0);
  const rows = await readOwnerRows(some.ownership, SHARDS);
  expect(rows.map(({ shard }) => shard)).toEqual(SHARDS.filter((shard) => shard % 3 !== 0));
  const none = setup(() => true);
  await expect(readOwnerRows(none.ownership, SHARDS)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await readOwnerRows(none.ownership, [])).toEqual([]);
});

it('lets a node claim the shards whose rows answer, and the others once they do', async () => {
  let isOut = true;
  const { around } = setup((shard) => isOut && shard < 100);
  const world = new TestCluster(new FakeClock());
  world.board.place(['a'], () => 'a');
  const a = await world.start('a', around);
  await world.clock.advance(5_000);
  expect([a.ownership.shards.size, a.ownership.shards.termOf(99)]).toEqual([SHARD_COUNT - 100, undefined]);
  isOut = false;
  await world.clock.advance(3_000);
  expect(a.ownership.shards.size).toBe(SHARD_COUNT);
});
