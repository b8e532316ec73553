/**
 * Removes the start of a log. Whole buckets go as partitions, one tombstone each; the one that is cut through gives up a
 * range. From the lowest on, so that what is left after a failure is still without a gap, and the next trim finds it by
 * going down from its own position until a bucket is empty.
 */
import { types } from 'cassandra-driver';
import type { EpochEntry } from '../../core/store.js';
import type { Statement } from './cassandra-client.js';
import { bucketOf, WRITE_QUERIES } from './write-plan.js';
import { TRIM_TIME } from './write-time.js';

const { Long } = types;

export const TRIM_QUERIES = {
  bucket: `DELETE FROM log_rows USING TIMESTAMP ${TRIM_TIME} WHERE log = ? AND bucket = ?`,
  range: `DELETE FROM log_rows USING TIMESTAMP ${TRIM_TIME} WHERE log = ? AND bucket = ? AND seq < ?`,
} as const;

export interface TrimOfLog {
  readonly log: string;
  readonly belowSeq: number;
  /** Whether a bucket holds rows below `belowSeq`. */
  readonly rows: { has(bucket: number): Promise<boolean> };
  /** The index as it is, ascending. */
  readonly epochs: readonly EpochEntry[];
  run(statement: Statement): Promise<unknown>;
}

export async function trimLog({ log, belowSeq, rows, epochs, run }: TrimOfLog): Promise<void> {
  if (belowSeq <= 0) return;
  const last = bucketOf(belowSeq - 1);
  let first = last;
  while (first > 0 && (await rows.has(first - 1))) first--;
  for (let bucket = first; bucket <= last; bucket++) {
    const whole = bucketOf(belowSeq) > bucket;
    const params = [log, Long.fromNumber(bucket)];
    if (whole) await run({ query: TRIM_QUERIES.bucket, params });
    else await run({ query: TRIM_QUERIES.range, params: [...params, Long.fromNumber(belowSeq)] });
  }
  for (const [at, { epoch }] of epochs.entries()) {
    const next = epochs[at + 1];
    const gone = next !== undefined && next.startSeq <= belowSeq;
    if (gone) await run({ query: WRITE_QUERIES.unepoch, params: [log, epoch.term, epoch.sub] });
  }
}
