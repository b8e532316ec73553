/**
 * The floor of a cluster: `cassandra-driver` alone writes the rows of direct messages, one of the channel's log and one of
 * each inbox, into the tables and at the consistency that Parley uses, each row a prepared statement of its own. No ids, no
 * order, no fence, no delivery. A process by itself: `driver-program.js host:port keyspace`, orders over Node's IPC.
 */
import { Client, types } from 'cassandra-driver';
import { build } from 'hdr-histogram-js';
import { benchUserId } from '../load/generator/crowd.js';
import { pace, pause } from '../load/generator/pace.js';
import type { DriverOrder, DriverReport, DriverResult } from './driver-orders.js';

const PAIRS = 500;
/** As long as the rows that Parley writes for a text of 200 bytes, and their names. */
const ROW_BYTES = 293;
const NAME_PREFIX = 'load000000000';
const POSITIONS_A_BUCKET = 4_096;
/** Below what the driver takes on one connection (2,048 requests); the others wait, and their latency counts. */
const MESSAGES_AT_ONCE_MAX = 512;
const SETTLE_POLL_MS = 20;

const QUERY = 'INSERT INTO log_rows (log, bucket, seq, term, sub, body) VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP 1';
const WRITE = { prepare: true, isIdempotent: true, consistency: types.consistencies.localQuorum };

const [contactPoint = '', keyspace = ''] = process.argv.slice(2);
const driver = new Client({ contactPoints: [contactPoint], localDataCenter: 'datacenter1', keyspace });

class Messages {
  readonly latency = build({ highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: 3 });
  timing = false;
  sent = 0;
  written = 0;
  failed = 0;
  private count = 0;
  private underWay = 0;
  private readonly waiting: number[] = [];

  send(dueMs: number): void {
    this.sent++;
    if (this.underWay < MESSAGES_AT_ONCE_MAX) void this.write(dueMs);
    else this.waiting.push(dueMs);
  }

  get settled(): boolean {
    return this.underWay === 0 && this.waiting.length === 0;
  }

  private async write(dueMs: number): Promise<void> {
    this.underWay++;
    const pair = this.count % PAIRS;
    const seq = Math.floor(this.count++ / PAIRS);
    const timed = this.timing;
    const [one, other] = [2 * pair, 2 * pair + 1].map((user) => benchUserId(user, NAME_PREFIX));
    try {
      await Promise.all([`channel:${one}~${other}`, `user:${one}`, `user:${other}`].map((log) => insert(log, seq)));
      this.written++;
      if (timed) this.latency.recordValue(Math.max(1, Math.round((performance.now() - dueMs) * 1_000)));
    } catch {
      this.failed++;
    }
    this.underWay--;
    const next = this.waiting.shift();
    if (next !== undefined) void this.write(next);
  }
}

/** Each order in a term of its own, so that none overwrites rows of another. */
let term = 0;

function insert(log: string, seq: number): Promise<unknown> {
  const bucket = types.Long.fromNumber(Math.floor(seq / POSITIONS_A_BUCKET));
  return driver.execute(QUERY, [log, bucket, types.Long.fromNumber(seq), term, 1, Buffer.alloc(ROW_BYTES, 7)], WRITE);
}

async function carryOut({ rate, warmUpSeconds, seconds, settleSeconds }: DriverOrder): Promise<DriverResult> {
  term++;
  const messages = new Messages();
  const start = performance.now() + 5;
  const measureFrom = start + warmUpSeconds * 1_000;
  await pace(rate, start, measureFrom, (dueMs) => messages.send(dueMs));
  report({ type: 'measuring' });
  messages.timing = true;
  await pace(rate, measureFrom, measureFrom + seconds * 1_000, (dueMs) => messages.send(dueMs));
  report({ type: 'measured' });
  for (const end = performance.now() + settleSeconds * 1_000; !messages.settled && performance.now() < end; )
    await pause(SETTLE_POLL_MS);
  const { sent, written, failed, latency } = messages;
  const at = (percentile: number): number => latency.getValueAtPercentile(percentile) / 1_000;
  const lost = sent - written - failed;
  return { sent, failed, lost, latency: { p50Ms: at(50), p99Ms: at(99), maxMs: latency.maxValue / 1_000 } };
}

function report(what: DriverReport): void {
  process.send?.(what);
}

await driver.connect();
process.on('message', (order: DriverOrder) => {
  carryOut(order).then(
    (value) => report({ type: 'done', value }),
    (error: unknown) => report({ type: 'failed', sentence: String(error) }),
  );
});
