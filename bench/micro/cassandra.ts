/**
 * The message store on Cassandra alone: `node dist/bench/micro/cassandra.js host:port [seconds]`. Three rows a message (the
 * channel's log and two inboxes) of 500 pairs in turn; closed loop: so many messages at once, each followed by the next when
 * all of it is durable. In one run, at the same consistency: the driver alone, each row a prepared statement with its own
 * request; the store, a write for each message; and the committer over the store, with the fence read after each flush and
 * so many flushes at once. Repeated, each in its turn; medians. Keyspaces are made with one copy, and left behind.
 *
 * Processor time is this process's. Not measured: the actors above, records, reads, replication, a second machine.
 */
import { Client, types } from 'cassandra-driver';
import { Committer } from '../../src/cluster/committer.js';
import { systemClock } from '../../src/core/clock.js';
import { silentLogger } from '../../src/core/logger.js';
import { noMetrics } from '../../src/core/metrics.js';
import type { Storage, StoreWrite } from '../../src/core/store.js';
import { openCassandra } from '../../src/storage/cassandra/cassandra-storage.js';
import { median } from '../report/median.js';

type RowWrite = Extract<StoreWrite, { type: 'row' }>;

interface Candidate {
  /** Resolves when the rows are durable, and by the committer: may count. */
  write(rows: readonly RowWrite[]): Promise<unknown>;
  close(): Promise<unknown>;
}

const [server = '127.0.0.1:9042', secondsText = '4'] = process.argv.slice(2);
const MESSAGES_AT_ONCE = [64, 256];
const FLUSHES = [1, 4, 8];
const ROUNDS = 3;
const PAIRS = 500;
const BODY_BYTES = 220;
const DATA_CENTER = 'datacenter1';
const ROWS_A_MESSAGE = 3;

/** Makes the rows of one message after the other; every run in a term of its own. */
let term = 0;
function messageSource(): () => RowWrite[] {
  const seqs = new Map<string, number>();
  const epoch = { term: ++term, sub: 1 };
  const row = (log: string): RowWrite => {
    const seq = (seqs.get(log) ?? 0) + 1;
    seqs.set(log, seq);
    return { type: 'row', log, row: { seq, epoch, body: Buffer.alloc(BODY_BYTES, 7) } };
  };
  let count = 0;
  return () => {
    const pair = count++ % PAIRS;
    return [row(`channel:a${pair}~b${pair}`), row(`user:a${pair}`), row(`user:b${pair}`)];
  };
}

async function bareDriver(): Promise<Candidate> {
  const driver = new Client({ contactPoints: [server], localDataCenter: DATA_CENTER, keyspace: 'parley_bench' });
  await driver.connect();
  const query = 'INSERT INTO log_rows (log, bucket, seq, term, sub, body) VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP 1';
  const options = { prepare: true, isIdempotent: true, consistency: types.consistencies.localQuorum };
  const insert = ({ log, row }: RowWrite): Promise<unknown> => {
    const position = [types.Long.ZERO, types.Long.fromNumber(row.seq)];
    return driver.execute(query, [log, ...position, row.epoch.term, row.epoch.sub, row.body], options);
  };
  return { write: (rows) => Promise.all(rows.map(insert)), close: () => driver.shutdown() };
}

const openStore = (): Promise<Storage> =>
  openCassandra({
    contactPoints: [server],
    localDataCenter: DATA_CENTER,
    keyspace: 'parley_bench',
    replication: 1,
    cluster: undefined,
    incarnation: 'bench',
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
  });

async function store(): Promise<Candidate> {
  const storage = await openStore();
  return { write: (rows) => storage.messages.write(rows), close: () => storage.close() };
}

let incarnations = 0;
async function committer(flushesMax: number): Promise<Candidate> {
  const storage = await openStore();
  const incarnation = `bench ${process.pid} ${++incarnations}`;
  await storage.ownership.insertFence(incarnation);
  const onFenced = (): never => process.exit(1);
  const group = new Committer({ storage, incarnation, clock: systemClock, logger: silentLogger, flushesMax, onFenced });
  return { write: (rows) => group.commit(rows), close: () => storage.close() };
}

interface Result {
  readonly messagesASecond: number;
  readonly microsecondsAMessage: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function run(candidate: Candidate, atOnce: number): Promise<Result> {
  const next = messageSource();
  const latencies: number[] = [];
  const processorBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + Number(secondsText) * 1000;
  const worker = async (): Promise<void> => {
    for (let at = performance.now(); at < end; at = performance.now()) {
      await candidate.write(next());
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const total = latencies.length;
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(processorBefore);
  latencies.sort((a, b) => a - b);
  const at = (part: number): number => latencies[Math.floor(part * (total - 1))] ?? Number.NaN;
  return {
    messagesASecond: total / seconds,
    microsecondsAMessage: (user + system) / total,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

const CANDIDATES = new Map<string, () => Promise<Candidate>>([
  ['bare driver', bareDriver],
  ['store', store],
  ...FLUSHES.map((count) => [`committer, ${count} flushes`, () => committer(count)] as const),
]);

await (await openStore()).close();
for (const [, open] of CANDIDATES) {
  const candidate = await open();
  await run(candidate, MESSAGES_AT_ONCE[0] ?? 1); // the server warms up
  await candidate.close();
}
console.log('at once  what                  messages/s   rows/s   ratio   µs a message   p50 ms   p99 ms');
for (const atOnce of MESSAGES_AT_ONCE) {
  const results = new Map<string, Result[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, open] of CANDIDATES) {
      const candidate = await open();
      results.set(name, [...(results.get(name) ?? []), await run(candidate, atOnce)]);
      await candidate.close();
    }
  }
  const rateOf = (runs: readonly Result[]): number => median(runs.map(({ messagesASecond }) => messagesASecond));
  const bare = rateOf(results.get('bare driver') ?? []);
  for (const [name, runs] of results) {
    const rate = rateOf(runs);
    const cells = [
      rate.toFixed(0).padStart(10),
      (rate * ROWS_A_MESSAGE).toFixed(0).padStart(9),
      (rate / bare).toFixed(2).padStart(8),
      median(runs.map(({ microsecondsAMessage }) => microsecondsAMessage))
        .toFixed(0)
        .padStart(15),
      median(runs.map(({ p50Ms }) => p50Ms))
        .toFixed(1)
        .padStart(9),
      median(runs.map(({ p99Ms }) => p99Ms))
        .toFixed(1)
        .padStart(9),
    ];
    console.log(`${String(atOnce).padEnd(9)}${name.padEnd(22)}${cells.join('')}`);
  }
}
process.exit(0);
