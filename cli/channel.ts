/** How the connection to the admin API is made: in the clear, or by TLS with the files that were named. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials, type VerifyOptions } from '@grpc/grpc-js';
import { parseAdminAddress } from '../src/admin/address.js';
import { CommandFailure, EXIT } from './exit-codes.js';

export interface Connection {
  readonly address: string;
  readonly token: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface Channel {
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
}

/** A name has to be said in the handshake, else gRPC says the IP address there, of which Node warns. Nobody looks at it. */
const UNNAMED = 'parley.invalid';

/** Throws CommandFailure for files that cannot be used. */
export function channelOf({ address, ca, cert, key }: Connection): Channel {
  if (ca === undefined && cert === undefined) return { credentials: credentials.createInsecure(), options: {} };
  const { host = '' } = parseAdminAddress(address) ?? {};
  const byIp = isIP(host) !== 0;
  const ofIp = { checkServerIdentity: (_: string, shown: PeerCertificate) => checkServerIdentity(host, shown) };
  return {
    credentials: secure(
      { ca: read('--ca', ca), cert: read('--cert', cert), key: read('--key', key) },
      byIp ? ofIp : {},
    ),
    options: byIp ? { 'grpc.ssl_target_name_override': UNNAMED } : {},
  };
}

type Pem = Buffer | null;

function read(flag: string, path: string | undefined): Pem {
  if (path === undefined) return null;
  try {
    return readFileSync(path);
  } catch {
    throw new CommandFailure(EXIT.usage, `${flag}: there is nothing to read at ${path}.`);
  }
}

function secure(pem: { readonly [Flag in 'ca' | 'cert' | 'key']: Pem }, verify: VerifyOptions): ChannelCredentials {
  try {
    return credentials.createSsl(pem.ca, pem.key, pem.cert, verify);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const flags = pem.cert === null ? '--ca' : '--cert and --key';
    throw new CommandFailure(EXIT.usage, `${flags} cannot be used: ${why}`);
  }
}
