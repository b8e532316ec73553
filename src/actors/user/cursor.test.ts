import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareEpochs, type Epoch } from '../../core/epoch.js';
import { type InboxExtent, resume } from './cursor.js';

const epoch = (term: number, sub: number): Epoch => ({ term, sub });

/** Rows 1 to 9 by (1, 1), 10 to 19 by (1, 4), 20 to 24 so far by its owner (2, 1), who assigned up to 30. */
const inbox: InboxExtent = {
  epoch: epoch(2, 1),
  startSeq: 20,
  epochs: [
    { epoch: epoch(1, 1), startSeq: 1 },
    { epoch: epoch(1, 4), startSeq: 10 },
  ],
  assignedHead: 30,
  floor: 5,
};

describe('a cursor', () => {
  it('of this epoch goes on where it is, up to the highest position assigned', () => {
    expect(resume({ term: 2, sub: 1, inboxSeq: 22 }, inbox)).toEqual({ type: 'after', seq: 22 });
    expect(resume({ term: 2, sub: 1, inboxSeq: 30 }, inbox)).toEqual({ type: 'after', seq: 30 });
    expect(() => resume({ term: 2, sub: 1, inboxSeq: 31 }, inbox)).toThrow(
      expect.objectContaining({ kind: 'cursor_invalid' }),
    );
  });

  it('of an earlier epoch is cut at the start of the first later one', () => {
    expect(resume({ term: 1, sub: 1, inboxSeq: 7 }, inbox)).toEqual({ type: 'after', seq: 7 });
    expect(resume({ term: 1, sub: 1, inboxSeq: 15 }, inbox)).toEqual({ type: 'after', seq: 9 });
    expect(resume({ term: 1, sub: 3, inboxSeq: 15 }, inbox)).toEqual({ type: 'after', seq: 9 });
    expect(resume({ term: 1, sub: 4, inboxSeq: 99 }, inbox)).toEqual({ type: 'after', seq: 19 });
    expect(resume({ term: 1, sub: 9, inboxSeq: 99 }, inbox)).toEqual({ type: 'after', seq: 19 });
  });

  it('of a later epoch belongs to another owner', () => {
    for (const later of [epoch(2, 2), epoch(3, 0)])
      expect(() => resume({ ...later, inboxSeq: 1 }, inbox)).toThrow(expect.objectContaining({ kind: 'not_owner' }));
  });

  it('below what is kept gets `limited`, also when only its cut is', () => {
    expect(resume({ term: 1, sub: 1, inboxSeq: 4 }, inbox)).toEqual({ type: 'limited' });
    expect(resume({ term: 1, sub: 1, inboxSeq: 5 }, inbox)).toEqual({ type: 'after', seq: 5 });
    expect(resume({ term: 2, sub: 1, inboxSeq: 4 }, inbox)).toEqual({ type: 'limited' });
    expect(resume({ term: 0, sub: 9, inboxSeq: 99 }, inbox)).toEqual({ type: 'limited' });
  });

  it('of no epoch and no position starts with the first row, while that is kept', () => {
    expect(resume({}, { ...inbox, floor: 0 })).toEqual({ type: 'after', seq: 0 });
  });

  it('never goes on above a row that another epoch may have in its place, and never repeats more than it must', () => {
    // Owners one after another; each starts at or below where the one before it had assigned up to.
    const owners = fc.array(fc.record({ keeps: fc.nat(5), adds: fc.nat(8), lost: fc.nat(5) }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(owners, fc.nat(), fc.nat(50), (made, which, n) => {
        let head = 0;
        const runs = made.map(({ adds, lost }, index) => {
          const startSeq = head + 1;
          head += adds;
          return { epoch: epoch(1, index + 1), startSeq, committed: head, assigned: head + lost };
        });
        const own = runs.at(-1);
        const of = runs[which % runs.length];
        if (own === undefined || of === undefined) return;
        const extent: InboxExtent = {
          ...{ epoch: own.epoch, startSeq: own.startSeq, assignedHead: own.assigned, floor: 0 },
          epochs: runs.slice(0, -1).map((run) => ({ epoch: run.epoch, startSeq: run.startSeq })),
        };
        const cursor = { ...of.epoch, inboxSeq: Math.min(n, of.assigned) };
        // Rows up to what an owner committed are the same for whoever comes after.
        const same = compareEpochs(of.epoch, own.epoch) === 0 ? of.assigned : of.committed;
        expect(resume(cursor, extent)).toEqual({ type: 'after', seq: Math.min(cursor.inboxSeq, same) });
      }),
    );
  });
});
