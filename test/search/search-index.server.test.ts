// The index of a channel on a real Cassandra: lost by no death of its owner, without what was taken out, and spread.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.js';
import type { MessageStore, Storage } from '../../src/core/store.js';
import { readOptions } from '../../src/node/read-options.js';
import { reindexCluster } from '../../src/node/reindex.js';
import { readSearchGeneration } from '../../src/search/generation.js';
import { segmentPartition } from '../../src/search/segment.js';
import { IndexedLog } from '../../src/search/testing/indexed-log.js';
import { openTestStore } from '../../src/storage/cassandra/testing/test-store.js';
import { describeWith } from '../servers/requirement.js';
import { findServers, SERVERS_HINT } from '../servers/server-programs.js';
import type { ServerPlace } from '../servers/server-set.js';
import { sharedPlace } from '../servers/shared-place.js';

const START_MS = 240_000;
const TALK = ['the rain', 'the Regen', 'the 東京都 weather', 'the 北京大学', 'the 학교 bus', 'the ประชุมพรุ่งนี้'];
const MEBIBYTE = 1024 * 1024;

class Bench extends IndexedLog {
  private readonly store: MessageStore;
  private readonly channel: string;

  constructor(messages: MessageStore, channelId: string) {
    super(messages, channelId);
    this.store = messages;
    this.channel = channelId;
  }

  say(count: number, textOf: (seq: number) => string): void {
    for (let i = 0; i < count; i++) this.add('alice', textOf(this.events.length + 1));
  }

  with(word: string): number[] {
    return this.events.flatMap(({ seq, message }) => (message?.text?.includes(word) ? [seq] : [])).reverse();
  }

  /** The partitions of its segments, with their bytes and whether a text stands in them. */
  async partitions(text: string): Promise<{ readonly bytes: number; readonly holds: boolean }[]> {
    const read = this.index.newestFirst.map(async (segment) => {
      const records = await this.store.readRecords(segmentPartition(this.channel, segment), '', 100_000);
      const bytes = records.reduce((sum, { value }) => sum + value.length, 0);
      return { bytes, holds: records.some(({ value }) => Buffer.from(value).includes(text)) };
    });
    return Promise.all(read);
  }
}

describeWith('the search index on a real Cassandra', findServers(), SERVERS_HINT, () => {
  let place: ServerPlace;
  let storage: Storage;
  let channels = 0;
  let bench: Bench;

  beforeAll(async () => {
    place = await sharedPlace();
    storage = await openTestStore(place.contactPoints, place.keyspace);
  }, START_MS);
  afterAll(async () => {
    await storage?.close();
  });
  beforeEach(() => {
    bench = new Bench(storage.messages, `g${++channels}`);
  });

  it('finds everything, in languages without spaces too, however often its owner dies as it writes', async () => {
    bench.say(4_700, (seq) => `${TALK[seq % TALK.length]} ${seq}`);
    let deaths = 0;
    for (const writes of [1, 2, 3, 5, 8, 13, 21]) {
      bench.writesLeft = writes;
      await bench.catchUp().catch(() => deaths++);
      bench.writesLeft = Number.POSITIVE_INFINITY;
      bench.nextOwner();
    }
    await bench.catchUp();
    expect(deaths).toBeGreaterThan(4);
    expect(bench.index.newestFirst.map(({ level }) => level)).toEqual([0, 1]);
    for (const word of ['rain', '東京', '大学', '학교', 'ประชุม'])
      expect(await bench.search({ words: word, limit: 50 }), word).toEqual(bench.with(word));
  });

  it('holds no word that was taken out', async () => {
    bench.say(1_100, (seq) => (seq === 300 ? 'an aubergine' : `the rain ${seq}`));
    await bench.catchUp();
    // A word is stored without what it shares with the one before.
    expect((await bench.partitions('bergine')).some(({ holds }) => holds)).toBe(true);
    bench.erase(300);
    await bench.index.purge(new Set([300]));
    bench.nextOwner();
    expect(await bench.search({ words: 'aubergine', limit: 50 })).toEqual([]);
    expect((await bench.partitions('bergine')).some(({ holds }) => holds)).toBe(false);
    expect(await bench.search({ words: 'rain', limit: 50 })).toEqual(bench.with('rain'));
  });

  it('spreads a word that every message has over partitions that stay small', async () => {
    bench.say(36_000, (seq) => `the same hot word, and ${(seq * 2_654_435_761) % 4_294_967_296}`);
    await bench.catchUp();
    const hot = await bench.partitions('word');
    process.stdout.write(`partitions of 36,000 messages: ${hot.map(({ bytes }) => bytes).join(', ')} bytes\n`);
    expect(hot.length).toBeGreaterThan(4);
    expect(hot.every(({ holds }) => holds)).toBe(true);
    for (const { bytes } of hot) expect(bytes).toBeLessThan(4 * MEBIBYTE);
  });

  it('is built anew by one command, with the options of the nodes', async () => {
    bench.say(600, (seq) => `the rain ${seq}`);
    await bench.catchUp();
    const args = ['--cassandra', place.contactPoints.join(','), '--keyspace', place.keyspace, '--replication', '1'];
    const options = readOptions(args, {}, 'node');
    if (options === undefined) throw new Error('no options');
    const before = await readSearchGeneration(storage.messages);
    await reindexCluster(options, 'reindex-1', silentLogger);
    const generation = await readSearchGeneration(storage.messages);
    expect(generation).toBeGreaterThan(before);
    bench.nextOwner(generation);
    expect(await bench.search({ words: 'rain', limit: 50 })).toEqual(bench.with('rain'));
    expect(bench.index.newestFirst).toEqual([]);
    await bench.catchUp();
    expect(bench.index.newestFirst.map((segment) => segment.generation)).toEqual([generation]);
    expect(await bench.search({ words: 'rain', limit: 50 })).toEqual(bench.with('rain'));
  });
});
