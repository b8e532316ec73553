/** The MessageStore over Cassandra. Everything here is read and written at the majority. */
import { types } from 'cassandra-driver';
import type { Clock } from '../../core/clock.js';
import { type EpochEntry, isVolatile, LOG_GAP_MAX, type LogRow, type MessageStore } from '../../core/store.js';
import { checkKey } from '../check-write.js';
import type { CassandraClient, Statement } from './cassandra-client.js';
import type { CassandraMetrics } from './cassandra-metrics.js';
import type { RequestWindow } from './request-window.js';
import { BUCKET_ROWS } from './schema.js';
import { type TrimOfLog, trimLog } from './trim-log.js';
import { bucketOf, planWrites } from './write-plan.js';
import { fromWriteTime } from './write-time.js';

const { Long } = types;

interface Opened {
  readonly client: CassandraClient;
  readonly writes: RequestWindow;
  readonly reads: RequestWindow;
  readonly clock: Clock;
  readonly metrics: CassandraMetrics;
}

const READ_ROWS = `SELECT seq, term, sub, body FROM log_rows
  WHERE log = ? AND bucket = ? AND seq >= ? AND seq < ? LIMIT ?`;
const READ_EPOCHS = 'SELECT term, sub, start_seq FROM log_epochs WHERE log = ?';
/** By their tokens: two logs of one token, of 2^64, are one in a million stores of a million logs. */
const READ_LOGS = 'SELECT DISTINCT log FROM log_epochs LIMIT ?';
const READ_LOGS_AFTER = 'SELECT DISTINCT log FROM log_epochs WHERE token(log) > token(?) LIMIT ?';

const recordQueries = (table: string) => ({
  one: `SELECT value, WRITETIME(value) AS written FROM ${table} WHERE partition_name = ? AND record_key = ?`,
  page: `SELECT record_key, value, WRITETIME(value) AS written FROM ${table}
    WHERE partition_name = ? AND record_key > ? LIMIT ?`,
});
const LASTING = recordQueries('records');
const VOLATILE = recordQueries('volatile_records');
const queriesOf = (partition: string) => (isVolatile(partition) ? VOLATILE : LASTING);

/** Of the rows of one answer, each up to the largest body. */
const PAGE_ROWS = 500;

type Read = (query: string, params: unknown[]) => Promise<types.Row[]>;

const readerOf = ({ client, reads }: Pick<Opened, 'client' | 'reads'>): Read => {
  return async (query, params) => {
    let rows: types.Row[] = [];
    const request = async (): Promise<void> => {
      rows = await client.readAll({ query, params }, PAGE_ROWS);
    };
    await reads.run([request]);
    return rows;
  };
};

export function cassandraMessages({ client, writes, reads, clock, metrics }: Opened): MessageStore {
  const read = readerOf({ client, reads });
  const send = (statements: readonly Statement[]) => {
    const [only, ...others] = statements;
    return only !== undefined && others.length === 0 ? client.run(only) : client.runTogether(statements);
  };
  const readEpochs = async (log: string): Promise<EpochEntry[]> => {
    checkKey(log);
    return (await read(READ_EPOCHS, [log])).map(toEpochEntry);
  };
  const trim = async ({ log, belowSeq }: Pick<TrimOfLog, 'log' | 'belowSeq'>): Promise<void> => {
    const has = async (bucket: number) => (await readBucket(read, log, bucket * BUCKET_ROWS, belowSeq, 1)).length > 0;
    const run = (one: Statement) => writes.run([() => client.run(one)]);
    await trimLog({ log, belowSeq, rows: { has }, epochs: await readEpochs(log), run });
  };

  return {
    write: async (batch) => {
      const startMs = clock.monotonic();
      const { requests, trims } = planWrites(batch);
      await writes.run(requests.map((statements) => () => send(statements)));
      for (const one of trims) await trim(one);
      metrics.written((clock.monotonic() - startMs) / 1000);
    },
    readRows: async (log, fromSeq, toSeq, limit) => {
      checkKey(log);
      return readBuckets(read, log, Math.max(0, fromSeq), Math.min(toSeq, Number.MAX_SAFE_INTEGER), limit);
    },
    readEpochs,
    readLogs: async (after, limit) => {
      checkKey(after);
      if (limit <= 0) return [];
      const rows = await (after === '' ? read(READ_LOGS, [limit]) : read(READ_LOGS_AFTER, [after, limit]));
      return rows.map((row) => row.log);
    },
    readRecord: async (partition, key) => {
      checkKey(partition);
      const [row] = await read(queriesOf(partition).one, [partition, key]);
      return row && { key, version: fromWriteTime(row.written), value: row.value };
    },
    readRecords: async (partition, afterKey, limit) => {
      checkKey(partition);
      if (limit <= 0) return [];
      const rows = await read(queriesOf(partition).page, [partition, afterKey, limit]);
      return rows.map((row) => ({ key: row.record_key, version: fromWriteTime(row.written), value: row.value }));
    },
  };
}

/** Rows of the bucket that `from` is in. */
async function readBucket(read: Read, log: string, from: number, to: number, limit: number): Promise<LogRow[]> {
  const range = [Long.fromNumber(bucketOf(from)), Long.fromNumber(from), Long.fromNumber(to)];
  return (await read(READ_ROWS, [log, ...range, limit])).map(toLogRow);
}

/** Logs are dense: behind a gap of LOG_GAP_MAX there is nothing more, so that an end far ahead costs nothing. */
async function readBuckets(read: Read, log: string, from: number, to: number, limit: number): Promise<LogRow[]> {
  const found: LogRow[] = [];
  let next = from;
  let certain = next;
  while (next < to && next <= certain + LOG_GAP_MAX && found.length < limit) {
    const bucketEnd = Math.min(to, (bucketOf(next) + 1) * BUCKET_ROWS);
    const rows = await readBucket(read, log, next, bucketEnd, limit - found.length);
    found.push(...rows);
    certain = rows.at(-1)?.seq ?? certain;
    next = bucketEnd;
  }
  return found;
}

const toLogRow = (row: types.Row): LogRow => ({
  seq: row.seq.toNumber(),
  epoch: { term: row.term, sub: row.sub },
  body: row.body,
});

const toEpochEntry = (row: types.Row): EpochEntry => ({
  epoch: { term: row.term, sub: row.sub },
  startSeq: row.start_seq.toNumber(),
});
