import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHARD_COUNT } from '../core/ids.js';
import { NOBODY, type PlacementNode, placeShards } from './placement.js';

const nowhere = (): Int16Array => new Int16Array(SHARD_COUNT).fill(NOBODY);
const named = (count: number): PlacementNode[] =>
  Array.from({ length: count }, (_, index) => ({ name: `node-${index}`, weight: 1 }));
const countsOf = (placed: Int16Array, nodes: number): number[] => {
  const counts = Array.from({ length: nodes }, () => 0);
  for (const node of placed) counts[node] = (counts[node] ?? 0) + 1;
  return counts;
};
const movedBetween = (before: readonly (string | undefined)[], after: readonly (string | undefined)[]): number =>
  before.filter((name, shard) => name !== after[shard]).length;
const namesOf = (nodes: readonly PlacementNode[], placed: Int16Array): (string | undefined)[] =>
  Array.from(placed, (node) => nodes[node]?.name);
const indexesIn = (nodes: readonly PlacementNode[], names: readonly (string | undefined)[]): Int16Array =>
  Int16Array.from(names, (name) => nodes.findIndex((node) => node.name === name));

describe('the placement of shards', () => {
  it('gives every node its share by weight, within 5 % rounded outwards', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(weights, (all) => {
        const nodes = all.map((weight, index) => ({ name: `n${index}`, weight }));
        const total = all.reduce((sum, weight) => sum + weight, 0);
        const placed = placeShards(nodes, nowhere());
        if (total === 0) return placed.every((node) => node === NOBODY);
        return countsOf(placed, nodes.length).every((count, index) => {
          const share = (SHARD_COUNT * (all[index] ?? 0)) / total;
          return count <= Math.ceil(share * 1.05) && count >= Math.floor(share * 0.95);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('moves nothing while nothing changes, whatever order the nodes are named in', () => {
    const nodes = named(7);
    const placed = placeShards(nodes, nowhere());
    const turned = [...nodes].reverse();
    const again = placeShards(turned, indexesIn(turned, namesOf(nodes, placed)));
    expect(movedBetween(namesOf(nodes, placed), namesOf(turned, again))).toBe(0);
    expect(movedBetween(namesOf(nodes, placed), namesOf(turned, placeShards(turned, nowhere())))).toBe(0);
  });

  it.each([3, 8, 32])('moves about one share when one of %d nodes leaves, and when it comes back', (count) => {
    const nodes = named(count);
    const full = namesOf(nodes, placeShards(nodes, nowhere()));
    const rest = nodes.slice(1);
    const without = namesOf(rest, placeShards(rest, indexesIn(rest, full)));
    expect(movedBetween(full, without)).toBeLessThanOrEqual(1.2 * (SHARD_COUNT / count));
    const back = namesOf(nodes, placeShards(nodes, indexesIn(nodes, without)));
    expect(movedBetween(without, back)).toBeLessThanOrEqual(1.2 * (SHARD_COUNT / count));
  });

  it('takes everything from a node whose weight becomes 0, and leaves the rest alone', () => {
    const nodes = named(4);
    const before = placeShards(nodes, nowhere());
    const cordoned = nodes.map((node, index) => (index === 2 ? { ...node, weight: 0 } : node));
    const after = placeShards(cordoned, before);
    expect(countsOf(after, 4)[2]).toBe(0);
    const unmoved = before.filter((node, shard) => node !== 2 && after[shard] === node).length;
    expect(unmoved).toBe(before.filter((node) => node !== 2).length);
  });
});
