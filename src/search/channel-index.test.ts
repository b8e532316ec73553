import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryPlace } from '../storage/memory/memory-place.js';
import { openMemory } from '../storage/memory/memory-storage.js';
import { matchText, parseQuery } from './query.js';
import { IndexedLog } from './testing/indexed-log.js';

const CHANNEL = 'gaaaaaaaaaaaaaaaa';
const WORDS = ['tea', 'team', 'teamwork', 'rain', 'Regen', '北京', '大学', '東京都', '학교', 'ประชุม', 'é', '🙂'];

class Bench extends IndexedLog {
  readonly place: MemoryPlace;

  constructor() {
    const place = new MemoryPlace();
    place.insertFence('node');
    super(openMemory({ place, incarnation: 'node' }).messages, CHANNEL, 4);
    this.place = place;
  }

  holds(word: string): boolean {
    return this.place.everything().some((bytes) => Buffer.from(bytes).includes(word));
  }

  /** What a search finds, by reading everything. */
  brute(words: string, from = ''): number[] {
    return this.events
      .filter((event) => from === '' || event.from === from)
      .filter((event) => matchText(parseQuery(words), event.message?.text ?? '') !== undefined)
      .map(({ seq }) => seq)
      .reverse();
  }
}

const texts = fc.array(fc.subarray(WORDS, { minLength: 0, maxLength: 4 }), { minLength: 1, maxLength: 200 });
const queries = [...WORDS.slice(0, -1), 'te', 'team rain', '京', '学', 'regen tea'];

