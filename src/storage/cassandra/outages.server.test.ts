import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answersCql } from '../../../scripts/servers/cql.mjs';
import { CASSANDRA_HINT, CassandraServer, FIRST_USER, findCassandra } from '../../../test/servers/cassandra-server.js';
import { describeWith } from '../../../test/servers/requirement.js';
import { until } from '../../../test/until.js';
import { systemClock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { silentLogger } from '../../core/logger.js';
import { noMetrics } from '../../core/metrics.js';
import type { OwnerChange, Storage, StoreWrite } from '../../core/store.js';
import { CassandraClient, REQUEST_TIMEOUT_MS } from './cassandra-client.js';
import { CassandraMetrics } from './cassandra-metrics.js';
import { openCassandra } from './cassandra-storage.js';
import { createKeyspace } from './schema.js';
import { newKeyspace, openTestStore, testOptions } from './testing/test-store.js';

const SERVER_MS = 180_000;
const HEAL_MS = 60_000;
const IN_DOUBT = /^(timeout|unavailable)$/;

/** Of a certificate for this machine that vouches for itself. */
const tlsFile = (name: string): string =>
  readFileSync(new URL(`../../../test/process/tls/${name}`, import.meta.url), 'utf8');
const ca = tlsFile('certificate.pem');

const row = (log: string, seq: number, term = 1): StoreWrite => ({
  type: 'row',
  log,
  row: { seq, epoch: { term, sub: 1 }, body: Buffer.alloc(200, seq) },
});

/** A writer that repeats what is in doubt, as the committer does, and remembers what resolved. */
class Writer {
  readonly stored: number[] = [];
  readonly doubts: string[] = [];
  private readonly storage: Storage;
  private readonly log: string;
  private stopped = false;
  private readonly done: Promise<void>;

  constructor(storage: Storage, log: string) {
    this.storage = storage;
    this.log = log;
    this.done = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  private async run(): Promise<void> {
    for (let seq = 1; !this.stopped; seq++) {
      await this.storeOne(seq);
      this.stored.push(seq);
    }
  }

  private async storeOne(seq: number): Promise<void> {
    for (;;) {
      try {
        return await this.storage.messages.write([row(this.log, seq)]);
      } catch (error) {
        this.doubts.push((error as { kind?: string }).kind ?? String(error));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

/** Repeats what is in doubt, as every caller of the ports does: a server that has just come back takes its time. */
async function untilDecided<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (const endMs = performance.now() + HEAL_MS; ; ) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ParleyError) || performance.now() > endMs) throw error;
      expect(error.kind).toMatch(IN_DOUBT);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function seqsOf(storage: Storage, log: string): Promise<number[]> {
  const seqs: number[] = [];
  for (;;) {
    const from = (seqs.at(-1) ?? 0) + 1;
    const page = await untilDecided(() => storage.messages.readRows(log, from, 1e9, 1_000));
    if (page.length === 0) return seqs;
    seqs.push(...page.map(({ seq }) => seq));
  }
}

/** Writers on four logs; what they said they stored is all there at the end, and a healed store takes more. */
class Load {
  readonly writers: readonly Writer[];
  private readonly storage: Storage;

  constructor(storage: Storage) {
    this.storage = storage;
    this.writers = ['a', 'b', 'c', 'd'].map((log) => new Writer(storage, log));
  }

  get stored(): number {
    return this.writers.reduce((sum, writer) => sum + writer.stored.length, 0);
  }

  async goesOn(rows = 50): Promise<void> {
    const before = this.stored;
    await expect.poll(() => this.stored - before, { timeout: HEAL_MS }).toBeGreaterThan(rows);
  }

  async endsWithNothingLost(): Promise<void> {
    await Promise.all(this.writers.map((writer) => writer.stop()));
    for (const [i, log] of ['a', 'b', 'c', 'd'].entries()) {
      expect(await seqsOf(this.storage, log)).toEqual(this.writers[i]?.stored);
    }
  }

  get doubts(): readonly string[] {
    return this.writers.flatMap((writer) => writer.doubts);
  }
}

describeWith('one Cassandra that goes away', findCassandra(), CASSANDRA_HINT, (program) => {
  let server: CassandraServer;
  let storage: Storage;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-cassandra-tls-'));
    const pem = join(folder, 'server.pem');
    writeFileSync(pem, [tlsFile('certificate.pem'), tlsFile('key.pem')].join(''));
    server = await CassandraServer.start(program, 1, { tls: pem });
    const known = () => openTestStore(server.contactPoints, newKeyspace(), { credentials: FIRST_USER });
    await (await untilDecided(known)).close(); // that user is made after the first start
  }, SERVER_MS);
  afterAll(async () => {
    await server?.remove();
    rmSync(folder, { recursive: true });
  }, SERVER_MS);
  beforeEach(async () => {
    storage = await openTestStore(server.contactPoints, newKeyspace(), { credentials: FIRST_USER, tls: { ca } });
  }, SERVER_MS);
  afterEach(() => storage.close());
  it.each([
    ['no password', {}, 'requires authentication'],
    ['a wrong one', { credentials: { ...FIRST_USER, password: 'wrong' } }, 'Provided username cassandra'],
    ['a certificate that nobody vouches for', { credentials: FIRST_USER, tls: {} }, 'self-signed certificate'],
  ])('is opened with %s: refused in one sentence', async (_, access, words) => {
    const refused = openTestStore(server.contactPoints, newKeyspace(), access);
    await expect(refused).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringContaining(words) });
  });

  /** By one who may do everything. */
  async function administer(...statements: string[]): Promise<void> {
    const address = {
      contactPoints: server.contactPoints,
      localDataCenter: server.dataCenter,
      credentials: FIRST_USER,
    };
    const deps = { logger: silentLogger, metrics: new CassandraMetrics(), clock: systemClock };
    const client = await CassandraClient.connect(address, undefined, deps);
    for (const statement of statements) await client.runSchema(statement);
    await client.close();
  }

  it.each([
    ['makes it', (_name: string): string[] => [], 'ALL KEYSPACES', 'CREATE'],
    ['is given it', (name: string) => [createKeyspace(name, 'datacenter1', 1)], '', 'CREATE, ALTER, SELECT, MODIFY'],
  ])('is written to by a user who may what the manual says on a keyspace, and %s', async (_, made, all, rights) => {
    const [keyspace, password] = [newKeyspace(), 'secret'];
    const username = `user_of_${keyspace}`;
    const grants = rights
      .split(', ')
      .map((right) => `GRANT ${right} ON ${all || `KEYSPACE ${keyspace}`} TO ${username}`);
    const user = `CREATE ROLE ${username} WITH PASSWORD = '${password}' AND LOGIN = true`;
    await administer(...made(keyspace), user, ...grants);
    const own = await openTestStore(server.contactPoints, keyspace, {
      credentials: { username, password },
      tls: { ca },
    });
    await own.messages.write([row('a', 1)]);
    expect(await seqsOf(own, 'a')).toEqual([1]);
    await own.ownership.insertFence('me');
    await own.close();
  });

  it('is refused in one sentence to who may not make a keyspace, at once', async () => {
    const keyspace = newKeyspace();
    await administer(`CREATE ROLE ${keyspace}_user WITH PASSWORD = 'secret' AND LOGIN = true`);
    const credentials = { username: `${keyspace}_user`, password: 'secret' };
    const refused = openTestStore(server.contactPoints, keyspace, { credentials });
    const message = expect.stringContaining(`User ${keyspace}_user has no CREATE permission on <all keyspaces>`);
    await expect(refused).rejects.toMatchObject({ kind: 'unavailable', message });
  });

  const onlyNode = () => server.nodes[0] ?? expect.fail('there is a node');

  it('killed and started again at its address under writes: nothing that resolved is lost, and it goes on by itself', {
    timeout: SERVER_MS,
  }, async () => {
    await untilDecided(() => storage.ownership.insertFence('me'));
    const load = new Load(storage);
    await load.goesOn();
    await server.kill();
    expect(await answersCql(onlyNode())).toBe(false);
    await expect.poll(() => load.doubts.length, { timeout: HEAL_MS }).toBeGreaterThan(4);
    await expect(storage.ownership.readFence('me')).rejects.toMatchObject({ kind: expect.stringMatching(IN_DOUBT) });
    await server.start();
    await load.goesOn();
    await load.endsWithNothingLost();
    for (const doubt of load.doubts) expect(doubt).toMatch(IN_DOUBT);
    expect(await untilDecided(() => storage.ownership.readFence('me'))).toBe('live');
  });

  it('paused: writes and reads are in doubt within their deadline, compare-and-set too; then all goes on', {
    timeout: SERVER_MS,
  }, async () => {
    const load = new Load(storage);
    await load.goesOn();
    onlyNode().pause();
    // All of its threads are to stop, each in its time.
    await until('it is paused', async () => !(await answersCql(onlyNode())));
    const startMs = performance.now();
    const many = Array.from({ length: 3_000 }, (_, i) => row(`log ${i}`, 1));
    const outcomes = await Promise.allSettled([
      storage.messages.write(many),
      storage.messages.write([row('z', 1)]),
      storage.messages.readRows('a', 1, 2, 1),
      storage.ownership.readFence('me'),
    ]);
    const tookMs = performance.now() - startMs;
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ reason: { kind: expect.stringMatching(IN_DOUBT) } });
    expect(tookMs).toBeLessThan(4 * REQUEST_TIMEOUT_MS);
    const change: OwnerChange = {
      shard: 3,
      expectTerm: 0,
      expectIncarnation: undefined,
      next: { term: 1, incarnation: 'me', idFloorMs: 1 },
    };
    const changed = untilDecided(() => storage.ownership.changeOwners([change]));
    onlyNode().resume();
    await changed;
    const rows = await untilDecided(() => storage.ownership.readOwners());
    expect(rows).toEqual([{ shard: 3, ...change.next }]);
    await load.goesOn();
    await untilDecided(() => storage.messages.write(many));
    await load.endsWithNothingLost();
  });
});

