import { beforeEach, describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import { createHarness, gateway, type Harness, type Received } from './testing/harness.js';

const alice = { userId: 'alice', password: 'correct horse' };
let chat: Harness;

beforeEach(async () => {
  chat = await createHarness();
});

const signUp = (more: object = {}) => chat.call('POST /v1/accounts', { body: { ...alice, ...more } });
const logIn = (more: object = {}, headers = {}) =>
  chat.call('POST /v1/sessions', { body: { ...alice, ...more }, headers });
const tokenIn = (answer: Received) => (answer.json as { accessToken: string }).accessToken;
const refreshTokenIn = (answer: Received) => (answer.json as { refreshToken: string }).refreshToken;
const deviceIn = (answer: Received) => (answer.json as { deviceId: string }).deviceId;

function cookieIn(answer: Received): string {
  return String(answer.headers['set-cookie'] ?? '');
}

describe('sign-up', () => {
  it('makes an account and logs the device in', async () => {
    const answer = await signUp({ displayName: 'Alice A.', deviceName: 'Laptop' });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({
      user: { userId: 'alice', displayName: 'Alice A.' },
      accessTokenExpiresAt: chat.clock.now() + 600_000,
      gateways: ['ws://g1'],
    });
    const devices = await chat.call('GET /v1/devices', { token: tokenIn(answer) });
    expect(devices.json).toMatchObject({ devices: [{ name: 'Laptop', current: true, deviceId: deviceIn(answer) }] });
  });

  it('refuses a name that is taken before it hashes a password', async () => {
    await signUp();
    chat.passwords.overloaded = true;
    expect(await signUp()).toMatchObject({ status: 409, error: 'name_taken' });
  });

  it.each([
    ['a short password', { password: 'short' }],
    ['a long password', { password: 'x'.repeat(129) }],
    ['the name as password', { userId: 'alicealice', password: 'alicealice' }],
    ['an upper-case name', { userId: 'Alice' }],
    ['a number for a name', { userId: 7 }],
    ['an empty display name', { displayName: '' }],
    ['an unknown kind of session', { session: 'forever' }],
    ['a field that is not known', { admin: true }],
  ])('refuses %s', async (_what, more) => {
    expect(await signUp(more)).toMatchObject({ status: 400, error: 'invalid_argument' });
  });

  it('is limited by address, and says when to come back', async () => {
    chat = await createHarness({ limits: { signUpPerAddress: { perSecond: 0.1, burst: 1 } } });
    expect((await signUp()).status).toBe(201);
    const refused = await signUp({ userId: 'bob' });
    expect(refused).toMatchObject({ status: 429, error: 'rate_limited', headers: { 'retry-after': '10' } });
    expect(refused.json).toMatchObject({ error: { retry: 'backoff', retryAfterMs: 10_000 } });
    const elsewhere = await chat.call('POST /v1/accounts', { body: { ...alice, userId: 'bob' }, from: '192.0.2.1' });
    expect(elsewhere.status).toBe(201);
    await chat.clock.advance(10_000);
    expect((await signUp({ userId: 'carol' })).status).toBe(201);
  });

  it('passes on that too many passwords wait to be hashed', async () => {
    chat.passwords.overloaded = true;
    expect(await signUp()).toMatchObject({ status: 503, error: 'overloaded', headers: { 'retry-after': '2' } });
  });
});

describe('login', () => {
  it('gives a token that works, the gateways best first, and a refresh token', async () => {
    await signUp();
    chat.processes = [gateway('busy', { sessions: 9 }), gateway('quiet')];
    const answer = await logIn();
    expect(answer).toMatchObject({ status: 201, json: { gateways: ['ws://quiet', 'ws://busy'] } });
    expect((await chat.call('GET /v1/me', { token: tokenIn(answer) })).status).toBe(200);
    expect(refreshTokenIn(answer)).toMatch(/^r/);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('names the host it was asked by for a gateway that shares its origin', async () => {
    chat.processes = [{ ...gateway('g'), publicUrl: undefined }];
    expect(await signUp()).toMatchObject({ json: { gateways: ['ws://chat.example/v1/connect'] } });
  });

  it('logs in again on a device that is named', async () => {
    const first = await signUp();
    const again = await logIn({ deviceId: deviceIn(first), deviceName: 'Renamed' });
    const devices = await chat.call('GET /v1/devices', { token: tokenIn(again) });
    expect(devices.json).toMatchObject({ devices: [{ deviceId: deviceIn(first), name: 'Renamed' }] });
    expect(deviceIn(await logIn())).not.toBe(deviceIn(first));
  });

  it('ends the sessions of devices that had to make room', async () => {
    const first = await signUp();
    for (let i = 0; i < 3; i++) await logIn();
    const question = { type: 'revoke', deviceId: deviceIn(first), atMs: expect.any(Number) };
    expect(chat.actors.asked).toEqual([{ actor: 'user:alice', question }]);
  });

  it('answers a wrong name and a wrong password alike', async () => {
    await signUp();
    const wrongPassword = await logIn({ password: 'wrong' });
    const wrongName = await logIn({ userId: 'nobody' });
    expect(wrongPassword).toMatchObject({ status: 401, error: 'wrong_credentials' });
    expect(wrongName.text).toBe(wrongPassword.text);
  });

  it('backs off after failures of one account, from whatever address, and lets the right password in later', async () => {
    await signUp();
    for (let i = 0; i < 5; i++) {
      const body = { ...alice, password: 'wrong' };
      expect((await chat.call('POST /v1/sessions', { body, from: `192.0.2.${i}` })).status).toBe(401);
    }
    expect(await logIn()).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect((await logIn({ userId: 'bob' })).status).toBe(401);
    await chat.clock.advance(1000);
    expect((await logIn()).status).toBe(201);
  });

  it('is limited by account and by address', async () => {
    const rule = { perSecond: 1, burst: 2 };
    chat = await createHarness({ limits: { loginPerAccount: rule } });
    await signUp();
    await logIn();
    await logIn();
    expect(await logIn()).toMatchObject({ status: 429, error: 'rate_limited' });
    chat = await createHarness({ limits: { loginPerAddress: rule } });
    for (const userId of ['bob', 'carol']) await logIn({ userId });
    expect(await logIn({ userId: 'dave' })).toMatchObject({ status: 429, error: 'rate_limited' });
  });

  it('counts the address that a trusted proxy names, and nobody else’s word for it', async () => {
    const limits = { loginPerAddress: { perSecond: 1, burst: 1 } };
    const from = (address: string) => logIn({}, { 'x-forwarded-for': address });
    chat = await createHarness({ limits, trustedProxies: ['127.0.0.1'] });
    expect((await from('192.0.2.1')).status).toBe(401);
    expect((await from('192.0.2.2')).status).toBe(401);
    chat = await createHarness({ limits });
    expect((await from('192.0.2.1')).status).toBe(401);
    expect((await from('192.0.2.2')).status).toBe(429);
  });
});

describe('an access token', () => {
  it('is asked for by whatever concerns the caller', async () => {
    for (const path of ['/v1/me', '/v1/devices', '/v1/friends', '/v1/channels', '/v1/gateways', '/v1/people?name=bob'])
      expect(await chat.call(`GET ${path}`)).toMatchObject({ status: 401, error: 'unauthenticated' });
    for (const authorization of ['Basic abc', 'Bearer', 'Bearer a b', `Bearer ${'x'.repeat(5000)}`, 'Bearer ä'])
      expect((await chat.call('GET /v1/me', { headers: { authorization } })).status).toBe(401);
  });

  it('expires after ten minutes, which another than its being wrong', async () => {
    const { accessToken: token } = await chat.join('alice');
    await chat.clock.advance(599_999);
    expect((await chat.call('GET /v1/me', { token })).status).toBe(200);
    await chat.clock.advance(1);
    const expired = await chat.call('GET /v1/me', { token });
    expect(expired).toMatchObject({ status: 401, error: 'token_expired', headers: { 'www-authenticate': 'Bearer' } });
    expect(expired.json).toMatchObject({ error: { retry: 'reconnect' } });
  });

  it('is looked at before the request is', async () => {
    expect((await chat.call('PATCH /v1/me', { body: '{' })).error).toBe('unauthenticated');
  });

  it('is good for a bounded rate of requests', async () => {
    chat = await createHarness({ limits: { requestPerAccount: { perSecond: 1, burst: 2 } } });
    const { accessToken: token } = await chat.join('alice');
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await chat.call('GET /v1/me', { token })).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('refresh', () => {
  const refresh = (refreshToken: string) => chat.call('POST /v1/sessions/refresh', { body: { refreshToken } });

  it('gives new tokens for the same device', async () => {
    const first = await signUp();
    const second = await refresh(refreshTokenIn(first));
    expect(second).toMatchObject({ status: 200, json: { deviceId: deviceIn(first), user: { userId: 'alice' } } });
    expect(refreshTokenIn(second)).not.toBe(refreshTokenIn(first));
  });

  it('ends the device’s sessions when an old token comes back', async () => {
    const first = await signUp();
    const second = await refresh(refreshTokenIn(first));
    expect(await refresh(refreshTokenIn(first))).toMatchObject({ status: 401, error: 'refresh_reused' });
    expect(chat.actors.asked).toEqual([
      { actor: 'user:alice', question: { type: 'revoke', deviceId: deviceIn(first), atMs: expect.any(Number) } },
    ]);
    expect(await refresh(refreshTokenIn(second))).toMatchObject({ status: 401, error: 'unauthenticated' });
  });

  it('refuses what is no refresh token, and none', async () => {
    expect(await refresh('made up')).toMatchObject({ status: 401, error: 'unauthenticated' });
    expect(await chat.call('POST /v1/sessions/refresh', { body: {} })).toMatchObject({ status: 401 });
    expect(await chat.call('POST /v1/sessions/refresh', { body: { refreshToken: '' } })).toMatchObject({ status: 400 });
  });

  it('is limited by address', async () => {
    chat = await createHarness({ limits: { refreshPerAddress: { perSecond: 1, burst: 1 } } });
    await refresh('made up');
    expect(await refresh('made up')).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  });
});

describe('the session of a page', () => {
  const cookie = (token: string) => ({ cookie: `parley_refresh=${token}`, 'content-type': 'application/json' });

  it('keeps its refresh token in a cookie that scripts and other sites do not get', async () => {
    const answer = await signUp({ session: 'cookie' });
    expect(answer.json).not.toHaveProperty('refreshToken');
    const flags = cookieIn(answer).split('; ');
    expect(flags).toEqual(expect.arrayContaining(['Path=/v1/sessions', 'HttpOnly', 'SameSite=Strict', 'Max-Age=3600']));
    expect(flags).not.toContain('Secure');
  });

  it('sends that cookie over TLS only, when there is TLS', async () => {
    chat = await createHarness({ tls: true });
    const answer = await signUp({ session: 'cookie' });
    expect(cookieIn(answer).split('; ')).toContain('Secure');
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
  });

  it('is refreshed by the cookie, which moves on', async () => {
    await signUp({ session: 'cookie' });
    const answer = await chat.call('POST /v1/sessions/refresh', { headers: cookie('r0.0') });
    expect(answer.status).toBe(200);
    expect(answer.json).not.toHaveProperty('refreshToken');
    expect(cookieIn(answer)).toContain('parley_refresh=r0.1');
  });

  it('loses the cookie when the token in it is worth nothing', async () => {
    const answer = await chat.call('POST /v1/sessions/refresh', { headers: cookie('made-up') });
    expect(answer.status).toBe(401);
    expect(cookieIn(answer)).toMatch(/^parley_refresh=; .*Path=\/v1\/sessions/);
  });

  it('is out of the reach of other sites: refresh, logout and login', async () => {
    await signUp({ session: 'cookie' });
    const evil = { ...cookie('r0.0'), origin: 'https://evil.example' };
    for (const request of ['POST /v1/sessions/refresh', 'DELETE /v1/sessions'])
      for (const origin of ['https://evil.example', 'null', 'https://chat.example.evil.example'])
        expect(await chat.call(request, { headers: { ...evil, origin } })).toMatchObject({ status: 403 });
    expect(await logIn({ session: 'cookie' }, { origin: 'https://evil.example' })).toMatchObject({ status: 403 });
    // Nothing was used up: the page's own request still works.
    const own = { ...evil, origin: 'http://chat.example' };
    expect((await chat.call('POST /v1/sessions/refresh', { headers: own })).status).toBe(200);
  });

  it('is known by what the browser says when a proxy asks for another host', async () => {
    await signUp({ session: 'cookie' });
    const headers = { ...cookie('r0.0'), origin: 'https://public.example', 'sec-fetch-site': 'cross-site' };
    expect((await chat.call('POST /v1/sessions/refresh', { headers })).status).toBe(403);
    const own = { ...headers, 'sec-fetch-site': 'same-origin' };
    expect((await chat.call('POST /v1/sessions/refresh', { headers: own })).status).toBe(200);
  });

  it('takes no request that a form could send', async () => {
    await signUp({ session: 'cookie' });
    const headers = { cookie: 'parley_refresh=r0.0' };
    expect((await chat.call('DELETE /v1/sessions', { headers })).status).toBe(415);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      expect(
        await chat.call('POST /v1/sessions/refresh', { body: '{}', headers: { ...headers, 'content-type': type } }),
      ).toMatchObject({ status: 415, error: 'unsupported_media_type' });
  });

  it('may be used by pages of origins that were allowed', async () => {
    chat = await createHarness({ allowedOrigins: ['https://app.example'] });
    await signUp({ session: 'cookie' });
    const headers = { ...cookie('r0.0'), origin: 'https://app.example' };
    expect((await chat.call('POST /v1/sessions/refresh', { headers })).status).toBe(200);
  });
});

describe('logout', () => {
  const inTab = (cookie: string) => ({ headers: { cookie: `parley_refresh=${cookie}` } });

  it('asks the user’s actor again until it has heard, and lets nobody wait for that', async () => {
    const session = await chat.join('alice');
    chat.actors.answer = new ParleyError('timeout');
    expect(await chat.call('DELETE /v1/sessions', { token: session.accessToken })).toMatchObject({ status: 204 });
    await chat.clock.advance(1_000);
    expect(chat.actors.asked.length).toBeGreaterThan(2);
    chat.actors.answer = { type: 'done', value: {} };
    await chat.clock.advance(1_000);
    const { length } = chat.actors.asked;
    await chat.clock.advance(60_000);
    expect(chat.actors.asked).toHaveLength(length);
  });

  it('forgets the device, ends its sessions and clears the cookie', async () => {
    const session = await chat.join('alice');
    const answer = await chat.call('DELETE /v1/sessions', {
      token: session.accessToken,
      ...inTab(String(session.refreshToken)),
    });
    expect(answer).toMatchObject({ status: 204, text: '' });
    expect(cookieIn(answer)).toMatch(/^parley_refresh=;/);
    const question = { type: 'revoke', deviceId: session.deviceId, atMs: expect.any(Number) };
    expect(chat.actors.asked).toEqual([{ actor: 'user:alice', question }]);
    const refreshed = await chat.call('POST /v1/sessions/refresh', { body: { refreshToken: session.refreshToken } });
    expect(refreshed.status).toBe(401);
    const { accessToken: token } = session;
    expect(await chat.call('GET /v1/me', { token })).toMatchObject({ status: 401, error: 'session_revoked' });
  });

  it('works by the refresh token alone, in the body or in the cookie', async () => {
    const { refreshToken, deviceId } = await chat.join('alice');
    expect((await chat.call('DELETE /v1/sessions', { body: { refreshToken } })).status).toBe(204);
    expect(chat.actors.asked).toEqual([
      { actor: 'user:alice', question: { type: 'revoke', deviceId, atMs: expect.any(Number) } },
    ]);
    await logIn({ ...alice, userId: 'alice', password: 'alices password', session: 'cookie' });
    const headers = { cookie: 'parley_refresh=r1.0', 'content-type': 'application/json' };
    expect((await chat.call('DELETE /v1/sessions', { headers })).status).toBe(204);
    expect(chat.actors.asked).toHaveLength(2);
  });

  it('leaves the cookie to whoever has logged in since in another tab', async () => {
    const { accessToken: token, refreshToken } = await chat.join('alice');
    const bob = await chat.call('POST /v1/accounts', { body: { ...alice, userId: 'bob', session: 'cookie' } });
    const bobs = /parley_refresh=([^;]+)/.exec(cookieIn(bob))?.[1] ?? '';
    const answer = await chat.call('DELETE /v1/sessions', { token, ...inTab(bobs) });
    expect(answer.status).toBe(204);
    expect(cookieIn(answer)).toBe('');
    const json = { 'content-type': 'application/json' };
    const byBody = await chat.call('DELETE /v1/sessions', {
      body: { refreshToken },
      headers: { ...json, ...inTab(bobs).headers },
    });
    expect([byBody.status, cookieIn(byBody)]).toEqual([204, '']);
    const headers = { ...json, ...inTab(bobs).headers };
    expect((await chat.call('POST /v1/sessions/refresh', { headers })).status).toBe(200);
  });

  it('leaves the cookie of the same user on another device, and clears its own', async () => {
    const first = await signUp({ session: 'cookie' });
    const second = await logIn({ session: 'cookie' });
    const kept = await chat.call('DELETE /v1/sessions', { token: tokenIn(first), ...inTab('r1.0') });
    expect(cookieIn(kept)).toBe('');
    const cleared = await chat.call('DELETE /v1/sessions', { token: tokenIn(second), ...inTab('r1.0') });
    expect(cookieIn(cleared)).toMatch(/^parley_refresh=;/);
  });

  it('clears none where it was sent none: it may be of a login in another tab, which was not answered then', async () => {
    const { accessToken: token, refreshToken } = await chat.join('alice');
    for (const request of [{ body: { refreshToken } }, { token }]) {
      const answer = await chat.call('DELETE /v1/sessions', request);
      expect(cookieIn(answer)).toBe('');
    }
  });

  it('clears a cookie that is worth nothing', async () => {
    const { accessToken: token } = await chat.join('alice');
    const answer = await chat.call('DELETE /v1/sessions', { token, ...inTab('made-up') });
    expect(cookieIn(answer)).toMatch(/^parley_refresh=;/);
  });

  it('needs to know who', async () => {
    expect((await chat.call('DELETE /v1/sessions')).status).toBe(401);
    expect((await chat.call('DELETE /v1/sessions', { body: { refreshToken: 7 } })).status).toBe(400);
    expect((await chat.call('DELETE /v1/sessions', { token: 'made-up' })).status).toBe(401);
  });
});
