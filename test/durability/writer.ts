/**
 * A process of its own that writes rows to a data folder and says `ack N` on its standard output once the write of
 * row N has resolved: what the durability tests trace, starve of room and kill.
 *
 * Arguments: the folder, what to do, the first seq, and how many rows.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ParleyError } from '../../src/core/errors.js';
import type { StoreWrite } from '../../src/core/store.js';
import { openDataFolder } from '../../src/storage/lmdb/data-folder.js';
import { openLmdb } from '../../src/storage/lmdb/lmdb-storage.js';
import { bodyOf, LOG } from './rows.js';

const [path = '', task = '', first = '1', count = '1'] = process.argv.slice(2);
const say = (line: string): number => writeSync(1, `${line}\n`);

const folder = await openDataFolder(path, { now: 1 });
const incarnation = `writer-${process.pid}-${first}`;
const { messages, ownership, close } = await openLmdb({ folder, incarnation });
await ownership.insertFence(incarnation);

const row = (seq: number): StoreWrite => ({
  type: 'row',
  log: LOG,
  row: { seq, epoch: { term: 1, sub: 0 }, body: bodyOf(seq) },
});

async function write(seq: number): Promise<void> {
  await messages.write([row(seq)]);
  say(`ack ${seq}`);
}

const seqs = Array.from({ length: Number(count) }, (_, i) => Number(first) + i);

/** A few at a time, so that writes share transactions, which follow each other. */
async function writeAll(): Promise<void> {
  const waiting = [...seqs];
  const lane = async (): Promise<void> => {
    for (let seq = waiting.shift(); seq !== undefined; seq = waiting.shift()) await write(seq);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}

/** Pairs of rows until there is no room; after a line on standard input the pair that failed again. */
async function fill(): Promise<void> {
  for (const seq of seqs) {
    const pair = [row(2 * seq), row(2 * seq + 1)];
    try {
      await messages.write(pair);
    } catch (thrown) {
      const kept = await messages.readRows(LOG, 2 * seq, 2 * seq + 2, 2);
      say(`refused ${thrown instanceof ParleyError ? thrown.kind : thrown}, ${kept.length} kept`);
      if (thrown instanceof ParleyError && thrown.kind !== 'storage_full') return;
      for await (const _line of createInterface(process.stdin)) break;
      await messages.write(pair);
      say(`ack ${2 * seq}`);
      say(`ack ${2 * seq + 1}`);
      return;
    }
    say(`ack ${2 * seq}`);
    say(`ack ${2 * seq + 1}`);
  }
}

await (task === 'fill' ? fill() : writeAll());
await close();
await folder.release();
