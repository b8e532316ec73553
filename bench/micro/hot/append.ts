/** Rows of channel logs, synced to disk: a group commit takes whatever is ready. 256 appends are on their way. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Committer } from '../../../src/cluster/committer.js';
import { OwnedLog } from '../../../src/cluster/owned-log.js';
import { systemClock } from '../../../src/core/clock.js';
import { LIMITS } from '../../../src/core/limits.js';
import { silentLogger } from '../../../src/core/logger.js';
import { openDataFolder } from '../../../src/storage/lmdb/data-folder.js';
import { openLmdb } from '../../../src/storage/lmdb/lmdb-storage.js';
import { DurableRows } from '../../baseline/durable-rows.js';
import type { Candidate, MicroCase } from './case.js';
import { sampleEncoded } from './sample.js';

const LOGS = 64;
const ON_THEIR_WAY = 256;
const BODY = Buffer.from(sampleEncoded(1).bytes);

/** Appends the `index`th row and calls back when it is durable. */
type Append = (index: number, committed: () => void) => void;

function offer(count: number, append: Append): Promise<void> {
  return new Promise((resolve) => {
    let started = 0;
    let ended = 0;
    const next = (): void => append(started++, committed);
    const committed = (): void => {
      ended++;
      if (ended === count) resolve();
      else if (started < count) next();
    };
    while (started < Math.min(count, ON_THEIR_WAY)) next();
  });
}

function bareLmdb(): Candidate {
  const path = mkdtempSync(join(tmpdir(), 'parley-micro-'));
  const rows = new DurableRows(path, 0, 1);
  return {
    name: 'bare LMDB',
    run: (count) => offer(count, (index, committed) => rows.write(index % LOGS, BODY, committed)),
    close: () => rmSync(path, { recursive: true }),
  };
}

async function ownedLogs(): Promise<Candidate> {
  const path = mkdtempSync(join(tmpdir(), 'parley-micro-'));
  const folder = await openDataFolder(path, { now: Date.now() });
  const storage = await openLmdb({ folder, incarnation: 'micro' });
  await storage.ownership.insertFence('micro');
  const fail = (error: Error): never => {
    throw error;
  };
  const committer = new Committer({
    storage,
    incarnation: 'micro',
    clock: systemClock,
    logger: silentLogger,
    flushesMax: 1,
    onFenced: () => fail(new Error('fenced')),
  });
  const deps = { store: storage.messages, committer, openPositionsMax: LIMITS.openPositionsMax };
  const logs: OwnedLog[] = [];
  for (let log = 0; log < LOGS; log++)
    logs.push(await OwnedLog.activate(deps, `channel:c${log}`, { term: 1, sub: 1 }, 0, () => {}));
  return {
    name: 'Parley',
    run: (count) =>
      offer(count, (index, committed) => logs[index % LOGS]?.append(BODY, [], { committed, refused: fail })),
    close: async () => {
      await storage.close();
      await folder.release();
      rmSync(path, { recursive: true });
    },
  };
}

export const append: MicroCase = {
  name: 'append',
  one: 'a row of 300 bytes, synced, 256 on their way',
  count: 20_000,
  open: async () => [bareLmdb(), await ownedLogs()],
};
