/** One of each server that a cluster needs, and the places that clusters have on them. */
import { statements } from '../../src/directory/postgres/statements.js';
import type { Network } from '../network/network.js';
import { CassandraServer } from './cassandra-server.js';
import { ConsulServer } from './consul-server.js';
import { NatsServer } from './nats-server.js';
import { PostgresServer } from './postgres-server.js';
import type { ServerPrograms } from './server-programs.js';

/** Where one cluster finds its servers, and what is its own there. */
export interface ServerPlace {
  /** `host:port` each. */
  readonly consul: string;
  readonly nats: string;
  readonly contactPoints: readonly string[];
  /** Of a database that is empty at first. */
  readonly postgresUrl: string;
  readonly cluster: string;
  /** Not made yet. */
  readonly keyspace: string;
}

export class ServerSet {
  readonly consul: ConsulServer;
  readonly nats: NatsServer;
  readonly cassandra: CassandraServer;
  readonly postgres: PostgresServer;
  private places = 0;

  private constructor(consul: ConsulServer, nats: NatsServer, cassandra: CassandraServer, postgres: PostgresServer) {
    this.consul = consul;
    this.nats = nats;
    this.cassandra = cassandra;
    this.postgres = postgres;
  }

  static async start(programs: ServerPrograms, cassandraNodes: 1 | 3 = 1): Promise<ServerSet> {
    const servers = await Promise.all([
      ConsulServer.start(programs.consul),
      NatsServer.start(programs.nats),
      CassandraServer.start(programs.cassandra, cassandraNodes),
      PostgresServer.start(programs.postgres),
    ]);
    return new ServerSet(...servers);
  }

  /** Where hosts of that network reach them; each node of Cassandra on a host of its own. */
  static async startOn(network: Network, programs: ServerPrograms, cassandraNodes: 1 | 3): Promise<ServerSet> {
    const hosts = await network.newHosts(cassandraNodes);
    const servers = await Promise.all([
      ConsulServer.startAt(programs.consul, [network.address]),
      NatsServer.start(programs.nats, [], network.address),
      CassandraServer.startOn(programs.cassandra, hosts),
      PostgresServer.start(programs.postgres, [], network.address),
    ]);
    return new ServerSet(...servers);
  }

  /** For one cluster more, which sees nothing of the others. */
  async newPlace(): Promise<ServerPlace> {
    const name = `test${++this.places}`;
    await statements(this.postgres.url, `CREATE DATABASE ${name}`);
    const database = new URL(this.postgres.url);
    database.pathname = name;
    const { consul, nats, cassandra } = this;
    const addresses = { consul: consul.address, nats: nats.address, contactPoints: cassandra.contactPoints };
    return { ...addresses, postgresUrl: database.href, cluster: name, keyspace: name };
  }

  async remove(): Promise<void> {
    await Promise.all([this.consul, this.nats, this.cassandra, this.postgres].map((server) => server.remove()));
  }
}
