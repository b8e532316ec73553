import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.js';
import { createAccessTokenSigner, createAccessTokenVerifier } from './access-tokens.js';
import { createSigningKeyFile, loadSigningKeyFile, loadVerifyingKeys, publicKeySet } from './signing-keys.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-keys-'));
  file = join(folder, 'keys.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const tokenOf = (path: string): string =>
  createAccessTokenSigner(loadSigningKeyFile(path), systemClock).sign('alice', 'phone').token;

describe('a file of keys that processes share', () => {
  it('is for its owner only, and is never written over', () => {
    createSigningKeyFile(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(() => createSigningKeyFile(file)).toThrow(/is there already/);
  });

  it('signs what its public part verifies, and holds no secret there', async () => {
    createSigningKeyFile(file);
    const publicFile = join(folder, 'public.json');
    writeFileSync(publicFile, publicKeySet(file));
    expect(readFileSync(publicFile, 'utf8')).not.toContain('"d"');
    const verifier = createAccessTokenVerifier(loadVerifyingKeys(publicFile), systemClock);
    await expect(verifier.verify(tokenOf(file))).resolves.toMatchObject({ userId: 'alice', deviceId: 'phone' });
    expect(() => loadSigningKeyFile(publicFile)).toThrow(/everybody|not a readable set/);
  });

  it('still verifies the tokens of an old key behind a new one', async () => {
    createSigningKeyFile(file);
    const old = tokenOf(file);
    const newer = join(folder, 'newer.json');
    createSigningKeyFile(newer);
    const keys = [newer, file].flatMap((path) => JSON.parse(readFileSync(path, 'utf8')).keys);
    writeFileSync(newer, JSON.stringify({ keys }), { mode: 0o600 });
    const verifier = createAccessTokenVerifier(loadVerifyingKeys(newer), systemClock);
    await expect(verifier.verify(old)).resolves.toMatchObject({ userId: 'alice' });
    await expect(verifier.verify(tokenOf(newer))).resolves.toMatchObject({ userId: 'alice' });
  });

  it('is refused when everybody can read it, when it is missing, and when it holds something else', () => {
    createSigningKeyFile(file);
    chmodSync(file, 0o644);
    expect(() => loadSigningKeyFile(file)).toThrow(/can be read by everybody/);
    expect(() => loadVerifyingKeys(join(folder, 'none.json'))).toThrow(/not a readable set/);
    writeFileSync(file, '{"keys":[{"kty":"RSA"}]}', { mode: 0o600 });
    chmodSync(file, 0o600);
    expect(() => loadSigningKeyFile(file)).toThrow(/not a readable set/);
    expect(() => loadVerifyingKeys(file)).toThrow(/not a readable set/);
  });
});
