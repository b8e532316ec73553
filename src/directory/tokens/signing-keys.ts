import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ParleyError } from '../../core/errors.js';

/** The first key signs; each key verifies, so that a new one may be put in front while old tokens are still about. */
export interface SigningKeys extends VerifyingKeys {
  readonly currentId: string;
  readonly currentKey: KeyObject;
}

export interface VerifyingKeys {
  /** Public keys by their ids. */
  readonly verifying: ReadonlyMap<string, KeyObject>;
}

const FILE_NAME = 'access-token-keys.json';

interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
}

interface PrivateJwk extends PublicJwk {
  readonly d: string;
}

/**
 * The keys of this installation: a JWK set in the data folder, readable by its owner only, made at the first start and on
 * disk before this returns. Throws `unavailable` with a sentence when the file cannot be read or is not one.
 */
export function loadSigningKeys(folder: string): SigningKeys {
  const file = join(folder, FILE_NAME);
  try {
    if (!existsSync(file)) writeKeys(file, [newKey()]);
    chmodSync(file, 0o600);
    return toSigningKeys(JSON.parse(readFileSync(file, 'utf8')).keys);
  } catch (cause) {
    throw new ParleyError('unavailable', { sentence: `${file} is not a readable set of Ed25519 keys.`, cause });
  }
}

/**
 * Makes a file with one new key, readable by its owner only. Throws `conflict` when there is a file already: to change keys, put a
 * new one in front of the old ones, and take those out once their last tokens have expired.
 */
export function createSigningKeyFile(file: string): void {
  if (existsSync(file)) throw new ParleyError('conflict', { sentence: `${file} is there already.` });
  writeKeys(file, [newKey()]);
}

/**
 * The keys of a cluster, shared by its API processes: a JWK set (RFC 7517). Throws `unavailable` with a sentence when the
 * file cannot be read, holds anything else, or can be read by others than its owner and group.
 */
export function loadSigningKeyFile(file: string): SigningKeys {
  const jwks = readJwks(file);
  if ((statSync(file).mode & 0o007) !== 0)
    throw new ParleyError('unavailable', { sentence: `${file} holds private keys and can be read by everybody.` });
  try {
    return toSigningKeys(jwks as readonly PrivateJwk[]);
  } catch (cause) {
    throw new ParleyError('unavailable', { sentence: `${file} is not a readable set of Ed25519 keys.`, cause });
  }
}

/** The public keys of such a file, with or without their private parts: enough to check tokens with. Throws as above. */
export function loadVerifyingKeys(file: string): VerifyingKeys {
  try {
    const keys = readJwks(file).map(({ kty, crv, x }): [string, KeyObject] => {
      const jwk = { kty, crv, x };
      return [thumbprint(jwk), createPublicKey({ key: jwk, format: 'jwk' })];
    });
    if (keys.length === 0 || keys.some(([, key]) => key.asymmetricKeyType !== 'ed25519')) throw new Error('no key');
    return { verifying: new Map(keys) };
  } catch (cause) {
    throw new ParleyError('unavailable', { sentence: `${file} is not a readable set of Ed25519 keys.`, cause });
  }
}

/** The public part of such a file, as a JWK set, for processes that only check tokens. */
export function publicKeySet(file: string): string {
  const keys = readJwks(file).map(({ kty, crv, x }) => ({ kty, crv, x }));
  return `${JSON.stringify({ keys }, undefined, 2)}\n`;
}

function readJwks(file: string): readonly PublicJwk[] {
  try {
    const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: readonly PublicJwk[] };
    return [...keys];
  } catch (cause) {
    throw new ParleyError('unavailable', { sentence: `${file} is not a readable set of Ed25519 keys.`, cause });
  }
}

/** Keys for one run, kept nowhere. */
export function ephemeralSigningKeys(): SigningKeys {
  return toSigningKeys([newKey()]);
}

function newKey(): PrivateJwk {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as unknown as PrivateJwk;
}

function writeKeys(file: string, keys: readonly PrivateJwk[]): void {
  // Beside it first, so that a crash leaves no half of a file.
  const draft = openSync(`${file}.new`, 'w', 0o600);
  writeSync(draft, `${JSON.stringify({ keys }, undefined, 2)}\n`);
  fsyncSync(draft);
  closeSync(draft);
  renameSync(`${file}.new`, file);
}

function toSigningKeys(jwks: readonly PrivateJwk[]): SigningKeys {
  const keys = jwks.map((key) => ({ id: thumbprint(key), key: createPrivateKey({ key: { ...key }, format: 'jwk' }) }));
  const [current] = keys;
  if (!current || keys.some(({ key }) => key.asymmetricKeyType !== 'ed25519')) throw new Error('no Ed25519 key');
  const verifying = new Map(keys.map(({ id, key }) => [id, createPublicKey(key)]));
  return { currentId: current.id, currentKey: current.key, verifying };
}

/** RFC 7638: the hash of the public part, members in the order of their names. */
function thumbprint({ crv, kty, x }: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}
