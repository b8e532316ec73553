/** Removes the start of a log; called inside a transaction, since it must read what it removes. */
import type { Environment } from './environment.js';
import { decodeSeq, type KeyWriter } from './keys.js';

export function trimLog(environment: Environment, keys: KeyWriter, log: string, belowSeq: number): void {
  const { rows, epochs } = environment;
  const start = Buffer.from(keys.first(log));
  const gone = [...rows.getKeys({ start, end: Buffer.from(keys.rowStart(log, belowSeq)) })];
  for (const key of gone) rows.removeSync(key);
  const entries = [...epochs.getRange({ start, end: Buffer.from(keys.last(log)) })];
  entries.forEach(({ key }, at) => {
    const next = entries[at + 1];
    if (next !== undefined && decodeSeq(next.value) <= belowSeq) epochs.removeSync(key);
  });
}
