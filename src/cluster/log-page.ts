/** Pages of an owned log for whoever looks it over. */
import { LIMITS } from '../core/limits.js';
import type { LogPage } from '../protocol/bus-messages.js';
import { EncodedEvent } from '../protocol/encoded-event.js';
import { withoutText } from '../protocol/textless-event.js';
import type { v1 } from '../protocol/wire.js';
import type { LogEntry, OwnedLog } from './owned-log.js';

/** A page of the committed rows from `fromSeq` on, bounded in rows and bytes. Rejects as the store does. */
export async function logPage(log: OwnedLog, fromSeq: number): Promise<Omit<LogPage, 'floor' | 'owedFrom'>> {
  const from = Math.max(1, fromSeq);
  const head = log.committedHead;
  const end = Math.min(head + 1, from + LIMITS.verifyPageRows);
  const entries = await log.read(from, end, LIMITS.verifyPageRows);
  const count = rowsWithin(entries, LIMITS.historyPageBytesMax);
  const nextSeq = count < entries.length ? (entries[count]?.seq ?? end) : Math.max(from, end);
  return { head, nextSeq, rows: entries.slice(0, count).map(({ seq, body }) => ({ seq, event: eventOf(body) })) };
}

function rowsWithin(entries: readonly LogEntry[], bytesMax: number): number {
  let bytes = 0;
  const end = entries.findIndex(({ body }, index) => {
    bytes += body.length;
    return index > 0 && bytes > bytesMax;
  });
  return end < 0 ? entries.length : end;
}

function eventOf(body: Uint8Array): v1.Event | undefined {
  try {
    return withoutText(EncodedEvent.fromBytes(body).value);
  } catch {
    return undefined; // for whoever looks it over to tell
  }
}