describeWith('three nodes of Cassandra', findCassandra(), CASSANDRA_HINT, (program) => {
  let server: CassandraServer;
  let storage: Storage;
  let keyspace: string;
  beforeAll(async () => {
    server = await CassandraServer.start(program, 3);
    keyspace = newKeyspace();
    const nodes = server.contactPoints.map((address) => [address, ...server.contactPoints]);
    const stores = await Promise.all(nodes.map((points) => openTestStore(points, keyspace)));
    for (const extra of stores.slice(1)) await extra.close();
    storage = stores[0] ?? (await openTestStore(server.contactPoints, keyspace));
  }, SERVER_MS);
  afterAll(async () => {
    await storage?.close();
    await server?.remove();
  }, SERVER_MS);

  it('are all spoken to, whatever their port, so that none of them is the only one that a process has', async () => {
    const gauges = new Map<string, () => number>();
    const metrics = {
      ...noMetrics,
      gauge: (name: string, _help: string, read: () => number) => void gauges.set(name, read),
    };
    for (const point of server.contactPoints) {
      const opened = await openCassandra({ ...testOptions([point], keyspace), replication: 3, metrics });
      await expect.poll(() => gauges.get('parley_cassandra_servers')?.(), { timeout: HEAL_MS }).toBe(3);
      await opened.close();
    }
  });

  describe('that were opened by three processes at once', () => {
    it('go on when one is killed, and lose nothing; stop when two are; and are right when all are back', {
      timeout: 2 * SERVER_MS,
    }, async () => {
      const [, second, third] = server.nodes;
      await untilDecided(() => storage.ownership.insertFence('me'));
      const load = new Load(storage);
      await load.goesOn();
      await third?.kill();
      await load.goesOn();
      await untilDecided(() => storage.ownership.fence('other'));
      expect(await untilDecided(() => storage.ownership.readFence('other'))).toBe('fenced');
      await second?.kill();
      const doubtsBefore = load.doubts.length;
      await expect.poll(() => load.doubts.length - doubtsBefore, { timeout: HEAL_MS }).toBeGreaterThan(8);
      const storedBefore = load.stored;
      const claim = { shard: 1, expectTerm: 0, expectIncarnation: undefined };
      const next = { term: 1, incarnation: 'me', idFloorMs: 5 };
      const refused = storage.ownership.changeOwners([{ ...claim, next }]);
      await expect(refused).rejects.toMatchObject({ kind: expect.stringMatching(IN_DOUBT) });
      await expect(storage.ownership.readFence('me')).rejects.toMatchObject({
        kind: expect.stringMatching(IN_DOUBT),
      });
      // What had got its majority just before may have been told just after; nothing else.
      expect(load.stored - storedBefore).toBeLessThanOrEqual(load.writers.length);
      await Promise.all([second?.start(), third?.start()]);
      await load.goesOn();
      await load.endsWithNothingLost();
      // The claim that was in doubt was applied or was not; if it was, this one is too late.
      const again = { ...claim, next: { ...next, idFloorMs: 6 } };
      const [applied] = await untilDecided(() => storage.ownership.changeOwners([again]));
      const [row, ...others] = await untilDecided(() => storage.ownership.readOwners());
      expect(others).toEqual([]);
      expect(row).toMatchObject({ shard: 1, term: 1, incarnation: 'me' });
      if (applied) expect(row?.idFloorMs).toBe(6);
      expect(await untilDecided(() => storage.ownership.readFence('other'))).toBe('fenced');
    });
  });
});
