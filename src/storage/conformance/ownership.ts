/** Fences, owners, and several handles on one place. */
import assert from 'node:assert/strict';
import {
  type ConformanceCheck,
  check,
  claim,
  epoch,
  epochsOf,
  isKind,
  openLive,
  record,
  recordsOf,
  row,
  rowsOf,
  version,
} from './harness.js';

export const ownershipChecks: readonly ConformanceCheck[] = [
  check('an incarnation is unknown, then LIVE once, then FENCED for ever', async (place) => {
    const { ownership } = await place.open('a');
    assert.equal(await ownership.readFence('a'), undefined);
    await ownership.insertFence('a');
    assert.equal(await ownership.readFence('a'), 'live');
    await assert.rejects(ownership.insertFence('a'), isKind('fenced'));
    await ownership.fence('a');
    await ownership.fence('a');
    assert.equal(await ownership.readFence('a'), 'fenced');
    await assert.rejects(ownership.insertFence('a'), isKind('fenced'));
    assert.equal(await ownership.readFence('a'), 'fenced');
  }),
  check('an incarnation that never was can be fenced, and never lives', async (place) => {
    const { ownership } = await place.open('a');
    await ownership.fence('ghost');
    assert.equal(await ownership.readFence('ghost'), 'fenced');
    await assert.rejects(ownership.insertFence('ghost'), isKind('fenced'));
  }),
  check('a change of owner is applied only to the term and incarnation it expects', async (place) => {
    const { ownership } = await openLive(place, 'a');
    const first = { term: 1, incarnation: 'a', idFloorMs: 5 };
    const second = { term: 2, incarnation: 'b', idFloorMs: 7 };
    assert.deepEqual(await ownership.readOwners(), []);
    assert.deepEqual(
      await ownership.changeOwners([claim(7, {}, first), claim(4095, { term: 1 }, first), claim(9, {}, first)]),
      [true, false, true],
    );
    assert.deepEqual(
      await ownership.changeOwners([
        claim(7, {}, second),
        claim(7, { term: 1, incarnation: 'b' }, second),
        claim(7, { term: 1 }, second),
        claim(7, { term: 2, incarnation: 'a' }, second),
        claim(9, { term: 1, incarnation: 'a' }, { term: 1, incarnation: undefined, idFloorMs: 6 }),
        claim(9, { term: 1 }, second),
        claim(9, { term: 1 }, second),
      ]),
      [false, false, false, false, true, true, false],
    );
    const owners = (await ownership.readOwners()).sort((a, b) => a.shard - b.shard);
    assert.deepEqual(owners, [
      { shard: 7, ...first },
      { shard: 9, ...second },
    ]);
    assert.deepEqual(await ownership.readOwner(9), { shard: 9, ...second });
    assert.equal(await ownership.readOwner(8), undefined);
  }),
  check('of two that claim the same shard at once, one wins', async (place) => {
    const a = await openLive(place, 'a');
    const b = await openLive(place, 'b');
    const answers = await Promise.all(
      [a, b, a, b].map((storage, i) =>
        storage.ownership.changeOwners([claim(1, {}, { term: 1, incarnation: `i${i}`, idFloorMs: i })]),
      ),
    );
    assert.equal(answers.flat().filter(Boolean).length, 1);
    const winner = answers.findIndex(([applied]) => applied);
    assert.equal((await b.ownership.readOwners())[0]?.incarnation, `i${winner}`);
  }),
  check('every handle sees what another wrote', async (place) => {
    const a = await openLive(place, 'a');
    const b = await openLive(place, 'b');
    await a.messages.write([row('l', 1, 'of a'), record('p', 'k', 'of a', version(1)), epoch('l', 1, 0, 1)]);
    await b.messages.write([row('l', 1, 'of b', 2), record('p', 'k', 'of b', version(2)), epoch('l', 2, 0, 2)]);
    await a.messages.write([record('p', 'k', 'late', version(1, 0, 1))]);
    for (const storage of [a, b]) {
      assert.deepEqual(await rowsOf(storage, 'l'), ['1@1.0=of a', '1@2.0=of b']);
      assert.deepEqual(await recordsOf(storage, 'p'), ['k@2.0.0=of b']);
      assert.deepEqual(await epochsOf(storage, 'l'), ['1.0>1', '2.0>2']);
    }
  }),
  check('a fenced incarnation writes nothing any more where writes are fenced, and others go on', async (place) => {
    const a = await openLive(place, 'a');
    const b = await openLive(place, 'b');
    await a.messages.write([row('l', 1, 'x')]);
    await b.ownership.fence('a');
    const late = a.messages.write([row('l', 2, 'late'), record('p', 'k', 'late', version(1))]);
    if (place.fencesWrites) {
      await assert.rejects(late, isKind('fenced'));
      await assert.rejects(a.messages.write([]), isKind('fenced'));
      assert.deepEqual(await rowsOf(b, 'l'), ['1@1.0=x']);
      assert.deepEqual(await recordsOf(b, 'p'), []);
      const never = await place.open('never inserted');
      await assert.rejects(never.messages.write([row('l', 3, 'x')]), isKind('fenced'));
    } else await late;
    await b.messages.write([row('m', 1, 'x')]);
    assert.deepEqual(await rowsOf(a, 'm'), ['1@1.0=x']);
  }),
  check('a write that is under way when its incarnation is fenced is all there or refused', async (place) => {
    const a = await openLive(place, 'a');
    const b = await openLive(place, 'b');
    const outcomes = Array.from({ length: 30 }, async (_, i) => {
      if (i === 15) await b.ownership.fence('a');
      return a.messages.write([row('l', 2 * i, 'x'), row('l', 2 * i + 1, 'x')]);
    });
    const taken = (await Promise.allSettled(outcomes)).filter(({ status }) => status === 'fulfilled').length;
    assert.equal((await rowsOf(b, 'l')).length, 2 * taken);
  }),
  check('all of it is there again after closing and opening, for the next incarnation', async (place) => {
    const first = await openLive(place, 'a');
    await first.messages.write([row('l', 1, 'x'), epoch('l', 1, 0, 1), record('p', 'k', 'x', version(1, 2, 3))]);
    await first.ownership.changeOwners([claim(3, {}, { term: 1, incarnation: 'a', idFloorMs: 2 ** 41 })]);
    await first.close();
    await assert.rejects(first.messages.write([row('l', 2, 'x')]), isKind('unavailable'));
    const second = await openLive(place, 'b');
    assert.equal(await second.ownership.readFence('a'), 'live');
    assert.deepEqual(await second.ownership.readOwners(), [
      { shard: 3, term: 1, incarnation: 'a', idFloorMs: 2 ** 41 },
    ]);
    assert.deepEqual(await rowsOf(second, 'l'), ['1@1.0=x']);
    assert.deepEqual(await epochsOf(second, 'l'), ['1.0>1']);
    assert.deepEqual(await recordsOf(second, 'p'), ['k@1.2.3=x']);
  }),
];
