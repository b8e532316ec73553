/** How the connection to the admin API is made: in the clear, or by TLS with the files that were named. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import { parseAdminAddress } from '../src/admin/address.js';
import type { Connection } from './client.js';

export interface Channel {
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
}

/** A name has to be said in the handshake, else gRPC says the IP address there, of which Node warns. Nobody looks at it. */
const UNNAMED = 'parley.invalid';

export function channelOf({ address, ca, cert, key }: Connection): Channel {
  if (ca === undefined && cert === undefined) return { credentials: credentials.createInsecure(), options: {} };
  const read = (path: string | undefined): Buffer | null => (path === undefined ? null : readFileSync(path));
  const { host = '' } = parseAdminAddress(address) ?? {};
  const byIp = isIP(host) !== 0;
  const ofIp = { checkServerIdentity: (_: string, shown: PeerCertificate) => checkServerIdentity(host, shown) };
  return {
    credentials: credentials.createSsl(read(ca), read(key), read(cert), byIp ? ofIp : {}),
    options: byIp ? { 'grpc.ssl_target_name_override': UNNAMED } : {},
  };
}