describe('the index of a channel', () => {
  it('finds what reading everything finds, across segments, merges and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 40 }), async (corpus, restartEvery) => {
        const bench = new Bench();
        for (const [at, words] of corpus.entries()) {
          bench.add(at % 3 === 0 ? 'bob' : 'alice', words.join(at % 2 === 0 ? ' ' : ''));
          if (at % 5 === 0) await bench.catchUp();
          if (at % restartEvery === 0) bench.nextOwner();
        }
        for (const words of queries) {
          expect(await bench.search({ words })).toEqual(bench.brute(words));
          expect(await bench.search({ words, from: 'bob' })).toEqual(bench.brute(words, 'bob'));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('loses nothing and shows nothing twice, whichever write of a build or a merge its owner dies in', async () => {
    for (let dies = 1; dies < 200; dies++) {
      const bench = new Bench();
      for (let i = 0; i < 38; i++) bench.add('alice', `${WORDS[i % WORDS.length]} rain ${i}`);
      bench.writesLeft = dies;
      const survived = await bench.catchUp().then(
        () => true,
        () => false,
      );
      bench.writesLeft = Number.POSITIVE_INFINITY;
      bench.nextOwner();
      expect(await bench.search({ words: 'rain' })).toEqual(bench.brute('rain'));
      await bench.catchUp();
      expect(await bench.search({ words: 'rain' })).toEqual(bench.brute('rain'));
      expect(await bench.search({ words: 'team' })).toEqual(bench.brute('team'));
      if (survived) return;
    }
    throw new Error('the index never comes to an end');
  });

  it('removes what was merged: of a word’s positions there is one copy', async () => {
    const bench = new Bench();
    for (let i = 0; i < 4 * 64; i++) bench.add('alice', `rain ${i}`);
    await bench.catchUp();
    expect(bench.index.newestFirst.map(({ level }) => level)).toEqual([2]);
    expect(bench.place.records(`search/${CHANNEL}/1-4-0`, '', 10)).toEqual([]);
    expect(bench.place.records(`search/${CHANNEL}/1-32-0`, '', 10)).toEqual([]);
    expect(bench.place.records(`search/${CHANNEL}/1-256-0`, '', 10).length).toBeGreaterThan(1);
  });

  it('is brought up by so many segments at a time as asked for', async () => {
    const bench = new Bench();
    for (let i = 0; i < 14; i++) bench.add('alice', `rain ${i}`);
    for (const indexed of [4, 8, 12]) {
      expect(bench.index.lacksSegment(14)).toBe(true);
      await bench.index.catchUp(() => 14, 1);
      expect(bench.index.indexedSeq).toBe(indexed);
    }
    expect(bench.index.lacksSegment(14)).toBe(false);
    expect(await bench.search({ words: 'rain' })).toEqual(bench.brute('rain'));
  });

  it('of another generation is built anew', async () => {
    const bench = new Bench();
    for (let i = 0; i < 40; i++) bench.add('alice', `rain ${i}`);
    await bench.catchUp();
    bench.nextOwner(1);
    expect(await bench.search({ words: 'rain' })).toEqual(bench.brute('rain'));
    expect(bench.index.indexedSeq).toBe(0);
    await bench.catchUp();
    expect(bench.index.indexedSeq).toBe(40);
    expect(await bench.search({ words: 'rain' })).toEqual(bench.brute('rain'));
    expect(bench.place.records(`search/${CHANNEL}/1-32-0`, '', 10)).toEqual([]);
  });

  it('keeps to dates', async () => {
    const bench = new Bench();
    for (let i = 1; i <= 30; i++) bench.add('alice', `rain ${i}`);
    await bench.catchUp();
    expect(await bench.search({ words: 'rain', sinceMs: 1010, untilMs: 1014 })).toEqual([14, 13, 12, 11, 10]);
  });

  it('goes on after a manifest that was written in doubt, and removes nothing that the written one lists', async () => {
    for (let fails = 1; fails < 120; fails++) {
      const bench = new Bench();
      for (let i = 0; i < 38; i++) bench.add('alice', `rain ${i}`);
      bench.writesLeft = fails;
      const whole = await bench.catchUp().then(
        () => true,
        () => false,
      );
      bench.writesLeft = 2; // the same owner tries again, and dies
      await bench.catchUp().catch(() => undefined);
      bench.writesLeft = Number.POSITIVE_INFINITY;
      bench.nextOwner();
      expect(await bench.search({ words: 'rain' })).toEqual(bench.brute('rain'));
      if (whole) return;
    }
    throw new Error('the index never comes to an end');
  });
});

describe('an owner that has ended in the middle of its work', () => {
  /** Its work, held at the write `at` (before it is done, or after), until it is let go on. */
  async function heldAt(bench: Bench, at: number, done: boolean, work: () => Promise<void>) {
    let writes = 0;
    let letGo: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const held = new Promise<'held'>((resolve) => {
      bench.around = async (write) => {
        if (++writes !== at) return write();
        if (done) await write();
        resolve('held');
        await released;
        if (!done) await write();
      };
    });
    const working = work().then(
      () => 'whole' as const,
      () => 'stopped' as const,
    );
    const state = await Promise.race([held, working]);
    bench.around = (write) => write();
    return { isHeld: state === 'held', letGo, working };
  }

  /** Of 44 messages so many are indexed. */
  async function grown(indexed = 28): Promise<Bench> {
    const bench = new Bench();
    for (let i = 1; i <= indexed; i++) bench.add('alice', `rain ${i}`);
    await bench.catchUp();
    for (let i = indexed + 1; i <= 44; i++) bench.add('alice', `rain ${i}`);
    for (const seq of [3, 26]) bench.erase(seq);
    return bench;
  }

  const works = [
    ['a merge', 28, (bench: Bench) => bench.catchUp()],
    ['a purge', 44, (bench: Bench) => bench.index.purge(new Set([3, 26]))],
  ] as const;

  async function findsAll(bench: Bench): Promise<void> {
    expect(await bench.search({ words: 'rain' })).toEqual(bench.brute('rain'));
  }

  it.each(
    works.flatMap(([what, indexed, work]) => [
      [what, 'before', indexed, work] as const,
      [what, 'after', indexed, work] as const,
    ]),
  )('takes nothing from the next one that has begun: %s, held %s a write', async (_, when, indexed, work) => {
    for (let at = 1; at < 400; at++) {
      const bench = await grown(indexed);
      const owner = bench.index;
      const { isHeld, letGo, working } = await heldAt(bench, at >> 1, when === 'after', () => work(bench));
      if (!isHeld && at > 1) return;
      bench.crash(owner);
      bench.nextOwner();
      await findsAll(bench);
      await bench.catchUp();
      letGo();
      await working;
      await findsAll(bench);
      if (at % 2 === 0) await bench.index.purge(new Set([3, 26])); // else the one after it finds what that one left
      bench.nextOwner();
      await findsAll(bench);
      await bench.catchUp();
      await findsAll(bench);
    }
    throw new Error('it never comes to an end');
  });

  it('has written its last when its end is told of', async () => {
    const bench = await grown();
    const owner = bench.index;
    const { letGo, working } = await heldAt(bench, 2, false, () => bench.catchUp());
    let ended = false;
    const ending = owner.end().then(() => {
      ended = true;
    });
    await Promise.resolve();
    expect(ended).toBe(false);
    letGo();
    await ending;
    expect(await working).toBe('stopped');
    let writes = 0;
    bench.around = (write) => {
      writes++;
      return write();
    };
    await owner.purge(new Set([3])).catch(() => undefined);
    expect(writes).toBe(0);
  });
});

describe('words that are taken out', () => {
  /** 40 messages in one merged segment and two small ones, three of them with words of their own. */
  async function built(): Promise<Bench> {
    const bench = new Bench();
    for (let i = 1; i <= 40; i++) bench.add('alice', `rain ${[3, 20, 38].includes(i) ? `secret${i}` : i}`);
    await bench.catchUp();
    expect([3, 20, 38].map((seq) => bench.holds(`secret${seq}`))).toEqual([true, true, true]);
    return bench;
  }

  it('are in no record any more, and all others are found', async () => {
    const bench = await built();
    for (const seq of [3, 38]) bench.erase(seq);
    await bench.index.purge(new Set([3, 38]));
    expect([3, 20, 38].map((seq) => bench.holds(`secret${seq}`))).toEqual([false, true, false]);
    expect(await bench.search({ words: 'rain' })).toEqual(bench.brute('rain'));
    bench.nextOwner();
    expect(await bench.search({ words: 'rain', from: 'alice' })).toEqual(bench.brute('rain'));
  });

  it('come back neither with a merge nor with what is built later', async () => {
    const bench = await built();
    bench.erase(38);
    await bench.index.purge(new Set([38]));
    for (let i = 41; i <= 300; i++) bench.add('alice', `rain ${i}`);
    await bench.catchUp();
    expect(bench.holds('secret38')).toBe(false);
    bench.erase(3);
    await bench.index.purge(new Set([3, 38]));
    expect(bench.holds('secret3')).toBe(false);
    expect(await bench.search({ words: 'rain', limit: 50 })).toEqual(bench.brute('rain'));
  });

  it('are gone, and nothing else, whichever write of it their owner dies in, once the next one has tried again', async () => {
    for (let dies = 1; dies < 120; dies++) {
      const bench = await built();
      for (const seq of [3, 20, 38]) bench.erase(seq);
      const dropped = new Set([3, 20, 38]);
      bench.writesLeft = dies;
      const survived = await bench.index.purge(dropped).then(
        () => true,
        () => false,
      );
      bench.writesLeft = Number.POSITIVE_INFINITY;
      bench.nextOwner();
      expect(await bench.search({ words: 'rain' })).toEqual(bench.brute('rain'));
      await bench.index.purge(dropped);
      expect(bench.holds('secret')).toBe(false);
      expect(await bench.search({ words: 'rain' })).toEqual(bench.brute('rain'));
      if (survived) return;
    }
    throw new Error('the words never go');
  });

  it('leave nothing behind of a segment whose writing was cut short, also where a smaller one takes its place', async () => {
    for (let dies = 1; dies < 40; dies++) {
      const bench = new Bench();
      for (let i = 1; i <= 4; i++) bench.add('alice', `rain secret${i}`);
      bench.writesLeft = dies;
      await bench.catchUp().catch(() => undefined);
      bench.writesLeft = Number.POSITIVE_INFINITY;
      for (let i = 1; i <= 4; i++) bench.erase(i);
      bench.nextOwner();
      await bench.index.purge(new Set([1, 2, 3, 4]));
      expect(bench.holds('secret'), `died at write ${dies}`).toBe(false);
    }
  });
});
