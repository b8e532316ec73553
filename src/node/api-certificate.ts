import { createSecureContext } from 'node:tls';
import type { ServerCertificate } from '../api/server.js';
import { type Options, OptionsError } from './option-table.js';
import { textOf } from './server-access.js';

/** By what the role `api` serves TLS itself; undefined: it does not. Throws OptionsError for files that cannot be used. */
export function certificateOf({ tlsCert, tlsKey }: Options): ServerCertificate | undefined {
  if (tlsCert === '') return undefined;
  const certificate = { cert: textOf('tls-cert', tlsCert), key: textOf('tls-key', tlsKey) };
  try {
    createSecureContext(certificate);
  } catch {
    throw new OptionsError(`The certificate ${tlsCert} or its key ${tlsKey} cannot be used.`);
  }
  return certificate;
}
