import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SparseMap } from './sparse-map.js';

const key = fc.integer({ min: 0, max: 4 });
const step = fc.oneof(fc.record({ set: key, value: fc.integer() }), fc.record({ delete: key }));

describe('a sparse map', () => {
  it('holds what a Map holds, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const [sparse, map] = [new SparseMap<number, number>(), new Map<number, number>()];
        for (const done of steps) {
          if ('set' in done) {
            sparse.set(done.set, done.value);
            map.set(done.set, done.value);
          } else {
            sparse.delete(done.delete);
            map.delete(done.delete);
          }
          expect([...sparse]).toEqual([...map]);
          expect([...sparse.keys()]).toEqual([...map.keys()]);
          expect([...sparse.values()]).toEqual([...map.values()]);
          expect([sparse.size, sparse.has(2), sparse.get(2)]).toEqual([map.size, map.has(2), map.get(2)]);
        }
      }),
    );
  });

  it('lets who iterates delete all there is', () => {
    const sparse = new SparseMap<string, number>();
    for (const name of ['a', 'b', 'c']) sparse.set(name, 1);
    for (const [name] of sparse) sparse.delete(name);
    sparse.set('d', 2);
    expect([...sparse]).toEqual([['d', 2]]);
  });
});
