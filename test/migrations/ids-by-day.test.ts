/** A data folder as it was written before the index of message ids was a partition a shard and day. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IdIndex } from '../../src/cluster/id-index.js';
import { silentLogger } from '../../src/core/logger.js';
import { type MessageId, makeMessageId, messageIdTime } from '../../src/core/message-id.js';
import type { Storage, StoreWrite } from '../../src/core/store.js';
import { FakeClock } from '../../src/core/testing/fake-clock.js';
import { stored } from '../../src/protocol/stored.js';
import { openDataFolder } from '../../src/storage/lmdb/data-folder.js';
import { openLmdb } from '../../src/storage/lmdb/lmdb-storage.js';

const DAY_MS = 24 * 3600 * 1000;
const MESSAGES = 5_000;

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'parley-old-folder-'));
});
afterEach(() => rmSync(path, { recursive: true }));

const idOf = (n: number): MessageId => makeMessageId(1_700_000_000_000 + n * 97_000, n % 7, 1, 0);

function pageAsItWas(n: number): StoreWrite {
  const id = idOf(n);
  const bucket = Math.floor(messageIdTime(id) / 5_000);
  const value = stored.IdIndexPage.encode({ entries: [{ messageId: id, channelId: 'g', seq: n }] }).finish();
  const key = `${bucket.toString().padStart(10, '0')}/1/${n}`;
  return {
    type: 'record',
    partition: `ids/${n % 7}`,
    record: { key, version: { term: 1, sub: 0, counter: 0 }, value },
  };
}

/** Opens the folder, does `work`, and closes it again. */
async function within<Answer>(incarnation: string, work: (storage: Storage) => Promise<Answer>): Promise<Answer> {
  const folder = await openDataFolder(path, { now: 1 });
  const storage = await openLmdb({ folder, incarnation });
  await storage.ownership.insertFence(incarnation);
  try {
    return await work(storage);
  } finally {
    await storage.close();
    await folder.release();
  }
}

const indexOf = ({ messages }: Storage): IdIndex =>
  new IdIndex({ store: messages, clock: new FakeClock(), logger: silentLogger, termOf: () => 2 });

function becomeFormatOne(): void {
  const file = join(path, 'parley.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), version: 1 }));
}

describe('a data folder of format 1', () => {
  it('finds every older message by its id alone, those also that were in their new place already', async () => {
    await within('old', async (storage) => {
      await storage.messages.write(Array.from({ length: MESSAGES }, (_, n) => pageAsItWas(n)));
      const index = indexOf(storage);
      index.add(idOf(MESSAGES), { channelId: 'g', seq: MESSAGES });
      await index.flush(MESSAGES % 7);
    });
    becomeFormatOne();
    await within('new', async (storage) => {
      const index = indexOf(storage);
      for (let n = 0; n <= MESSAGES; n += 1) expect(await index.find(idOf(n))).toEqual({ channelId: 'g', seq: n });
      for (let shard = 0; shard < 7; shard++)
        expect(await storage.messages.readRecords(`ids/${shard}`, '', 1)).toEqual([]);
      expect(Math.floor((messageIdTime(idOf(MESSAGES)) - messageIdTime(idOf(0))) / DAY_MS)).toBeGreaterThan(3);
    });
    expect(JSON.parse(readFileSync(join(path, 'parley.json'), 'utf8'))).toEqual({ version: 2, createdAt: 1 });
  });

  it('goes on where a migration was cut short', async () => {
    await within('old', (storage) => storage.messages.write([1, 2].map(pageAsItWas)));
    becomeFormatOne();
    await within('cut short', (storage) => storage.messages.write([pageAsItWas(3)]));
    becomeFormatOne();
    await within('new', async (storage) => {
      for (const n of [1, 2, 3]) expect(await indexOf(storage).find(idOf(n))).toEqual({ channelId: 'g', seq: n });
    });
  });

  it('that has no messages yet is opened as it is', async () => {
    await (await openDataFolder(path, { now: 1 })).release();
    becomeFormatOne();
    await within('new', async (storage) => expect(await indexOf(storage).find(idOf(1))).toBeUndefined());
  });
});
