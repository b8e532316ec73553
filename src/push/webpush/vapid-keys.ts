/** The keys that this server's pushes are known by at the browsers' push services (VAPID, RFC 8292). */
import { createECDH, type ECDH } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { ParleyError } from '../../core/errors.js';

/** A P-256 pair, each base64url: 65 and 32 bytes. */
export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** All 32 bytes: Node.js leaves out those that are 0 in front. */
export function wholeKey(privateKey: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(32 - privateKey.length), privateKey]);
}

/** Makes a file with a new pair that only its owner may read. Rejects where there is a file. */
export function createVapidKeyFile(file: string): VapidKeys {
  const pair = createECDH('prime256v1');
  pair.generateKeys();
  const keys = keysOf(pair);
  writeFileSync(file, `${JSON.stringify(keys, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return keys;
}

const keysOf = (pair: ECDH): VapidKeys => ({
  publicKey: pair.getPublicKey().toString('base64url'),
  privateKey: wholeKey(pair.getPrivateKey()).toString('base64url'),
});

/** Throws `invalid_argument` with a sentence that says what is wrong with the file. */
export function loadVapidKeyFile(file: string): VapidKeys {
  const wrong = (why: string, cause?: unknown) =>
    new ParleyError('invalid_argument', { sentence: `The VAPID keys in ${file} cannot be used: ${why}.`, cause });
  let keys: Partial<Record<keyof VapidKeys, unknown>>;
  try {
    keys = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw wrong(cause instanceof SyntaxError ? 'it is no JSON' : 'it cannot be read', cause);
  }
  const { publicKey, privateKey } = keys;
  if (typeof publicKey !== 'string' || typeof privateKey !== 'string') throw wrong('it lacks publicKey or privateKey');
  try {
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(Buffer.from(privateKey, 'base64url'));
    // As the package wants them: whole, and without padding.
    if (pair.getPublicKey().equals(Buffer.from(publicKey, 'base64url'))) return keysOf(pair);
  } catch (cause) {
    throw wrong('the private key is none of P-256', cause);
  }
  throw wrong('the public key is not that of the private key');
}

/** Those of the file, made when it is missing. */
export function vapidKeysOf(file: string): VapidKeys {
  try {
    return createVapidKeyFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return loadVapidKeyFile(file);
  }
}
