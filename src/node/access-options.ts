/** The options of who this process is to the servers of its cluster, and by what it knows them. */
const CASSANDRA_USERS = ['node', 'migrate'] as const;
const NATS_USERS = ['gateway', 'node', 'api', 'push', 'admin'] as const;

export const ACCESS_OPTIONS = {
  cassandraUser: { type: 'text', default: '', description: 'user of Cassandra', roles: CASSANDRA_USERS },
  cassandraPassword: {
    type: 'text',
    default: '',
    description: "that user's password; rather by the environment, which other users of the machine do not see",
    roles: CASSANDRA_USERS,
  },
  cassandraCa: {
    type: 'text',
    default: '',
    description: 'authority of its certificates, a PEM file, or `public` for those that Node.js knows: speak TLS',
    roles: CASSANDRA_USERS,
  },
  cassandraCert: {
    type: 'text',
    default: '',
    description: 'certificate of this process for it, a PEM file',
    roles: CASSANDRA_USERS,
  },
  cassandraKey: { type: 'text', default: '', description: 'private key of that, a PEM file', roles: CASSANDRA_USERS },
  natsUser: { type: 'text', default: '', description: 'user of NATS', roles: NATS_USERS },
  natsPassword: {
    type: 'text',
    default: '',
    description: "that user's password; rather by the environment, which other users of the machine do not see",
    roles: NATS_USERS,
  },
  natsCreds: {
    type: 'text',
    default: '',
    description: 'file with a JWT and its seed (.creds), in place of user and password',
    roles: NATS_USERS,
  },
  natsCa: {
    type: 'text',
    default: '',
    description: 'authority of its certificates, a PEM file, or `public` for those that Node.js knows: speak TLS',
    roles: NATS_USERS,
  },
  natsCert: {
    type: 'text',
    default: '',
    description: 'certificate of this process for it, a PEM file',
    roles: NATS_USERS,
  },
  natsKey: { type: 'text', default: '', description: 'private key of that, a PEM file', roles: NATS_USERS },
} as const;
