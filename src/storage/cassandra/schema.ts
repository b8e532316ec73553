/**
 * The tables, as a list of migrations that only grows: version n is what the first n of them make. Why they are shaped so:
 * docs/adr/0010-cassandra.md. Each statement may run again, and beside itself from another process.
 */
import { createHash } from 'node:crypto';

/** Positions of a log in one partition: some 1 MB of chat, 64 MB at the very worst. */
export const BUCKET_ROWS = 4096;

/** A removed record that is volatile may come back when a server was away for longer than this. */
const VOLATILE_GRACE_SECONDS = 3 * 3600;

/** A tombstone whose time has come goes though nothing else would compact its file. */
const LEVELED = `compaction = {'class': 'LeveledCompactionStrategy', 'sstable_size_in_mb': '160',
    'tombstone_compaction_interval': '${VOLATILE_GRACE_SECONDS}', 'unchecked_tombstone_compaction': 'true'}`;

export type Migration = (table: (name: string) => string) => readonly string[];

export const MIGRATIONS: readonly Migration[] = [
  (table) => [
    `CREATE TABLE IF NOT EXISTS ${table('log_rows')} (log text, bucket bigint, seq bigint, term int, sub int, body blob,
      PRIMARY KEY ((log, bucket), seq, term, sub)) WITH ${idOf(table('log_rows'))} AND compaction = {'class': 'SizeTieredCompactionStrategy'}`,
    `CREATE TABLE IF NOT EXISTS ${table('log_epochs')} (log text, term int, sub int, start_seq bigint,
      PRIMARY KEY (log, term, sub)) WITH ${idOf(table('log_epochs'))} AND ${LEVELED}`,
    `CREATE TABLE IF NOT EXISTS ${table('records')} (partition_name text, record_key text, value blob,
      PRIMARY KEY (partition_name, record_key)) WITH ${idOf(table('records'))} AND ${LEVELED}`,
    `CREATE TABLE IF NOT EXISTS ${table('volatile_records')} (partition_name text, record_key text, value blob,
      PRIMARY KEY (partition_name, record_key)) WITH ${idOf(table('volatile_records'))} AND gc_grace_seconds = ${VOLATILE_GRACE_SECONDS} AND ${LEVELED}`,
    `CREATE TABLE IF NOT EXISTS ${table('node_fence')} (incarnation text PRIMARY KEY, state text) WITH ${idOf(table('node_fence'))}`,
    `CREATE TABLE IF NOT EXISTS ${table('shard_owner')} (shard int PRIMARY KEY, term int, incarnation text,
      id_floor_ms bigint) WITH ${idOf(table('shard_owner'))}`,
  ],
];

/** The version of the schema that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

export function createKeyspace(keyspace: string, dataCenter: string, replication: number): string {
  return `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication =
    {'class': 'NetworkTopologyStrategy', '${dataCenter.replaceAll("'", "''")}': ${replication}}`;
}

/** The table that says how far the schema is. It is made without any lock. */
export function createVersionTable(keyspace: string): string {
  const table = `${keyspace}.schema_version`;
  return `CREATE TABLE IF NOT EXISTS ${table} (component text PRIMARY KEY, version int, holder text) WITH ${idOf(table)}`;
}

/**
 * Tables may be made by several processes at once on several servers, or by one whose request was sent twice: each would give
 * it an id of its own, and the servers would disagree for good. So the id is made from the name.
 */
function idOf(table: string): string {
  const digest = createHash('sha256').update(table).digest('hex');
  const parts = [digest.slice(0, 8), digest.slice(8, 12), `5${digest.slice(13, 16)}`, `a${digest.slice(17, 20)}`];
  return `ID = ${parts.join('-')}-${digest.slice(20, 32)}`;
}
