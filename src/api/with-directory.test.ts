/** The API on what it runs on: SQLite, argon2id, Ed25519. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../core/clock.js';
import { silentLogger } from '../core/logger.js';
import { noMetrics } from '../core/metrics.js';
import { systemRandom } from '../core/random.js';
import type { Directory } from '../directory/directory.js';
import { createPasswordHasher } from '../directory/passwords/argon2-password-hasher.js';
import type { PasswordHasher } from '../directory/passwords/password-hasher.js';
import { openSqliteDirectory } from '../directory/sqlite/sqlite-directory.js';
import { createAccessTokenSigner, createAccessTokenVerifier } from '../directory/tokens/access-tokens.js';
import { RevokedDevices } from '../directory/tokens/revocable-verifier.js';
import { ephemeralSigningKeys } from '../directory/tokens/signing-keys.js';
import { type Api, createApi } from './api.js';
import { callApi, DEFAULT_OPTIONS, FakeActors, gateway, membershipOf, type Received } from './testing/harness.js';

let folder: string;
let directory: Directory;
let passwords: PasswordHasher;
let api: Api;
const actors = new FakeActors();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-api-'));
  directory = await openSqliteDirectory({ file: join(folder, 'directory.sqlite') });
  passwords = createPasswordHasher();
  const keys = ephemeralSigningKeys();
  api = await createApi({
    options: DEFAULT_OPTIONS,
    directory,
    passwords,
    signer: createAccessTokenSigner(keys, systemClock),
    verifier: createAccessTokenVerifier(keys, systemClock),
    revoked: new RevokedDevices(),
    verifyingKeys: keys.verifying,
    actors,
    membership: membershipOf(() => [gateway('g1', { at: systemClock.now() })]),
    readiness: { notReady: () => undefined },
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    metrics: noMetrics,
  });
});

afterAll(async () => {
  await api.close();
  await passwords.close();
  await directory.close();
  rmSync(folder, { recursive: true });
});

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly deviceId: string;
}

const call = (request: string, sent: Parameters<typeof callApi>[2] = {}): Promise<Received> =>
  callApi(api, request, sent);

async function signUp(userId: string): Promise<Session> {
  const answer = await call('POST /v1/accounts', { body: { userId, password: `${userId}s password` } });
  expect(answer.status, answer.text).toBe(201);
  return answer.json as Session;
}

describe('on the real directory', () => {
  it('signs up, logs in, refreshes and logs out', async () => {
    const { accessToken: token, refreshToken, deviceId } = await signUp('alice');
    expect((await call('GET /v1/me', { token })).json).toMatchObject({ userId: 'alice', displayName: 'alice' });
    const again = await call('POST /v1/accounts', { body: { userId: 'alice', password: 'another one' } });
    expect(again).toMatchObject({ status: 409, error: 'name_taken' });
    const wrong = await call('POST /v1/sessions', { body: { userId: 'alice', password: 'wrong' } });
    expect(wrong).toMatchObject({ status: 401, error: 'wrong_credentials' });
    const renewed = await call('POST /v1/sessions/refresh', { body: { refreshToken } });
    expect(renewed).toMatchObject({ status: 200, json: { deviceId } });
    expect((await call('DELETE /v1/sessions', { token })).status).toBe(204);
    const { refreshToken: newest } = renewed.json as Session;
    const late = await call('POST /v1/sessions/refresh', { body: { refreshToken: newest } });
    expect(late).toMatchObject({ status: 401, error: 'unauthenticated' });
  });

  it('ends a device’s sessions when a refresh token comes back that was used long before', async () => {
    const first = await signUp('mallory');
    const second = (await call('POST /v1/sessions/refresh', { body: { refreshToken: first.refreshToken } })).json;
    const { refreshToken } = second as Session;
    await call('POST /v1/sessions/refresh', { body: { refreshToken } });
    actors.asked.length = 0;
    const reused = await call('POST /v1/sessions/refresh', { body: { refreshToken: first.refreshToken } });
    expect(reused).toMatchObject({ status: 401, error: 'refresh_reused' });
    const question = { type: 'revoke', deviceId: first.deviceId, atMs: expect.any(Number) };
    expect(actors.asked).toEqual([{ actor: 'user:mallory', question }]);
  });

  it('publishes the keys that its tokens are checked with', async () => {
    const { accessToken } = await signUp('keys');
    const set = (await call('GET /v1/keys')).json as JSONWebKeySet;
    expect(set.keys[0]).not.toHaveProperty('d');
    const { payload } = await jwtVerify(accessToken, createLocalJWKSet(set), { issuer: 'parley' });
    expect(payload.sub).toBe('keys');
  });

  it('makes friends, tells both actors, and hides whoever blocked one', async () => {
    const bob = await signUp('bob');
    const carol = await signUp('carol');
    await call('POST /v1/friends/requests', { token: bob.accessToken, body: { userId: 'carol' } });
    actors.told.length = 0;
    const accepted = await call('POST /v1/friends/requests/bob/accept', { token: carol.accessToken });
    expect(accepted.json).toEqual({ userId: 'bob', state: 'friend' });
    expect(actors.told.map(({ actor }) => actor).sort()).toEqual(['user:bob', 'user:carol']);
    const friends = await call('GET /v1/friends?state=friend', { token: bob.accessToken });
    expect(friends.json).toMatchObject({ relations: [{ userId: 'carol', state: 'friend' }] });
    await call('PUT /v1/blocks/bob', { token: carol.accessToken });
    expect((await call('GET /v1/people?prefix=car', { token: bob.accessToken })).json).toEqual({ people: [] });
  });

  it('deletes an account, and with it friendships and logins', async () => {
    const erin = await signUp('erin');
    const frank = await signUp('frank');
    await call('POST /v1/friends/requests', { token: erin.accessToken, body: { userId: 'frank' } });
    await call('POST /v1/friends/requests/erin/accept', { token: frank.accessToken });
    const before = actors.answer;
    actors.answer = { type: 'forgotten', value: { done: false, notLeft: [] } };
    const body = { password: 'erins password' };
    expect((await call('DELETE /v1/me', { token: erin.accessToken, body })).status).toBe(204);
    actors.answer = before;
    expect(await directory.people.deleted(['erin', 'frank'])).toEqual(new Set(['erin']));
    expect((await call('GET /v1/friends', { token: frank.accessToken })).json).toEqual({ relations: [] });
    expect((await call('GET /v1/me', { token: erin.accessToken })).error).toBe('session_revoked');
    const { refreshToken } = erin;
    expect((await call('POST /v1/sessions/refresh', { body: { refreshToken } })).error).toBe('unauthenticated');
    expect((await call('POST /v1/accounts', { body: { userId: 'erin', ...body } })).error).toBe('name_taken');
  });

  it('keeps settings and devices', async () => {
    const { accessToken: token, deviceId } = await signUp('dave');
    const body = { displayName: 'Dave', timeZone: 'Europe/Lisbon' };
    expect((await call('PATCH /v1/me', { token, body })).json).toMatchObject(body);
    const nowhere = await call('PATCH /v1/me', { token, body: { timeZone: 'Nowhere/Land' } });
    expect(nowhere).toMatchObject({ status: 400, error: 'invalid_argument' });
    const settings = { doNotDisturb: { fromMinute: 1320, toMinute: 420 }, presenceFor: 'nobody' };
    await call('PATCH /v1/me/settings', { token, body: settings });
    expect((await call('GET /v1/me/settings', { token })).json).toMatchObject({ ...settings, channels: [] });
    expect((await call('GET /v1/devices', { token })).json).toMatchObject({ devices: [{ deviceId, current: true }] });
    const change = { current: 'daves password', new: 'a better one' };
    expect((await call('PUT /v1/me/password', { token, body: change })).status).toBe(204);
    const login = await call('POST /v1/sessions', { body: { userId: 'dave', password: 'a better one' } });
    expect(login.status).toBe(201);
  });
});
