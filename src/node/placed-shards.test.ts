import { expect, it } from 'vitest';
import { GivenBoard } from '../../test/ownership/test-cluster.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { PlacedShards } from './placed-shards.js';

function setup() {
  const clock = new FakeClock();
  const board = new GivenBoard();
  const owned = new Set<number>();
  const placed = new PlacedShards({ incarnation: 'a', board, owns: (shard) => owned.has(shard), clock });
  const place = (shards: number): void => board.place(['a', 'b'], (shard) => (shard < shards ? 'a' : 'b'));
  const own = (shards: number): void => {
    for (let shard = 0; shard < shards; shard++) owned.add(shard);
  };
  return { clock, board, owned, placed, place, own };
}

it('waits for the map, then for the shards that are placed here, until no more come', async () => {
  const { clock, placed, place, own } = setup();
  await clock.advance(5_000);
  expect(placed.waitsFor).toBe('is not on the map yet');
  place(256);
  await clock.advance(5_000);
  expect(placed.waitsFor).toBe('does not own its shards yet');
  own(256);
  await clock.advance(500);
  place(512);
  await clock.advance(2_000);
  expect(placed.waitsFor).toBe('does not own its shards yet');
  own(512);
  await clock.advance(1_700);
  expect(placed.waitsFor).toBeUndefined();
});

it('is through with the start then, whatever comes later', async () => {
  const { clock, placed, place, own } = setup();
  place(1);
  own(1);
  await clock.advance(1_700);
  place(100);
  await clock.advance(1_000);
  expect(placed.waitsFor).toBeUndefined();
});

it('waits for nothing where nothing is placed on a node of the map', async () => {
  const { clock, placed, place } = setup();
  place(0);
  await clock.advance(1_700);
  expect(placed.waitsFor).toBeUndefined();
});
