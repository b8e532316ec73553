/** The options of where the servers of a cluster are, and who this process is in it and to them. */
import type { OptionSpec, Purpose } from './option-spec.js';
import { CLUSTER_ROLES } from './server-commands.js';

const CLUSTER: readonly Purpose[] = CLUSTER_ROLES;
const CASSANDRA_USERS: readonly Purpose[] = ['node', 'migrate'];

/**
 * What stands in an address of Consul's API, in a key there (512 bytes with all that is around it) and in a subject of NATS as it
 * is; and what `parley drain NAME` does not take for a flag.
 */
const PROCESS_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

interface TextRow {
  readonly type: 'text';
  readonly default: '';
  readonly description: string;
  readonly roles: readonly Purpose[];
}

/** Rows of text by their names, each of which begins with a server's. */
function rowsOf<Server extends string, Name extends string>(
  server: Server,
  roles: readonly Purpose[],
  descriptions: Readonly<Record<Name, string>>,
): Readonly<Record<`${Server}${Name}`, TextRow>> {
  const rows = Object.entries<string>(descriptions).map(([name, description]): [string, TextRow] => [
    `${server}${name}`,
    { type: 'text', default: '', description, roles },
  ]);
  return Object.fromEntries(rows) as Record<`${Server}${Name}`, TextRow>;
}

/** Who this process is to a server. */
const loginRows = <Server extends string>(server: Server, title: string, roles: readonly Purpose[]) =>
  rowsOf(server, roles, {
    User: `user of ${title}`,
    Password: "that user's password; rather by the environment, which other users of the machine do not see",
  });

/** By what the two know each other. */
const tlsRows = <Server extends string>(server: Server, roles: readonly Purpose[]) =>
  rowsOf(server, roles, {
    Ca: 'authority of its certificates, a PEM file, or `public` for those that Node.js knows: speak TLS',
    Cert: 'certificate of this process for it, a PEM file',
    Key: 'private key of that, a PEM file',
  });

export const CLUSTER_OPTIONS = {
  cluster: {
    type: 'text',
    default: 'parley',
    description: 'name of the cluster: letters, digits, dashes; those of different names do not see each other',
    roles: CLUSTER,
  },
  name: {
    type: 'text',
    default: '',
    description:
      'name of this process, the same after a restart: letters, digits, dots, dashes and underscores, up to 128, a letter or digit first; made from role, machine and port when it is not given',
    check: (name: string) => name === '' || PROCESS_NAME.test(name),
    roles: CLUSTER,
  },
  consul: { type: 'text', default: '127.0.0.1:8500', description: "address of Consul's agent", roles: CLUSTER },
  consulToken: { type: 'text', default: '', description: 'token for Consul', roles: CLUSTER },
  nats: { type: 'list', default: ['127.0.0.1:4222'], description: 'addresses of NATS', roles: CLUSTER },
  postgres: {
    type: 'text',
    default: 'postgres://parley@127.0.0.1:5432/parley',
    description: 'URL of the database of accounts',
    roles: ['node', 'api', 'push', 'admin', 'migrate'],
  },
  cassandra: {
    type: 'list',
    default: ['127.0.0.1:9042'],
    description: 'contact points of Cassandra',
    roles: CASSANDRA_USERS,
  },
  cassandraDatacenter: {
    type: 'text',
    default: 'datacenter1',
    description: "Cassandra's local data centre",
    roles: CASSANDRA_USERS,
  },
  keyspace: {
    type: 'text',
    default: 'parley',
    description: 'keyspace of the messages, made when missing',
    roles: CASSANDRA_USERS,
  },
  replication: {
    type: 'number',
    default: 3,
    description: 'copies of each row, when the keyspace is made',
    check: (copies: number) => Number.isInteger(copies) && copies >= 1 && copies <= 9,
    roles: CASSANDRA_USERS,
  },
  weight: {
    type: 'number',
    default: 1,
    description: 'share of the actors beside other nodes; 0 takes none',
    check: (weight: number) => weight >= 0 && weight <= 1_000,
    roles: ['node'],
  },
  nodesMin: {
    type: 'number',
    default: 1,
    description: 'nodes that must be there before actors are placed for the first time',
    check: (nodes: number) => Number.isInteger(nodes) && nodes >= 1 && nodes <= 256,
    roles: ['node'],
  },
  tokenKeys: {
    type: 'text',
    default: './token-keys.json',
    description: 'file with the keys of access tokens, made by `parley keys`; gateways need the public ones only',
    roles: ['gateway', 'api'],
  },
  ...loginRows('cassandra', 'Cassandra', CASSANDRA_USERS),
  ...tlsRows('cassandra', CASSANDRA_USERS),
  ...loginRows('nats', 'NATS', CLUSTER),
  natsCreds: {
    type: 'text',
    default: '',
    description: 'file with a JWT and its seed (.creds), in place of user and password',
    roles: CLUSTER,
  },
  ...tlsRows('nats', CLUSTER),
} as const satisfies Record<string, OptionSpec>;
