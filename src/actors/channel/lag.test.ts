import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstDue, Lags } from './lag.js';

type Step = { readonly type: 'add'; readonly gap: number } | { readonly type: 'confirm'; readonly seq: number };

const steps = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('add' as const), gap: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ type: fc.constant('confirm' as const), seq: fc.nat(60) }),
  ),
  { maxLength: 60 },
);

function expand(lags: Lags): number[] {
  return firstDue(lags.of('bob')?.due ?? [], 1_000);
}

describe('what a recipient lags behind', () => {
  it('is what a plain list of the seqs that are due and not confirmed would say', () => {
    fc.assert(
      fc.property(steps, (run: readonly Step[]) => {
        const lags = new Lags();
        let model: number[] = [];
        let seq = 0;
        for (const step of run) {
          if (step.type === 'add') {
            seq += step.gap;
            expect(lags.add('bob', seq, 0)).toBe(model.at(-1) ?? 0);
            model.push(seq);
          } else {
            lags.confirm('bob', step.seq);
            model = model.filter((due) => due > step.seq);
          }
          expect(expand(lags)).toEqual(model);
          expect(lags.size).toBe(model.length === 0 ? 0 : 1);
        }
      }),
    );
  });

  it('is one pair of numbers however many seqs in a row are due', () => {
    const lags = new Lags();
    for (let seq = 5; seq <= 500; seq++) lags.add('bob', seq, 0);
    expect(lags.of('bob')?.due).toEqual([5, 500]);
  });

  it('is kept for each recipient apart, and comes back from a checkpoint as it was', () => {
    const lags = new Lags();
    lags.restore('bob', [1, 2, 5, 5]);
    lags.add('carol', 6, 0);
    expect(lags.add('bob', 6, 0)).toBe(5);
    expect([...lags.entries()].map(([userId, { due }]) => [userId, due])).toEqual([
      ['bob', [1, 2, 5, 6]],
      ['carol', [6, 6]],
    ]);
    lags.confirm('carol', 6);
    expect(lags.of('carol')).toBeUndefined();
    lags.confirm('nobody', 6);
    expect(lags.size).toBe(1);
  });

  it('can be asked for its first few', () => {
    expect(firstDue([1, 3, 7, 9], 4)).toEqual([1, 2, 3, 7]);
    expect(firstDue([], 4)).toEqual([]);
  });
});
