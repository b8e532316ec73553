/**
 * Where the message store and the bus of a cluster are, as whom this process speaks to them, and by what it knows them: from
 * its options, with the files that they name. Everything here throws an OptionsError for what cannot be.
 */
import { readFileSync } from 'node:fs';
import type { NatsAddress, NatsCredentials } from '../cluster/bus/nats/connection.js';
import type { CassandraAddress } from '../storage/cassandra/cassandra-client.js';
import { type Options, OptionsError } from './option-table.js';

/** In place of a file: the authorities that Node.js knows. */
const PUBLIC = 'public';

/** PEM texts. */
interface Tls {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** How nodes, `parley migrate` and `parley reindex node` reach their keyspace. */
export function cassandraAccess(
  options: Options,
): CassandraAddress & { readonly keyspace: string; readonly replication: number } {
  const { cassandra, cassandraDatacenter, keyspace, replication } = options;
  const credentials = passwordOf('cassandra', options.cassandraUser, options.cassandraPassword);
  const tls = tlsOf('cassandra', options.cassandraCa, options.cassandraCert, options.cassandraKey);
  return {
    ...{ contactPoints: cassandra, localDataCenter: cassandraDatacenter, keyspace, replication },
    ...(credentials && { credentials: { username: credentials.user, password: credentials.password } }),
    ...(tls && { tls }),
  };
}

export function natsAccess(options: Options): Pick<NatsAddress, 'servers' | 'credentials' | 'tls'> {
  const credentials = natsCredentials(options);
  const tls = tlsOf('nats', options.natsCa, options.natsCert, options.natsKey);
  return { servers: options.nats, ...(credentials && { credentials }), ...(tls && { tls }) };
}

function natsCredentials({ natsUser, natsPassword, natsCreds }: Options): NatsCredentials | undefined {
  const known = passwordOf('nats', natsUser, natsPassword);
  if (natsCreds === '') return known && { type: 'password', ...known };
  if (known !== undefined) throw new OptionsError('Give nats-user and nats-password, or nats-creds, not both.');
  return { type: 'creds', text: textOf('nats-creds', natsCreds) };
}

function passwordOf(server: string, user: string, password: string): { user: string; password: string } | undefined {
  if ((user === '') !== (password === ''))
    throw new OptionsError(`Give ${server}-user and ${server}-password together.`);
  return user === '' ? undefined : { user, password };
}

/** Undefined where nothing of it is named: it is spoken to in plain text then. */
function tlsOf(server: string, ca: string, certificate: string, key: string): Tls | undefined {
  if ((certificate === '') !== (key === '')) throw new OptionsError(`Give ${server}-cert and ${server}-key together.`);
  if (ca === '' && certificate !== '')
    throw new OptionsError(`With ${server}-cert give ${server}-ca, too: a file, or \`${PUBLIC}\`.`);
  if (ca === '') return undefined;
  return {
    ...(ca !== PUBLIC && { ca: textOf(`${server}-ca`, ca) }),
    ...(certificate !== '' && {
      certificate: textOf(`${server}-cert`, certificate),
      key: textOf(`${server}-key`, key),
    }),
  };
}

/** What is in the file that an option names. */
export function textOf(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OptionsError(`The file ${file} of ${option} cannot be read: ${reason}.`);
  }
}
