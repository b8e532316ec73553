/**
 * From format 1 to 2: the index of message ids was a partition a shard, `ids/<shard>`, and is one a shard and day,
 * `ids/<shard>/<day>`. A record's key begins with the number of its 5 seconds of id time, which gives the day. Some folders
 * of format 1 hold both, since the layout changed before the format's version did: what is in its place already stays.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Environment, openEnvironment } from './environment.js';
import { KeyWriter } from './keys.js';

const RECORDS_A_TRANSACTION = 2_000;
const BUCKETS_A_DAY = (24 * 3600) / 5;
const OLD = /^(ids\/\d+)\0((\d+)\/.*)$/;

/** Each transaction moves some records whole: cut short, the rest is moved by the next start. */
export async function moveIdsByDay(folder: string): Promise<void> {
  const path = join(folder, 'messages');
  if (!existsSync(join(path, 'data.mdb'))) return;
  const environment = openEnvironment(path);
  try {
    for (let after: Buffer = Buffer.from('ids/'); after.length > 0; ) after = await moveSome(environment, after);
  } finally {
    await environment.root.close();
  }
}

/** Moves what is old among the next records; returns where to go on, or nothing at the end. */
function moveSome({ root, records }: Environment, start: Buffer): Promise<Buffer> {
  const keys = new KeyWriter();
  return root.transaction(() => {
    const range = { start, end: Buffer.from('ids0'), limit: RECORDS_A_TRANSACTION };
    const page = [...records.getRange(range)];
    for (const { key, value } of page) {
      const [, partition, name, bucket] = OLD.exec(key.toString('utf8')) ?? [];
      if (partition === undefined || name === undefined) continue;
      void records.put(keys.record(`${partition}/${Math.floor(Number(bucket) / BUCKETS_A_DAY)}`, name), value);
      void records.remove(key);
    }
    const last = page.at(-1);
    return last === undefined || page.length < RECORDS_A_TRANSACTION ? Buffer.alloc(0) : Buffer.from(last.key);
  });
}
