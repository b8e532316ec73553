/**
 * Brings the schema of a keyspace to this program's version. Several processes may start at once: one of them at a time
 * holds a lock (a row with a time to live, by compare-and-set) and applies what is missing; the others wait until the
 * version says that it is done. Should the lock run out under a slow holder, two apply the same statements, each of which
 * may run beside itself.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, sleep } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { CassandraClient } from './cassandra-client.js';
import { isForbidden } from './driver-errors.js';
import { createKeyspace, createVersionTable, MIGRATIONS, SCHEMA_VERSION } from './schema.js';

/** The keyspace was made by a newer program; its message is one sentence. Waiting does not help. */
export class SchemaTooNewError extends Error {
  constructor(keyspace: string, version: number) {
    super(
      `The keyspace ${keyspace} has schema version ${version}, and this program knows ${SCHEMA_VERSION} at most: run the newer one.`,
    );
    this.name = 'SchemaTooNewError';
  }
}

export interface MigrationPlan {
  readonly client: CassandraClient;
  readonly keyspace: string;
  readonly localDataCenter: string;
  readonly replication: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const LOCK_SECONDS = 30;
const LOOK_AGAIN_MS = 200;
/** How long another process is waited for, milliseconds. */
const PATIENCE_MS = 60_000;

export async function migrate(plan: MigrationPlan): Promise<void> {
  const { keyspace, clock, logger } = plan;
  const versions = new SchemaVersions(plan.client, keyspace);
  const endMs = clock.monotonic() + PATIENCE_MS;
  for (;;) {
    try {
      if (await isUpToDate(versions, plan)) return;
    } catch (cause) {
      // Several that start at once are in each other's way for a while, and a server hears late of what another one made.
      if (!(cause instanceof ParleyError) || isForbidden(cause) || clock.monotonic() > endMs) throw cause;
      logger.info({ keyspace, err: cause }, 'the schema of the message store is in doubt and will be looked at again');
    }
    if (clock.monotonic() > endMs) {
      const sentence = `Another process has not brought the keyspace ${keyspace} up to date in a minute.`;
      throw new ParleyError('unavailable', { sentence });
    }
    await sleep(clock, LOOK_AGAIN_MS);
  }
}

/** Looks, and changes what is missing unless another process is at it. */
async function isUpToDate(versions: SchemaVersions, plan: MigrationPlan): Promise<boolean> {
  if (!(await versions.exist())) {
    // Who may use a keyspace that an operator made may not make one: not even one that is there.
    if (!(await versions.haveKeyspace()))
      await plan.client.runSchema(createKeyspace(plan.keyspace, plan.localDataCenter, plan.replication));
    await plan.client.runSchema(createVersionTable(plan.keyspace));
  }
  const version = await versions.read();
  if (version > SCHEMA_VERSION) throw new SchemaTooNewError(plan.keyspace, version);
  if (version === SCHEMA_VERSION) return true;
  if (!(await versions.lock())) return false;
  try {
    await applyFrom(version, versions, plan);
  } finally {
    await versions.unlock();
  }
  return true;
}

async function applyFrom(version: number, versions: SchemaVersions, plan: MigrationPlan): Promise<void> {
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version) continue;
    for (const statement of migration((name) => `${plan.keyspace}.${name}`)) await plan.client.runSchema(statement);
    await versions.raise(index, index + 1);
    plan.logger.info({ keyspace: plan.keyspace, version: index + 1 }, 'the schema of the message store was migrated');
  }
}

/** The version row and the lock row, both by compare-and-set only. */
class SchemaVersions {
  private readonly client: CassandraClient;
  private readonly keyspace: string;
  private readonly table: string;
  private readonly holder = randomUUID();

  constructor(client: CassandraClient, keyspace: string) {
    this.client = client;
    this.keyspace = keyspace;
    this.table = `${keyspace}.schema_version`;
  }

  async haveKeyspace(): Promise<boolean> {
    const query = 'SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?';
    return (await this.client.run({ query, params: [this.keyspace] })).first() !== null;
  }

  /** Whether the table is there; it may not take questions yet. */
  async exist(): Promise<boolean> {
    const query = 'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?';
    const tables = await this.client.run({ query, params: [this.keyspace, 'schema_version'] });
    return tables.first() !== null;
  }

  /** 0 when there is nothing yet. */
  async read(): Promise<number> {
    const query = `SELECT version FROM ${this.table} WHERE component = 'schema'`;
    return (await this.client.runSerialRead({ query, params: [] }))?.version ?? 0;
  }

  async raise(from: number, to: number): Promise<void> {
    const params = from === 0 ? [to] : [to, from];
    const query =
      from === 0
        ? `INSERT INTO ${this.table} (component, version) VALUES ('schema', ?) IF NOT EXISTS`
        : `UPDATE ${this.table} SET version = ? WHERE component = 'schema' IF version = ?`;
    await this.client.runConditional({ query, params });
  }

  async lock(): Promise<boolean> {
    const query = `INSERT INTO ${this.table} (component, holder) VALUES ('lock', ?) IF NOT EXISTS USING TTL ${LOCK_SECONDS}`;
    const { applied, row } = await this.client.runConditional({ query, params: [this.holder] });
    return applied || row?.holder === this.holder;
  }

  /** Or the lock runs out by itself. */
  async unlock(): Promise<void> {
    const query = `DELETE FROM ${this.table} WHERE component = 'lock' IF holder = ?`;
    await this.client.runConditional({ query, params: [this.holder] }).catch(() => undefined);
  }
}
