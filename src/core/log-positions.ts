/** Rows of a log as the store has them, by whole positions: one that many epochs wrote has a row of each. */
import type { LogId, LogRow, MessageStore } from './store.js';

export interface LogPositions {
  /** Ascending by seq, then epoch; all rows of each position. */
  readonly rows: readonly LogRow[];
  /** Where to go on; undefined when there are no more. */
  readonly next: number | undefined;
}

/** The positions with from ≤ seq < to that `rowsMax` rows hold, at least one of them however many rows it has. */
export async function readPositions(
  store: MessageStore,
  log: LogId,
  from: number,
  to: number,
  rowsMax: number,
): Promise<LogPositions> {
  for (let asked = rowsMax; ; asked *= 2) {
    const rows = await store.readRows(log, from, to, asked);
    const last = rows.at(-1);
    if (last === undefined || rows.length < asked) return { rows, next: undefined };
    // Of the last position of a full page there may be further rows.
    if (rows[0]?.seq !== last.seq) return { rows: rows.filter(({ seq }) => seq < last.seq), next: last.seq };
  }
}
