import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findPostgres, POSTGRES_HINT, PostgresServer } from '../../../test/servers/postgres-server.js';
import { describeWith } from '../../../test/servers/requirement.js';
import { kindOf, people } from '../conformance/harness.js';
import { describeDirectory } from '../conformance.js';
import type { Directory } from '../directory.js';
import { DirectoryTooNewError, MIGRATIONS, type Migration } from '../migrations/migrate.js';
import { openPostgresDirectory } from './postgres-directory.js';
import { statements } from './statements.js';
import { postgresHarness } from './testing/test-directory.js';

const DEADLINE_MS = 1_000;
const HEALED_MS = 20_000;

describeWith('the directory on PostgreSQL', findPostgres(), POSTGRES_HINT, (bin) => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start(bin);
  });
  afterAll(() => server.remove());

  describeDirectory('PostgreSQL', () => postgresHarness(server.url));

  describe('the schema', () => {
    beforeEach(() => statements(server.url, 'drop schema public cascade; create schema public'));
    const second: Migration = {
      version: MIGRATIONS.length + 1,
      up: (db) => db.schema.alterTable('accounts').addColumn('note', 'text').execute(),
    };

    it('is made once when several processes start at once', async () => {
      const opened = await Promise.all([1, 2, 3, 4].map(() => openPostgresDirectory({ url: server.url })));
      await Promise.all(opened.map((directory) => directory.close()));
      expect(await statements(server.url, 'select version from schema_version')).toEqual([
        { version: MIGRATIONS.length },
      ]);
    });

    it('of a newer version is refused with a sentence, for good', async () => {
      const newer = { url: server.url, migrations: [...MIGRATIONS, second] };
      await (await openPostgresDirectory(newer)).close();
      const refused = openPostgresDirectory({ url: server.url });
      await expect(refused).rejects.toBeInstanceOf(DirectoryTooNewError);
      await expect(refused).rejects.toThrow(/newer than the \d+ known here/);
    });

    it('compares names by bytes and searches prefixes through the index', async () => {
      const directory = await openPostgresDirectory({ url: server.url });
      await directory.accounts.createMany(
        Array.from({ length: 5_000 }, (_, n) => ({ userId: `u${n}`, passwordHash: 'h' })),
      );
      await directory.close();
      await statements(server.url, 'analyze accounts');
      const query = `select user_id from accounts where user_id >= 'u12' and user_id < 'u12{' order by user_id limit 20`;
      const plan = JSON.stringify(await statements(server.url, `explain ${query}`));
      expect(plan).toContain('accounts_pkey');
      expect(plan).not.toContain('Seq Scan');
    });
  });
});

describeWith('a PostgreSQL that fails', findPostgres(), POSTGRES_HINT, (bin) => {
  let server: PostgresServer;
  let directory: Directory;
  beforeEach(async () => {
    server = await PostgresServer.start(bin);
    directory = await openPostgresDirectory({ url: server.url, deadlineMs: DEADLINE_MS, callsWaitingMax: 50 });
    await people(directory, 'alice');
  });
  afterEach(async () => {
    server.resume();
    await directory.close();
    await server.remove();
  });

  const heals = () =>
    expect.poll(() => kindOf(directory.accounts.passwordHashOf('alice')), { timeout: HEALED_MS }).toBe('none');

  it('is refused at the start with a sentence that names host and database and keeps the password', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'hunter2';
    wrong.pathname = '/nowhere';
    const refusal = await openPostgresDirectory({ url: wrong.href }).catch((thrown: unknown) => thrown);
    expect(`${refusal}`).toContain(`PostgreSQL at ${wrong.host}, database nowhere, does not exist.`);
    expect(`${refusal}`).not.toContain('hunter2');
    await server.kill();
    expect(await kindOf(openPostgresDirectory({ url: server.url }))).toBe('unavailable');
  });

  it('loses nothing that was acknowledged when it is killed under load, and is used again once it is back', async () => {
    const acknowledged: string[] = [];
    let stopped = false;
    const load = async (worker: number): Promise<void> => {
      for (let n = 0; !stopped; n++) {
        const userId = `w${worker}_${n}`;
        if ((await kindOf(directory.accounts.create({ userId, passwordHash: 'h' }))) === 'none')
          acknowledged.push(userId);
      }
    };
    const workers = [1, 2, 3, 4].map(load);
    await expect.poll(() => acknowledged.length, { timeout: HEALED_MS }).toBeGreaterThan(20);
    await server.kill();
    await server.start();
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, { timeout: HEALED_MS }).toBeGreaterThan(before + 20);
    stopped = true;
    await Promise.all(workers);
    await heals();
    const rows = await statements(server.url, 'select user_id from accounts');
    const stored = new Set(rows.map((row) => row.user_id));
    expect(acknowledged.filter((userId) => !stored.has(userId))).toEqual([]);
  });

  it('that hangs ends each call by its deadline, refuses what is too much, and is used again once it goes on', async () => {
    server.pause();
    const began = performance.now();
    const kinds = await Promise.all(
      Array.from({ length: 60 }, () => kindOf(directory.accounts.passwordHashOf('alice'))),
    );
    expect(performance.now() - began).toBeLessThan(2 * DEADLINE_MS);
    expect(kinds.filter((kind) => kind === 'overloaded')).toHaveLength(10);
    expect(kinds.filter((kind) => kind === 'timeout' || kind === 'unavailable')).toHaveLength(50);
    server.resume();
    await heals();
  });
});
