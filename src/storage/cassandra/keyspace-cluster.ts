/**
 * Which cluster a keyspace belongs to. Two clusters that shared one would fence each other's nodes for ever: nothing would be
 * lost, and nothing would get done. So the first process writes its cluster down beside the version of the schema, by
 * compare-and-set, and those of any other are refused before they join.
 */
import { ParleyError } from '../../core/errors.js';
import { SHARD_COUNT } from '../../core/ids.js';
import type { CassandraClient } from './cassandra-client.js';

/** Rejects with `conflict`, and one sentence, when the keyspace is another cluster's, or has another number of shards. */
export async function claimKeyspace(client: CassandraClient, keyspace: string, cluster: string): Promise<void> {
  const query = `INSERT INTO ${keyspace}.schema_version (component, holder, version) VALUES ('cluster', ?, ?) IF NOT EXISTS`;
  const { applied, row } = await client.runConditional({ query, params: [cluster, SHARD_COUNT] });
  if (applied || (row.holder === cluster && row.version === SHARD_COUNT)) return;
  const sentence = `The keyspace ${keyspace} is of the cluster ${row.holder} with ${row.version} shards; this process is of ${cluster} with ${SHARD_COUNT}. Give this cluster a keyspace of its own.`;
  throw new ParleyError('conflict', { sentence });
}
