import { describe, expect, it } from 'vitest';
import { MemoryPlace } from '../storage/memory/memory-place.js';
import { openMemory } from '../storage/memory/memory-storage.js';
import { blockKey, HEAD_KEY, segmentPartition } from './segment.js';
import { IndexedLog } from './testing/indexed-log.js';

const CHANNEL = 'gaaaaaaaaaaaaaaaa';
/** Of these positions; no word begins as another one does, since an index leaves out what two share. */
const SECRETS = new Map([
  [3, 'apricot'],
  [33, 'quince'],
  [51, 'walnut'],
  [58, 'zebra'],
]);

class Bench extends IndexedLog {
  readonly place: MemoryPlace;

  constructor() {
    const place = new MemoryPlace();
    place.insertFence('node');
    super(openMemory({ place, incarnation: 'node' }).messages, CHANNEL, 4);
    this.place = place;
  }

  static async of(messages: number): Promise<Bench> {
    const bench = new Bench();
    for (let i = 1; i <= messages; i++) bench.add('alice', `rain ${SECRETS.get(i) ?? ''}`);
    await bench.catchUp();
    return bench;
  }

  /** The store loses a record of the segment that holds this position, or all of it. */
  lose(seq: number, keys: readonly string[]): void {
    const entry = this.index.newestFirst.find(({ firstSeq, lastSeq }) => firstSeq <= seq && seq <= lastSeq);
    if (entry === undefined) throw new Error(`no segment holds ${seq}`);
    const partition = segmentPartition(CHANNEL, entry);
    for (const { key, version } of this.place.records(partition, '', 100)) {
      if (!keys.includes(key)) continue;
      const later = { ...version, counter: version.counter + 1 };
      this.place.apply([{ type: 'unrecord', partition, key, version: later }]);
    }
  }

  holds(word: string): boolean {
    return this.place.everything().some((bytes) => Buffer.from(bytes).includes(word));
  }

  all(): number[] {
    return this.events
      .filter(({ deleted }) => !deleted)
      .map(({ seq }) => seq)
      .reverse();
  }
}

describe('an index that lists a segment which the store has lost', () => {
  const lost: (readonly [string, readonly string[]])[] = [
    ['its head', [HEAD_KEY]],
    ['a block', [blockKey(0)]],
    ['all', [HEAD_KEY, blockKey(0)]],
  ];

  it.each(lost)('is searched through its log from there on, and is built anew: %s', async (_, keys) => {
    for (const seq of [2, 34, 50]) {
      const bench = await Bench.of(60);
      bench.lose(seq, keys);
      bench.nextOwner();
      expect(await bench.search({ words: 'rain' })).toEqual(bench.all());
      expect(bench.losses).toBe(1);
      expect(bench.index.lacksSegment(60)).toBe(true);
      await bench.catchUp();
      expect(bench.index.indexedSeq).toBe(60);
      bench.nextOwner();
      expect(await bench.search({ words: 'rain' })).toEqual(bench.all());
      expect(bench.losses).toBe(1);
    }
  });

  it('answers also where many are gone', async () => {
    const bench = await Bench.of(60);
    for (const seq of [2, 34, 38, 42, 46, 50, 54, 58]) bench.lose(seq, [HEAD_KEY]);
    bench.nextOwner();
    expect(await bench.search({ words: 'rain' })).toEqual(bench.all());
    await bench.catchUp();
    bench.nextOwner();
    expect(await bench.search({ words: 'rain' })).toEqual(bench.all());
  });

  it.each(lost)('takes words out of what is there, and leaves them in nothing: %s', async (_, keys) => {
    for (const seq of [2, 34, 50]) {
      const bench = await Bench.of(60);
      bench.lose(seq, keys);
      const held = (): string[] => [...SECRETS.values()].filter((word) => bench.holds(word));
      expect(held().length).toBeGreaterThan(2);
      for (const erased of SECRETS.keys()) bench.erase(erased);
      bench.nextOwner();
      await bench.index.purge(new Set(SECRETS.keys()));
      expect(held()).toEqual([]);
      expect(await bench.search({ words: 'rain' })).toEqual(bench.all());
      await bench.catchUp();
      expect(bench.index.indexedSeq).toBe(60);
      expect(held()).toEqual([]);
      expect(await bench.search({ words: 'rain' })).toEqual(bench.all());
    }
  });

  it.each(lost)('merges what it then has: %s', async (_, keys) => {
    const bench = await Bench.of(60);
    bench.lose(42, keys);
    bench.nextOwner();
    for (let i = 61; i <= 80; i++) bench.add('alice', `rain ${i}`);
    await bench.catchUp();
    expect(bench.losses).toBe(1);
    expect(bench.index.indexedSeq).toBe(80);
    expect(await bench.search({ words: 'rain' })).toEqual(bench.all());
    expect(bench.losses).toBe(1);
  });

  it('loses nothing, whichever write of its mending the owner dies in', async () => {
    for (let dies = 1; dies < 200; dies++) {
      const bench = await Bench.of(60);
      bench.lose(34, [HEAD_KEY]);
      bench.nextOwner();
      await bench.search({ words: 'rain' });
      bench.writesLeft = dies;
      const whole = await bench.catchUp().then(
        () => true,
        () => false,
      );
      bench.writesLeft = Number.POSITIVE_INFINITY;
      bench.nextOwner();
      expect(await bench.search({ words: 'rain' })).toEqual(bench.all());
      await bench.catchUp();
      expect(bench.index.indexedSeq).toBe(60);
      expect(await bench.search({ words: 'rain' })).toEqual(bench.all());
      if (whole) return;
    }
    throw new Error('the index never comes to an end');
  });

  it('is searched meanwhile: a search that meets the loss during a purge, and during a merge', async () => {
    for (const work of ['purge', 'merge']) {
      const bench = await Bench.of(60);
      bench.lose(34, [blockKey(0)]);
      bench.nextOwner();
      for (let i = 61; i <= 80; i++) bench.add('alice', `rain ${i}`);
      bench.erase(50);
      const working = work === 'purge' ? bench.index.purge(new Set([50])) : bench.catchUp();
      const found = await Promise.all([bench.search({ words: 'rain' }), bench.search({ words: 'rain' }), working]);
      expect(found.slice(0, 2)).toEqual([bench.all(), bench.all()]);
      await bench.catchUp();
      expect(bench.index.indexedSeq).toBe(80);
      expect(await bench.search({ words: 'rain' })).toEqual(bench.all());
    }
  });
});
