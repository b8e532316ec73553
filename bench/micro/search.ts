/**
 * Search alone: `node dist/bench/micro/search.js [messages] [queries]`. One channel of a million messages of 3 to 40 words
 * (a Zipf distribution over 50,000), its log and its index on LMDB; the queries are of common, middling and rare words, of
 * two words, of a beginning, of words with a sender, the first page of 20 each. Beside it, in the same run, the floor: as
 * many log rows as a page has, read one by one from the same store.
 *
 * Not measured: the way through gateway and actors, other load beside it, channels that are not in memory, a store larger
 * than memory.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelActor } from '../../src/core/ids.js';
import type { MessageStore } from '../../src/core/store.js';
import { EncodedEvent } from '../../src/protocol/encoded-event.js';
import { Long, v1 } from '../../src/protocol/wire.js';
import { ChannelIndex } from '../../src/search/channel-index.js';
import { parseQuery } from '../../src/search/query.js';
import { type SearchedLog, searchChannel } from '../../src/search/search-channel.js';
import { openDataFolder } from '../../src/storage/lmdb/data-folder.js';
import { openLmdb } from '../../src/storage/lmdb/lmdb-storage.js';

const messages = Number(process.argv[2] ?? 1_000_000);
const queries = Number(process.argv[3] ?? 2_000);
const WORDS = 50_000;
const CHANNEL = 'gaaaaaaaaaaaaaaaa';
const LOG = channelActor(CHANNEL);
const EPOCH = { term: 1, sub: 1 };

let seed = 42;
function random(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}

const SYLLABLES = [
  'ka',
  'ro',
  'mi',
  'te',
  'lan',
  'dor',
  'ves',
  'in',
  'qua',
  'sol',
  'ber',
  'ti',
  'nor',
  'ash',
  'el',
  'um',
];

function wordOf(rank: number): string {
  let word = '';
  for (let rest = rank + 1; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
    word += SYLLABLES[rest % SYLLABLES.length];
  return word;
}

/** The rank's logarithm is uniform: Zipf's law with exponent 1. */
const zipf = (): number => Math.floor(WORDS ** random()) - 1;
const textOf = (): string =>
  Array.from({ length: 3 + Math.floor(random() * random() * 38) }, () => wordOf(zipf())).join(' ');

async function writeLog(store: MessageStore): Promise<number> {
  let textBytes = 0;
  for (let from = 1; from <= messages; from += 1_000) {
    const batch = Array.from({ length: Math.min(1_000, messages + 1 - from) }, (_, i) => {
      const seq = from + i;
      const text = textOf();
      textBytes += Buffer.byteLength(text);
      const messageId = Long.fromNumber(seq * 64, true);
      const createdAt = Long.fromNumber(1_700_000_000_000 + seq * 1_000, true);
      const event = v1.Event.create({ seq, messageId, createdAt, from: `user${seq % 50}`, message: { text } });
      const body = v1.Event.encode(event).finish();
      return { type: 'row', log: LOG, row: { seq, epoch: EPOCH, body } } as const;
    });
    await store.write(batch);
  }
  return textBytes;
}

async function eventsOf(store: MessageStore, from: number, to: number): Promise<v1.Event[]> {
  const rows = await store.readRows(LOG, from, to, to - from);
  return rows.map(({ body }) => EncodedEvent.fromBytes(body).value);
}

function indexOf(store: MessageStore): ChannelIndex {
  let counter = 0;
  return new ChannelIndex({
    channelId: CHANNEL,
    partition: LOG,
    generation: 0,
    store,
    write: (writes) => store.write(writes),
    nextVersion: () => ({ ...EPOCH, counter: ++counter }),
    alive: () => true,
    events: (from, to) => eventsOf(store, from, to),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
    lost: () => undefined,
  });
}

const KINDS: Readonly<Record<string, () => { readonly words: string; readonly from?: string }>> = {
  'a common word': () => ({ words: `${wordOf(Math.floor(random() * 20))} ` }),
  'a middling word': () => ({ words: `${wordOf(1_000 + Math.floor(random() * 4_000))} ` }),
  'a rare word': () => ({ words: `${wordOf(40_000 + Math.floor(random() * 10_000))} ` }),
  'no such word': () => ({ words: 'zzzzzz ' }),
  'two words': () => ({ words: `${wordOf(zipf())} ${wordOf(zipf())} ` }),
  'a beginning': () => ({ words: wordOf(zipf()).slice(0, 4) }),
  'a word of a sender': () => ({ words: `${wordOf(zipf())} `, from: 'user7' }),
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function percentiles(name: string, times: number[]): void {
  const sorted = times.sort((a, b) => a - b);
  const at = (part: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  console.log(
    `${name.padEnd(22)} p50 ${at(0.5).padStart(6)} ms   p99 ${at(0.99).padStart(6)} ms   max ${at(1).padStart(6)} ms`,
  );
}

async function measure(store: MessageStore, index: ChannelIndex): Promise<void> {
  const log: SearchedLog = {
    head: messages,
    events: (a, b) => eventsOf(store, a, b),
    current: async (events) => events,
  };
  const all: number[] = [];
  for (const [name, make] of Object.entries(KINDS)) {
    const times: number[] = [];
    for (let i = 0; i < queries / Object.keys(KINDS).length; i++) {
      const { words, from = '' } = make();
      const search = { query: parseQuery(words), from, sinceMs: 0, untilMs: 0, before: undefined, limit: 20 };
      times.push(await timed(() => searchChannel(index, log, search)));
    }
    all.push(...times);
    percentiles(name, times);
  }
  percentiles('all', all);
  const floor: number[] = [];
  for (let i = 0; i < 200; i++) {
    const seqs = Array.from({ length: 20 }, () => 1 + Math.floor(random() * messages));
    floor.push(await timed(() => Promise.all(seqs.map((seq) => eventsOf(store, seq, seq + 1)))));
  }
  percentiles('floor: 20 rows', floor);
}

async function main(): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'parley-search-'));
  const folder = await openDataFolder(path, { now: Date.now() });
  const storage = await openLmdb({ folder, incarnation: 'bench' });
  await storage.ownership.insertFence('bench');
  const textBytes = await writeLog(storage.messages);
  const index = indexOf(storage.messages);
  const processor = process.cpuUsage();
  const builtMs = await timed(() => index.catchUp(() => messages));
  const { user, system } = process.cpuUsage(processor);
  const indexBytes = index.newestFirst.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(
    `${messages} messages, ${(textBytes / messages).toFixed(0)} bytes of text each; ${index.newestFirst.length} segments`,
  );
  console.log(
    `built in ${(builtMs / 1000).toFixed(0)} s, ${((user + system) / messages).toFixed(0)} µs of processor a message`,
  );
  console.log(`${(indexBytes / textBytes).toFixed(2)} bytes of index a byte of text`);
  await measure(storage.messages, index);
  await storage.close();
  await folder.release();
  rmSync(path, { recursive: true });
}

await main();
