import { Client } from 'cassandra-driver';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../../../test/servers/requirement.js';
import { findServers, SERVERS_HINT } from '../../../test/servers/server-programs.js';
import { sharedPlace } from '../../../test/servers/shared-place.js';
import type { Storage, StoreWrite } from '../../core/store.js';
import { type ConformancePlace, STORAGE_CONFORMANCE } from '../conformance.js';
import { openCassandra } from './cassandra-storage.js';
import { SchemaTooNewError } from './migrate.js';
import { BUCKET_ROWS, MIGRATIONS } from './schema.js';
import { newKeyspace, openTestStore, testOptions } from './testing/test-store.js';

const SERVER_MS = 180_000;
const TABLES = MIGRATIONS.flatMap((migration) => migration((name) => name))
  .map((statement) => /TABLE IF NOT EXISTS (\w+)/.exec(statement)?.[1] ?? '')
  .filter((name) => name !== '');

describeWith('the Cassandra store', findServers(), SERVERS_HINT, () => {
  let contactPoints: readonly string[];
  let driver: Client;
  const shared = newKeyspace();

  beforeAll(async () => {
    ({ contactPoints } = await sharedPlace());
    driver = new Client({ contactPoints: [...contactPoints], localDataCenter: 'datacenter1' });
    await driver.connect();
    await (await openTestStore(contactPoints, shared)).close();
  }, SERVER_MS);

  afterAll(async () => {
    await driver?.shutdown();
  }, SERVER_MS);

  /** One keyspace, emptied: making another takes seconds. */
  async function emptyPlace(): Promise<ConformancePlace & { closeAll(): Promise<void> }> {
    await Promise.all(TABLES.map((table) => driver.execute(`TRUNCATE ${shared}.${table}`)));
    const handles: Storage[] = [];
    return {
      fencesWrites: false,
      open: async () => {
        const storage = await openTestStore(contactPoints, shared);
        handles.push(storage);
        return storage;
      },
      closeAll: async () => {
        for (const handle of handles) await handle.close();
      },
    };
  }

  it.each(STORAGE_CONFORMANCE.map((check) => [check.name, check] as const))('%s', async (_name, check) => {
    const place = await emptyPlace();
    try {
      await check.run(place);
    } finally {
      await place.closeAll();
    }
  });

  it('makes its schema once, however many processes start at once, and opens it again', async () => {
    const keyspace = newKeyspace();
    const stores = await Promise.all([1, 2, 3].map(() => openTestStore(contactPoints, keyspace)));
    await stores[0]?.ownership.insertFence('a');
    expect(await stores[2]?.ownership.readFence('a')).toBe('live');
    const rows = await driver.execute(`SELECT component, version FROM ${keyspace}.schema_version`);
    expect(rows.rows.map((row) => [row.component, row.version])).toEqual([['schema', MIGRATIONS.length]]);
    await (await openTestStore(contactPoints, keyspace)).close();
    for (const storage of stores) await storage.close();
  });

  it('refuses a schema of a newer program in one sentence, and changes nothing', async () => {
    const keyspace = newKeyspace();
    await (await openTestStore(contactPoints, keyspace)).close();
    await driver.execute(`UPDATE ${keyspace}.schema_version SET version = 99 WHERE component = 'schema' IF EXISTS`);
    const refused = openTestStore(contactPoints, keyspace);
    await expect(refused).rejects.toBeInstanceOf(SchemaTooNewError);
    await expect(refused).rejects.toThrow(/schema version 99, and this program knows \d+ at most/);
  });

  it('is of the cluster that came first, however many come at once, and refuses any other in one sentence', async () => {
    const keyspace = newKeyspace();
    const openFor = (cluster: string) => openCassandra({ ...testOptions(contactPoints, keyspace), cluster });
    const stores = await Promise.all(['here', 'here', 'here'].map(openFor));
    await expect(openFor('there')).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringMatching(/keyspace \w+ is of the cluster here with 4096 shards; this process is of there/),
    });
    stores.push(await openFor('here'), await openTestStore(contactPoints, keyspace));
    await driver.execute(`UPDATE ${keyspace}.schema_version SET version = 2048 WHERE component = 'cluster' IF EXISTS`);
    await expect(openFor('here')).rejects.toThrow('2048 shards');
    for (const storage of stores) await storage.close();
  });

  it('goes on where a migration was cut short', async () => {
    const keyspace = newKeyspace();
    await (await openTestStore(contactPoints, keyspace)).close();
    await driver.execute(`DELETE FROM ${keyspace}.schema_version WHERE component = 'schema' IF EXISTS`);
    await driver.execute(`DROP TABLE ${keyspace}.shard_owner`);
    const storage = await openTestStore(contactPoints, keyspace);
    expect(await storage.ownership.readOwners()).toEqual([]);
    await storage.close();
  });

  it('says in one sentence which address cannot be reached, or has no majority', async () => {
    await expect(openTestStore(['127.0.0.1:1'])).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('Cassandra cannot be reached at 127.0.0.1:1: connect ECONNREFUSED'),
    });
    const elsewhere = { ...testOptions(contactPoints, newKeyspace()), localDataCenter: 'nowhere' };
    await expect(openCassandra(elsewhere)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('nowhere'),
    });
    const alone = { ...testOptions(contactPoints, newKeyspace()), replication: 3 };
    await expect(openCassandra(alone)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/keyspace parley_test_\w+ cannot be opened at 127\.0\.0\.1:\d+: Cassandra/),
    });
  });

  it('takes away whole buckets, and finds what an earlier trim left behind', async () => {
    const { messages } = await (await emptyPlace()).open('a');
    const row = (seq: number): StoreWrite => ({
      type: 'row',
      log: 'l',
      row: { seq, epoch: { term: 1, sub: 1 }, body: Buffer.from('x') },
    });
    const seqs = Array.from({ length: 5 * 8 + 1 }, (_, i) => 1 + (i * BUCKET_ROWS) / 8);
    await messages.write(seqs.map(row));
    const belowSeq = 3 * BUCKET_ROWS + 700;
    // As an earlier trim that failed after its first bucket.
    await driver.execute(`DELETE FROM ${shared}.log_rows USING TIMESTAMP 3 WHERE log = 'l' AND bucket = 0`);
    await messages.write([{ type: 'trim', log: 'l', belowSeq }]);
    await messages.write([row(1), row(belowSeq - 1), row(BUCKET_ROWS + 1)]);
    const left = await driver.execute(`SELECT seq FROM ${shared}.log_rows`);
    const expected = seqs.filter((seq) => seq >= belowSeq);
    expect(left.rows.map((found) => found.seq.toNumber()).sort((a, b) => a - b)).toEqual(expected);
  });

  it('leaves no clock in anything it writes', async () => {
    const { messages } = await (await emptyPlace()).open('a');
    const version = { term: 1, sub: 2, counter: 3 };
    const record = { key: 'k', version, value: Buffer.from('x') };
    await messages.write([
      { type: 'row', log: 'l', row: { seq: 1, epoch: version, body: Buffer.from('x') } },
      { type: 'epoch', log: 'l', entry: { epoch: version, startSeq: 1 } },
      { type: 'record', partition: 'p', record },
      { type: 'record', partition: 'active/1', record },
    ]);
    const written = async (cell: string, table: string): Promise<number> =>
      (await driver.execute(`SELECT WRITETIME(${cell}) AS at FROM ${shared}.${table}`)).first().at.toNumber();
    const ofVersion = 2 ** 45 + 2 * 2 ** 21 + 3;
    expect(await written('body', 'log_rows')).toBe(1);
    expect(await written('start_seq', 'log_epochs')).toBe(1);
    expect(await written('value', 'records')).toBe(ofVersion);
    expect(await written('value', 'volatile_records')).toBe(ofVersion);
  });

  it('reads the active set of a busy day soon, though all of it was taken off again', { timeout: 60_000 }, async () => {
    const { messages } = await (await emptyPlace()).open('a');
    const partition = 'active/5';
    const actors = Array.from({ length: 20_000 }, (_, i) => `0000000001/channel:${i}`);
    const at = { term: 1, sub: 1 };
    for (let from = 0; from < actors.length; from += 2_000) {
      const some = actors.slice(from, from + 2_000);
      await messages.write(
        some.flatMap((key): StoreWrite[] => [
          { type: 'record', partition, record: { key, version: { ...at, counter: 1 }, value: new Uint8Array() } },
          { type: 'unrecord', partition, key, version: { ...at, counter: 2 } },
        ]),
      );
    }
    const startMs = performance.now();
    expect(await messages.readRecords(partition, '', 200)).toEqual([]);
    const tookMs = performance.now() - startMs;
    process.stderr.write(`an active set of 20,000 removed entries was read in ${tookMs.toFixed(0)} ms\n`);
    expect(tookMs).toBeLessThan(2_000);
  });
});
