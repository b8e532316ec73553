import { describe, expect, it } from 'vitest';
import type { Clock } from '../core/clock.js';
import type { OwnerChange, OwnershipStore } from '../core/store.js';
import { IdFloors } from './id-floors.js';
import { ID_FLOOR_AHEAD_MS, MessageIdGenerator } from './message-ids.js';

/** A clock whose time and turns a test decides. */
class Stage implements Clock {
  timeMs = 1_000_000;
  readonly later: (() => void)[] = [];
  readonly deferred: (() => void)[] = [];
  readonly written: (readonly OwnerChange[])[] = [];
  applies = true;

  now(): number {
    return this.timeMs;
  }
  monotonic(): number {
    return this.timeMs;
  }
  after(_delayMs: number, callback: () => void): () => void {
    this.later.push(callback);
    return () => {};
  }
  defer(callback: () => void): void {
    this.deferred.push(callback);
  }

  readonly floors = new IdFloors(
    {
      changeOwners: async (changes: readonly OwnerChange[]) => {
        this.written.push(changes);
        return changes.map(() => this.applies);
      },
    } as OwnershipStore,
    'me',
    this,
  );

  generator(shard: number): MessageIdGenerator {
    const owned = { shard, term: 3, startMs: 0, floorMs: this.timeMs + ID_FLOOR_AHEAD_MS };
    return new MessageIdGenerator(owned, this, this.floors);
  }
}

describe('the id floors', () => {
  it('of many shards are raised in one change, well before they are passed', () => {
    const stage = new Stage();
    const generators = [1, 2, 3].map((shard) => stage.generator(shard));
    stage.timeMs += ID_FLOOR_AHEAD_MS / 2;
    for (const generator of generators) expect(generator.next(undefined)).toBeDefined();
    expect(stage.written).toEqual([]);
    for (const callback of stage.later) callback();
    expect(stage.written.map((changes) => changes.map(({ shard }) => shard))).toEqual([[1, 2, 3]]);
    expect(stage.written[0]?.[0]?.next.idFloorMs).toBe(stage.timeMs + ID_FLOOR_AHEAD_MS);
  });

  it('after a long rest, an id is there as soon as the floor is written, and none before', async () => {
    const stage = new Stage();
    const generator = stage.generator(1);
    expect(generator.wait()).toBeUndefined();
    stage.timeMs += 10 * ID_FLOOR_AHEAD_MS;
    expect(generator.next(undefined)).toBeUndefined();
    const wait = generator.wait();
    expect(generator.wait()).toBe(wait);
    for (const callback of stage.deferred) callback();
    await wait;
    expect(stage.written).toHaveLength(1);
    expect(generator.wait()).toBeUndefined();
    expect(generator.next(undefined)).toBeDefined();
  });

  it('that could not be raised leave no id, and the next wait tries again', async () => {
    const stage = new Stage();
    stage.applies = false;
    const generator = stage.generator(1);
    stage.timeMs += 10 * ID_FLOOR_AHEAD_MS;
    for (let attempt = 1; attempt <= 2; attempt++) {
      const wait = generator.wait();
      for (const callback of stage.deferred.splice(0)) callback();
      await wait;
      expect(generator.next(undefined)).toBeUndefined();
      for (const callback of stage.later.splice(0)) callback();
      await Promise.resolve();
    }
    expect(stage.written.length).toBeGreaterThanOrEqual(2);
  });
});
