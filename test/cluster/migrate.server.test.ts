import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/logger.js';
import { openPostgresDirectory } from '../../src/directory/postgres/postgres-directory.js';
import { openLocalDirectory } from '../../src/directory/sqlite/local-directory.js';
import { migrateToCluster } from '../../src/node/migrate.js';
import { refuseHalfMoved } from '../../src/node/migration-progress.js';
import type { Options } from '../../src/node/option-table.js';
import { readOptions } from '../../src/node/read-options.js';
import { newKeyspace, openTestStore } from '../../src/storage/cassandra/testing/test-store.js';
import { openDataFolder } from '../../src/storage/lmdb/data-folder.js';
import { openLmdb } from '../../src/storage/lmdb/lmdb-storage.js';
import { describeWith } from '../servers/requirement.js';
import { findServers, SERVERS_HINT } from '../servers/server-programs.js';
import type { ServerPlace } from '../servers/server-set.js';
import { sharedPlace } from '../servers/shared-place.js';

const ROWS = 12_000;
const START_MS = 240_000;
const LOG = 'channel:ann~bob';

/** A data folder as a stopped embedded form leaves it: accounts, a long log, its epochs and a checkpoint. */
async function makeFolder(path: string, createdAt: number): Promise<void> {
  const folder = await openDataFolder(path, { now: createdAt });
  const storage = await openLmdb({ folder, incarnation: 'embedded' });
  await storage.ownership.insertFence('embedded');
  const next = { term: 5, incarnation: 'embedded', idFloorMs: 1_000 };
  await storage.ownership.changeOwners(
    Array.from({ length: 64 }, (_, shard) => ({ shard, expectTerm: 0, expectIncarnation: undefined, next })),
  );
  const epoch = { term: 5, sub: 1 };
  await storage.messages.write([
    { type: 'epoch', log: LOG, entry: { epoch, startSeq: 1 } },
    ...Array.from({ length: ROWS }, (_, index) => {
      const row = { seq: index + 1, epoch, body: Buffer.from(`message ${index + 1}`) };
      return { type: 'row' as const, log: LOG, row };
    }),
    {
      type: 'record',
      partition: `checkpoint/${LOG}`,
      record: { key: 'state', version: { ...epoch, counter: 3 }, value: Buffer.from('checkpoint') },
    },
  ]);
  await storage.close();
  const directory = await openLocalDirectory({ file: join(path, 'directory.sqlite') });
  for (const userId of ['ann', 'bob', 'cem'])
    await directory.accounts.create({ userId, passwordHash: `hash of ${userId}` });
  await directory.friends.request('ann', 'bob');
  await directory.friends.accept('bob', 'ann');
  await directory.close();
  await folder.release();
}

/** What a restart of PostgreSQL does to a migration; resolves to how many connections it had. */
async function endConnections(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const ended = await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'parley migrate' AND datname = current_database()`,
  );
  await client.end();
  return ended.rows.length;
}

describeWith('a data folder moved into a cluster', findServers(), SERVERS_HINT, () => {
  let place: ServerPlace;
  let options: Options;
  const folder = mkdtempSync(join(tmpdir(), 'parley-migrate-'));
  const data = join(folder, 'data');

  const optionsFor = (path: string): Options => {
    const stores = ['--cassandra', place.contactPoints.join(','), '--postgres', place.postgresUrl];
    const args = ['--data', path, '--keyspace', place.keyspace, '--replication', '1', ...stores];
    const read = readOptions(args, {}, 'migrate');
    if (read === undefined) throw new Error('no options');
    return read;
  };

  beforeAll(async () => {
    place = await sharedPlace();
    await makeFolder(data, 1_000);
    options = optionsFor(data);
  }, START_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('goes on where it was cut short, and holds at the end what the folder held', async () => {
    const cutShort = migrateToCluster(options, silentLogger, (line) => {
      if (line.includes('so far')) throw new Error('cut short');
    });
    await expect(cutShort).rejects.toThrow('cut short');
    const storage = await openTestStore(place.contactPoints, place.keyspace);
    await expect(refuseHalfMoved(storage)).rejects.toThrow(/to its end/);

    const said: string[] = [];
    let lost: Promise<number> | undefined;
    await migrateToCluster(options, silentLogger, (line) => {
      said.push(line);
      if (line.startsWith('messages:')) lost = endConnections(place.postgresUrl);
    });
    expect(await lost).toBeGreaterThan(0);
    expect(said[0]).toMatch(/^Going on/);
    expect(said.at(-1)).toMatch(/^Done/);
    await refuseHalfMoved(storage);

    const rows = await storage.messages.readRows(LOG, 1, ROWS + 1, ROWS);
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: ROWS }, (_, index) => index + 1));
    expect(Buffer.from(rows.at(-1)?.body ?? []).toString()).toBe(`message ${ROWS}`);
    expect(await storage.messages.readEpochs(LOG)).toEqual([{ epoch: { term: 5, sub: 1 }, startSeq: 1 }]);
    const owners = await storage.ownership.readOwners();
    expect(owners).toHaveLength(64);
    expect(owners[0]).toMatchObject({ term: 5, incarnation: undefined, idFloorMs: 1_000 });
    await storage.close();

    const directory = await openPostgresDirectory({ url: place.postgresUrl });
    expect(await directory.accounts.passwordHashOf('cem')).toBe('hash of cem');
    expect((await directory.people.factsOf('ann'))?.friends).toEqual(new Set(['bob']));
    await directory.close();
  }, 400_000);

  it('says so when it was moved before, when another was, and when there is none', async () => {
    const said: string[] = [];
    await migrateToCluster(options, silentLogger, (line) => said.push(line));
    expect(said).toEqual(['This data folder has been moved already.']);
    const other = join(folder, 'other');
    await makeFolder(other, 2_000);
    await expect(migrateToCluster(optionsFor(other), silentLogger, () => undefined)).rejects.toThrow(
      /Another data folder/,
    );
    const none = join(folder, 'none');
    await expect(migrateToCluster(optionsFor(none), silentLogger, () => undefined)).rejects.toThrow(/no data folder/);
    expect(existsSync(none)).toBe(false);
  }, 200_000);

  it('is refused by a database that holds accounts', async () => {
    const elsewhere = { ...optionsFor(join(folder, 'other')), keyspace: newKeyspace() };
    await expect(migrateToCluster(elsewhere, silentLogger, () => undefined)).rejects.toThrow(/holds accounts/);
  }, 200_000);
});
