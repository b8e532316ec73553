import { sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kindOf, SettableClock } from '../conformance/harness.js';
import { createAccessTokenSigner, createAccessTokenVerifier } from './access-tokens.js';
import { ephemeralSigningKeys, loadSigningKeys, type SigningKeys } from './signing-keys.js';

const keys = ephemeralSigningKeys();

/** A token with any header and payload, signed with the right key. */
function forge(header: object, payload: object, signing: SigningKeys = keys): string {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign(null, Buffer.from(text), signing.currentKey).toString('base64url')}`;
}

describe('access tokens', () => {
  const clock = new SettableClock();
  const signer = createAccessTokenSigner(keys, clock);
  const verifier = createAccessTokenVerifier(keys, clock);
  const header = { alg: 'EdDSA', kid: keys.currentId };
  const payload = { iss: 'parley', sub: 'alice', dev: 'phone', iat: clock.now() / 1000, exp: clock.now() / 1000 + 60 };

  it('gives back who and which device it was signed for, for ten minutes', async () => {
    const { token, expiresAtMs } = signer.sign('alice', 'phone');
    expect(expiresAtMs - clock.now()).toBe(10 * 60 * 1000);
    expect(await verifier.verify(token)).toEqual({
      userId: 'alice',
      deviceId: 'phone',
      issuedAtMs: clock.now(),
      expiresAtMs,
    });
  });

  it('is as old as it is said to be', async () => {
    const issuedAtMs = clock.now() - 1500;
    const { token, expiresAtMs } = signer.sign('alice', 'phone', issuedAtMs);
    expect(await verifier.verify(token)).toMatchObject({ issuedAtMs, expiresAtMs });
    expect(expiresAtMs - issuedAtMs).toBeLessThanOrEqual(10 * 60 * 1000);
  });

  it('is a JWT that another library verifies', async () => {
    const { token, expiresAtMs } = signer.sign('alice', 'phone');
    const key = keys.verifying.get(keys.currentId);
    const options = { issuer: 'parley', algorithms: ['EdDSA'], currentDate: new Date(clock.now()) };
    const verified = await jwtVerify(token, key ?? new Uint8Array(), options);
    const iat = clock.now() / 1000;
    expect(verified.payload).toEqual({ iss: 'parley', sub: 'alice', dev: 'phone', iat, exp: expiresAtMs / 1000 });
    expect(verified.protectedHeader.kid).toBe(keys.currentId);
  });

  it('has expired once its time has come, though it was right before', async () => {
    const later = new SettableClock();
    const strict = createAccessTokenVerifier(keys, later);
    const { token, expiresAtMs } = createAccessTokenSigner(keys, later).sign('alice', 'phone');
    later.advance(expiresAtMs - later.now() - 1);
    expect(await kindOf(strict.verify(token))).toBe('none');
    later.advance(1);
    expect(await kindOf(strict.verify(token))).toBe('token_expired');
    expect(await kindOf(strict.verify(token))).toBe('token_expired');
  });

  it('refuses another algorithm, key, issuer or shape, though the signature is right', async () => {
    expect(await kindOf(verifier.verify(forge(header, payload)))).toBe('none');
    const bad = [
      forge({ ...header, alg: 'none' }, payload),
      forge({ ...header, alg: 'HS256' }, payload),
      forge({ ...header, kid: 'other' }, payload),
      forge({ alg: 'EdDSA' }, payload),
      forge(header, payload, ephemeralSigningKeys()),
      forge(header, { ...payload, iss: 'other' }),
      forge(header, { ...payload, sub: 'No Name' }),
      forge(header, { ...payload, dev: 7 }),
      forge(header, { ...payload, exp: 'never' }),
      `${forge(header, payload)}.x`,
      forge(header, { ...payload, filler: 'x'.repeat(1024) }),
    ];
    for (const token of bad) expect(await kindOf(verifier.verify(token))).toBe('unauthenticated');
  });

  it('refuses arbitrary text, and a token with any character changed', async () => {
    const { token } = signer.sign('alice', 'phone');
    const changed = fc
      .tuple(fc.nat(token.length - 2), fc.constantFrom(...'aZ9-_.! é'))
      .map(([at, other]) => token.slice(0, at) + other + token.slice(at + 1))
      .filter((text) => text !== token);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), changed), async (text) => {
        expect(await kindOf(verifier.verify(text))).toBe('unauthenticated');
      }),
    );
  });
});

describe('the signing keys', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-keys-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const file = () => join(folder, 'access-token-keys.json');

  it('are made once, readable by their owner only, and found again', async () => {
    const clock = new SettableClock();
    const { token } = createAccessTokenSigner(loadSigningKeys(folder), clock).sign('alice', 'phone');
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const verifier = createAccessTokenVerifier(loadSigningKeys(folder), clock);
    expect((await verifier.verify(token)).userId).toBe('alice');
  });

  it('verify tokens of an older key after a newer one was put in front', async () => {
    const clock = new SettableClock();
    const older = loadSigningKeys(folder);
    const { token } = createAccessTokenSigner(older, clock).sign('alice', 'phone');
    const [olderKey] = JSON.parse(readFileSync(file(), 'utf8')).keys;
    rmSync(file());
    loadSigningKeys(folder);
    const [newerKey] = JSON.parse(readFileSync(file(), 'utf8')).keys;
    writeFileSync(file(), JSON.stringify({ keys: [newerKey, olderKey] }));
    const both = loadSigningKeys(folder);
    expect(both.currentId).not.toBe(older.currentId);
    expect((await createAccessTokenVerifier(both, clock).verify(token)).userId).toBe('alice');
  });

  it('that cannot be read stop the start with a sentence', () => {
    for (const text of ['', '{}', '{"keys":[]}', '{"keys":[{"kty":"OKP"}]}']) {
      writeFileSync(file(), text);
      expect(() => loadSigningKeys(folder)).toThrow('not a readable set of Ed25519 keys');
    }
  });
});
