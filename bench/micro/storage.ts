/**
 * The message store alone: `node dist/bench/micro/storage.js [seconds]`. Three rows a message (the channel's log and two
 * inboxes), each a write of its own as the actors make them, open loop at a given rate; latency from the time the message
 * was due until its three writes were synced. Beside it, in the same run, the floor: the same rows put straight into LMDB,
 * everything that is ready in one synced batch, with no port, no fence and no pacing.
 *
 * Processor time is the whole process's, the generator's part included on both sides. Not measured: records, a store larger
 * than memory, a disk that others use.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import type { StoreWrite } from '../../src/core/store.js';
import { openDataFolder } from '../../src/storage/lmdb/data-folder.js';
import { openLmdb } from '../../src/storage/lmdb/lmdb-storage.js';

type RowWrite = Extract<StoreWrite, { type: 'row' }>;

interface Candidate {
  /** Resolves when the rows are synced. */
  write(rows: readonly RowWrite[]): Promise<unknown>;
  close(): Promise<void>;
}

const PAIRS = 500;
const BODY_BYTES = 220;
const RATES = [500, 2000, 8000];
const secondsARun = Number(process.argv[2] ?? 5);

/** Makes the rows of one message after the other, of pairs in turn. */
function messageSource(): () => RowWrite[] {
  const seqs = new Map<string, number>();
  const row = (log: string): RowWrite => {
    const seq = (seqs.get(log) ?? 0) + 1;
    seqs.set(log, seq);
    return { type: 'row', log, row: { seq, epoch: { term: 1, sub: 0 }, body: Buffer.alloc(BODY_BYTES, 7) } };
  };
  let count = 0;
  return () => {
    const pair = count++ % PAIRS;
    return [row(`channel:a${pair}~b${pair}`), row(`user:a${pair}`), row(`user:b${pair}`)];
  };
}

async function parleyStore(path: string): Promise<Candidate> {
  const folder = await openDataFolder(path, { now: Date.now() });
  const storage = await openLmdb({ folder, incarnation: 'bench' });
  await storage.ownership.insertFence('bench');
  return {
    write: (rows) => Promise.all(rows.map((row) => storage.messages.write([row]))),
    close: async () => {
      await storage.close();
      await folder.release();
    },
  };
}

interface WaitingRows {
  readonly rows: readonly RowWrite[];
  readonly resolve: () => void;
}

/** The floor: what waits while a batch is synced is the next batch. */
async function bareLmdb(path: string): Promise<Candidate> {
  const root = open<Buffer, Buffer>({ path, noSubdir: false, overlappingSync: false, eventTurnBatching: false });
  const database: Database<Buffer, Buffer> = root.openDB({ name: 'rows', encoding: 'binary', keyEncoding: 'binary' });
  let waiting: WaitingRows[] = [];
  let committing = false;
  const commit = async (): Promise<void> => {
    committing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await database.batch(() => {
        for (const { rows } of batch) for (const row of rows) void database.put(bareKey(row), bareBody(row));
      });
      for (const { resolve } of batch) resolve();
    }
    committing = false;
  };
  return {
    write: (rows) =>
      new Promise<void>((resolve) => {
        waiting.push({ rows, resolve });
        if (!committing) void commit();
      }),
    close: () => root.close(),
  };
}

function bareKey({ log, row }: RowWrite): Buffer {
  const key = Buffer.alloc(log.length + 9);
  key.writeDoubleBE(row.seq, key.write(log) + 1);
  return key;
}

const bareBody = ({ row }: RowWrite): Buffer => Buffer.from(row.body.buffer, row.body.byteOffset, row.body.length);

interface Result {
  readonly microsecondsAMessage: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Offers `rate` messages a second, whatever becomes of them, and waits for the last. */
async function run(candidate: Candidate, rate: number): Promise<Result> {
  const nextMessage = messageSource();
  const total = rate * secondsARun;
  const latencies: number[] = [];
  const processorBefore = process.cpuUsage();
  const start = performance.now();
  await new Promise<void>((resolve, reject) => {
    let sent = 0;
    const send = async (dueMs: number): Promise<void> => {
      await candidate.write(nextMessage());
      latencies.push(performance.now() - dueMs);
      if (latencies.length === total) resolve();
    };
    const tick = (): void => {
      const due = Math.min(total, Math.floor(((performance.now() - start) * rate) / 1000));
      for (; sent < due; sent++) send(start + (sent * 1000) / rate).catch(reject);
      if (sent < total) setTimeout(tick, 1);
    };
    tick();
  });
  const { user, system } = process.cpuUsage(processorBefore);
  latencies.sort((a, b) => a - b);
  const at = (part: number): number => latencies[Math.floor(part * (total - 1))] ?? Number.NaN;
  return { microsecondsAMessage: (user + system) / total, p50Ms: at(0.5), p99Ms: at(0.99) };
}

const CANDIDATES = { 'bare LMDB': bareLmdb, 'message store': parleyStore };

console.log('messages/s  what             µs a message   p50 ms   p99 ms');
for (const rate of RATES) {
  for (const [name, openCandidate] of Object.entries(CANDIDATES)) {
    const path = mkdtempSync(join(tmpdir(), 'parley-bench-'));
    const candidate = await openCandidate(path);
    const result = await run(candidate, rate);
    await candidate.close();
    rmSync(path, { recursive: true });
    const figures = [result.microsecondsAMessage.toFixed(0), result.p50Ms.toFixed(1), result.p99Ms.toFixed(1)];
    const [cost = '', p50 = '', p99 = ''] = figures;
    console.log(`${String(rate).padEnd(12)}${name.padEnd(17)}${cost.padStart(12)}${p50.padStart(9)}${p99.padStart(9)}`);
  }
}
