/** What the tests of a whole cluster need installed. */
import { CASSANDRA_HINT, type CassandraProgram, findCassandra } from './cassandra-server.js';
import { CONSUL_HINT, findConsul } from './consul-server.js';
import { findNatsServer, NATS_HINT } from './nats-server.js';
import { findPostgres, POSTGRES_HINT } from './postgres-server.js';

export interface ServerPrograms {
  readonly cassandra: CassandraProgram;
  readonly consul: string;
  readonly nats: string;
  readonly postgres: string;
}

export const SERVERS_HINT = [CONSUL_HINT, NATS_HINT, CASSANDRA_HINT, POSTGRES_HINT].join(' ');

/** Undefined when one of them is nowhere. */
export function findServers(): ServerPrograms | undefined {
  const [cassandra, consul, nats, postgres] = [findCassandra(), findConsul(), findNatsServer(), findPostgres()];
  if (cassandra === undefined || consul === undefined || nats === undefined || postgres === undefined) return undefined;
  return { cassandra, consul, nats, postgres };
}
