/**
 * Turns a batch of the port into requests. What goes to one partition of one table is one request: a single mutation for
 * Cassandra, however many rows. Small ones share a request besides, within the bounds above which a server warns: each of
 * them still succeeds or fails at the majority of its own replicas, and one request costs both sides a fraction of several.
 */
import { types } from 'cassandra-driver';
import { unreachable } from '../../core/errors.js';
import { isVolatile, type StoreWrite } from '../../core/store.js';
import { checkWrite } from '../check-write.js';
import type { Statement } from './cassandra-client.js';
import { BUCKET_ROWS } from './schema.js';
import { ERASE_TIME, ROW_TIME, TRIM_TIME, toWriteTime } from './write-time.js';

export type Trim = Extract<StoreWrite, { type: 'trim' }>;

export interface WritePlan {
  readonly requests: readonly (readonly Statement[])[];
  /** They come after all else. */
  readonly trims: readonly Trim[];
}

export interface PlanBounds {
  /** Rows and bytes of one partition in one request. A server refuses a mutation above half a segment of its commit log. */
  readonly partitionStatementsMax: number;
  readonly partitionBytesMax: number;
  /** Partitions in one request (`unlogged_batch_across_partitions_warn_threshold`: 10), and the bytes of all of them. */
  readonly sharedPartitionsMax: number;
  /** Below `batch_size_warn_threshold`, 5 KiB. */
  readonly sharedBytesMax: number;
}

export const PLAN_BOUNDS: PlanBounds = {
  partitionStatementsMax: 100,
  partitionBytesMax: 256 * 1024,
  sharedPartitionsMax: 8,
  sharedBytesMax: 4 * 1024,
};

/** What a statement takes besides its texts and its body. */
const STATEMENT_BYTES = 40;

/** Statements of one partition that travel together. */
interface Group {
  readonly statements: Statement[];
  bytes: number;
}

const { Long } = types;

export const WRITE_QUERIES = {
  row: `INSERT INTO log_rows (log, bucket, seq, term, sub, body) VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ${ROW_TIME}`,
  erase: `INSERT INTO log_rows (log, bucket, seq, term, sub, body) VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ${ERASE_TIME}`,
  epoch: `INSERT INTO log_epochs (log, term, sub, start_seq) VALUES (?, ?, ?, ?) USING TIMESTAMP ${ROW_TIME}`,
  unepoch: `DELETE FROM log_epochs USING TIMESTAMP ${TRIM_TIME} WHERE log = ? AND term = ? AND sub = ?`,
  record: 'INSERT INTO records (partition_name, record_key, value) VALUES (?, ?, ?) USING TIMESTAMP ?',
  unrecord: 'DELETE FROM records USING TIMESTAMP ? WHERE partition_name = ? AND record_key = ?',
  volatileRecord: 'INSERT INTO volatile_records (partition_name, record_key, value) VALUES (?, ?, ?) USING TIMESTAMP ?',
  volatileUnrecord: 'DELETE FROM volatile_records USING TIMESTAMP ? WHERE partition_name = ? AND record_key = ?',
} as const;

/** The same memory, not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export const bucketOf = (seq: number): number => Math.floor(seq / BUCKET_ROWS);

export function planWrites(batch: readonly StoreWrite[], bounds: PlanBounds = PLAN_BOUNDS): WritePlan {
  const partitions = new Map<string, Group>();
  const full: Group[] = [];
  const trims: Trim[] = [];
  const put = (partition: string, query: string, params: unknown[], bytes: number): void => {
    const known = partitions.get(partition);
    const size = bytes + STATEMENT_BYTES;
    if (known !== undefined && hasRoom(known, size, bounds)) {
      known.statements.push({ query, params });
      known.bytes += size;
      return;
    }
    if (known !== undefined) full.push(known);
    partitions.set(partition, { statements: [{ query, params }], bytes: size });
  };
  for (const write of batch) {
    checkWrite(write);
    if (write.type === 'trim') trims.push(write);
    else putWrite(write, put);
  }
  return { requests: share([...full, ...partitions.values()], bounds), trims };
}

function hasRoom(group: Group, bytes: number, bounds: PlanBounds): boolean {
  return group.statements.length < bounds.partitionStatementsMax && group.bytes + bytes <= bounds.partitionBytesMax;
}

type Put = (partition: string, query: string, params: unknown[], bytes: number) => void;

/** NUL, which no name holds, sets apart what a name could run into. */
function putWrite(write: Exclude<StoreWrite, Trim>, put: Put): void {
  switch (write.type) {
    case 'row':
    case 'erase': {
      const { log, row } = write;
      const bucket = bucketOf(row.seq);
      const { term, sub } = row.epoch;
      const params = [log, Long.fromNumber(bucket), Long.fromNumber(row.seq), term, sub, asBuffer(row.body)];
      return put(`${bucket}\0${log}`, WRITE_QUERIES[write.type], params, log.length + row.body.length);
    }
    case 'epoch': {
      const { log, entry } = write;
      const params = [log, entry.epoch.term, entry.epoch.sub, Long.fromNumber(entry.startSeq)];
      return put(`e\0${log}`, WRITE_QUERIES.epoch, params, log.length);
    }
    case 'unepoch': {
      const { log, epoch } = write;
      return put(`e\0${log}`, WRITE_QUERIES.unepoch, [log, epoch.term, epoch.sub], log.length);
    }
    case 'record': {
      const { partition, record } = write;
      const query = isVolatile(partition) ? WRITE_QUERIES.volatileRecord : WRITE_QUERIES.record;
      const params = [partition, record.key, asBuffer(record.value), toWriteTime(record.version)];
      return put(`r\0${partition}`, query, params, partition.length + record.key.length + record.value.length);
    }
    case 'unrecord': {
      const { partition, key, version } = write;
      const query = isVolatile(partition) ? WRITE_QUERIES.volatileUnrecord : WRITE_QUERIES.unrecord;
      return put(`r\0${partition}`, query, [toWriteTime(version), partition, key], partition.length + key.length);
    }
    default:
      return unreachable(write);
  }
}

function share(groups: readonly Group[], bounds: PlanBounds): Statement[][] {
  const requests: Statement[][] = [];
  let open: Statement[] | undefined;
  let partitions = 0;
  let bytes = 0;
  for (const group of groups) {
    if (
      open === undefined ||
      partitions === bounds.sharedPartitionsMax ||
      bytes + group.bytes > bounds.sharedBytesMax
    ) {
      open = [];
      partitions = 0;
      bytes = 0;
      requests.push(open);
    }
    for (const statement of group.statements) open.push(statement);
    partitions++;
    bytes += group.bytes;
  }
  return requests;
}
