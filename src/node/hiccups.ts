/** What `parley migrate`, a run of hours, does when a store is slow or away for a while: the same call again. */
import { type Clock, sleep } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import type { MessageStore } from '../core/store.js';
import type { TableWriter } from '../directory/move-directory.js';

const FIRST_MS = 250;
const LONGEST_MS = 5_000;
const GIVE_UP_MINUTES = 5;
/** One failure is soon over; of the second the operator hears. */
const SAID_AT = 2;

/**
 * Calls until the answer is another than `timeout` or `unavailable`, with a pause that grows to 5 s. After five minutes
 * without one it rejects with the last reason and what to do. What is in doubt happens twice: only for calls that may.
 */
export type Repeat = <Answer>(call: () => Promise<Answer>) => Promise<Answer>;

export function repeatThrough(clock: Clock, say: (line: string) => void): Repeat {
  return async (call) => {
    let sinceMs: number | undefined;
    for (let failures = 1, pauseMs = FIRST_MS; ; failures++, pauseMs = Math.min(LONGEST_MS, pauseMs * 2)) {
      try {
        return await call();
      } catch (error) {
        if (!isHiccup(error)) throw error;
        sinceMs ??= clock.monotonic();
        if (clock.monotonic() - sinceMs >= GIVE_UP_MINUTES * 60_000) throw givenUp(error);
        if (failures === SAID_AT) say(`${error.message} It is tried again.`);
      }
      await sleep(clock, pauseMs);
    }
  };
}

const isHiccup = (error: unknown): error is ParleyError =>
  error instanceof ParleyError && (error.kind === 'timeout' || error.kind === 'unavailable');

function givenUp(error: ParleyError): ParleyError {
  const sentence = `${error.message} It has been so for ${GIVE_UP_MINUTES} minutes: run it again later, and it goes on where it noted last.`;
  return new ParleyError(error.kind, { sentence, cause: error });
}

/** Every call of it repeated: writes too, since what is written again is the same. */
export function repeatedMessages(store: MessageStore, repeat: Repeat): MessageStore {
  return {
    write: (batch) => repeat(() => store.write(batch)),
    readRows: (log, fromSeq, toSeq, limit) => repeat(() => store.readRows(log, fromSeq, toSeq, limit)),
    readEpochs: (log) => repeat(() => store.readEpochs(log)),
    readLogs: (after, limit) => repeat(() => store.readLogs(after, limit)),
    readRecord: (partition, key) => repeat(() => store.readRecord(partition, key)),
    readRecords: (partition, afterKey, limit) => repeat(() => store.readRecords(partition, afterKey, limit)),
  };
}

/** Every call of it repeated: a row that is there already is left alone. */
export function repeatedTables(tables: TableWriter, repeat: Repeat): TableWriter {
  return {
    tables: () => repeat(() => tables.tables()),
    version: () => repeat(() => tables.version()),
    page: (table, after, limit) => repeat(() => tables.page(table, after, limit)),
    insert: (table, rows) => repeat(() => tables.insert(table, rows)),
  };
}
