/** Connecting to NATS: where, how long, as whom; and what went wrong in words of ours. */
import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { ParleyError } from '../../../core/errors.js';

export type NatsCredentials =
  | { readonly type: 'password'; readonly user: string; readonly password: string }
  | { readonly type: 'token'; readonly token: string }
  /** The text of a `.creds` file: a JWT and the seed of its key. */
  | { readonly type: 'creds'; readonly text: string };

/** PEM texts. Without `ca`, the authorities that Node knows. */
export interface NatsTls {
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
}

export interface NatsAddress {
  /** `host:port` each, or `nats://host:port`. */
  readonly servers: readonly string[];
  readonly credentials?: NatsCredentials;
  readonly tls?: NatsTls;
  /** Shown by the server's monitoring. */
  readonly name?: string;
  /** Until one server must have answered, milliseconds. Default 2,000. */
  readonly connectTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 2_000;
const NEVER_MS = 2 ** 31 - 1;

function authenticatorOf(credentials: NatsCredentials): Authenticator {
  switch (credentials.type) {
    case 'password':
      return usernamePasswordAuthenticator(credentials.user, credentials.password);
    case 'token':
      return tokenAuthenticator(credentials.token);
    case 'creds':
      return credsAuthenticator(new TextEncoder().encode(credentials.text));
    default:
      return credentials satisfies never;
  }
}

function optionsOf(address: NatsAddress): ConnectionOptions {
  const { servers, credentials, tls, name, connectTimeoutMs = CONNECT_TIMEOUT_MS } = address;
  return {
    servers: [...servers],
    timeout: connectTimeoutMs,
    // NatsLink looks after the connection and makes it again: the driver waits for ever for a socket that takes nothing.
    reconnect: false,
    pingInterval: NEVER_MS,
    noAsyncTraces: true,
    ...(name === undefined ? {} : { name }),
    ...(credentials === undefined ? {} : { authenticator: authenticatorOf(credentials) }),
    ...(tls === undefined ? {} : { tls: tlsOf(tls) }),
  };
}

function tlsOf({ ca, certificate, key }: NatsTls): NonNullable<ConnectionOptions['tls']> {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  };
}

/** Without what may be secret in an address. */
export function shownServers(servers: readonly string[]): string {
  return servers.map((server) => server.replace(/^(\w+:\/\/)?[^@/]*@/, '$1')).join(', ');
}

/** One attempt at each server. Rejects with `unavailable`, and one sentence. */
export async function connectNats(address: NatsAddress): Promise<NatsConnection> {
  try {
    return await connect(optionsOf(address));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const sentence = `NATS cannot be reached at ${shownServers(address.servers)}: ${reason}.`;
    throw new ParleyError('unavailable', { sentence, cause });
  }
}
