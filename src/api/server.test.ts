import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRORS } from '../core/errors.js';
import { createHarness, type Harness } from './testing/harness.js';

const SHARED_PORT = 18310;
const LARGE = 'p { margin: 0 }\n'.repeat(100);

let folder: string;
let chat: Harness;
let token: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-web-'));
  mkdirSync(join(folder, 'web', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'web', 'index.html'), '<!doctype html><title>Parley</title>');
  writeFileSync(join(folder, 'web', 'assets', 'page-ABCD2345.js'), 'export {};');
  writeFileSync(join(folder, 'web', 'assets', 'large-ABCD2345.css'), LARGE);
  writeFileSync(join(folder, 'web', '.hidden'), 'secret');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(folder, 'web', 'link.txt'));
  chat = await createHarness({ webFolder: join(folder, 'web') });
  token = (await chat.join('alice')).accessToken;
});

afterAll(async () => {
  await chat.api.close();
  rmSync(folder, { recursive: true });
});

describe('errors', () => {
  it.each([
    ['an unknown address', 'GET /v1/nothing', {}, 404, 'not_found'],
    ['an unknown method there', 'PUT /v1/health', {}, 404, 'not_found'],
    ['a method that is none', 'BREW /v1/health', {}, 404, 'not_found'],
    ['an address that is none', 'GET /v1/%zz', {}, 400, 'malformed_frame'],
    ['an address of another host', 'GET http://evil.example/v1/health', {}, 400, 'malformed_frame'],
    ['a long path parameter', `GET /v1/devices/${'x'.repeat(300)}`, {}, 404, 'not_found'],
    ['bad JSON', 'POST /v1/sessions', { body: '{"userId":' }, 400, 'malformed_frame'],
    ['JSON with a prototype', 'POST /v1/sessions', { body: '{"__proto__":{}}' }, 400, 'malformed_frame'],
    ['invalid UTF-8', 'POST /v1/sessions', { body: Uint8Array.of(0x22, 0xff, 0x22) }, 400, 'malformed_frame'],
    ['no body', 'POST /v1/sessions', {}, 400, 'invalid_argument'],
    ['an empty body', 'POST /v1/sessions', { body: '' }, 400, 'invalid_argument'],
    ['a body of 64 KiB and one byte', 'POST /v1/sessions', { body: 'x'.repeat(65_537) }, 413, 'frame_too_large'],
    [
      'XML',
      'POST /v1/sessions',
      { body: '<a/>', headers: { 'content-type': 'text/xml' } },
      415,
      'unsupported_media_type',
    ],
  ] as const)('%s gets the one form', async (_what, request, sent, status, name) => {
    const answer = await chat.call(request, sent);
    expect(answer).toMatchObject({ status, error: name });
    const { code, retry } = ERRORS[name];
    expect(answer.json).toEqual({ error: { code, name, retry, sentence: expect.any(String), retryAfterMs: 0 } });
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([
    ['POST /v1/accounts', { userId: 'B!', password: 'correct horse' }],
    ['POST /v1/channels', { kind: 'GROUP', name: 'G', idempotencyKey: 'k', members: ['bob', 'B!'] }],
    ['PATCH /v1/channels/g1/members/B!', { role: 'ADMIN' }],
  ])('say what a name is wherever one is given: %s', async (request, body) => {
    const answer = await chat.call(request, { token, body });
    expect(answer).toMatchObject({ status: 400, error: 'invalid_argument' });
    expect(answer.text).toContain('A name has 2 to 32 of a to z');
  });

  it('of our own making tell nothing about what is inside', async () => {
    const broken = await createHarness();
    const { accessToken } = await broken.join('alice');
    broken.directory.settings.profileOf = () => Promise.reject(new Error('SELECT secret FROM accounts'));
    const answer = await broken.call('GET /v1/me', { token: accessToken });
    expect(answer).toMatchObject({ status: 500, error: 'internal' });
    expect(answer.text).not.toContain('SELECT');
  });

  it('say that a part cannot be reached, and that the process is about to stop', async () => {
    const closing = await createHarness();
    closing.notReady = 'waits for PostgreSQL';
    expect(await closing.call('GET /v1/ready')).toMatchObject({ status: 503, error: 'unavailable' });
    expect((await closing.call('GET /v1/health')).status).toBe(200);
    const closed = closing.api.close();
    expect(await closing.call('GET /v1/health')).toMatchObject({ status: 503, error: 'draining' });
    await closed;
    expect(await closing.call('GET /v1/health')).toMatchObject({ status: 503, error: 'draining' });
  });
});

describe('every answer', () => {
  it.each(['GET /', 'GET /v1/health', 'GET /v1/nothing', 'GET /v1/%zz', 'GET /v1/docs', 'GET /v1/me'])(
    'to %s keeps browsers from doing with it what it was not made for',
    async (request) => {
      const { headers } = await chat.call(request);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'; script-src 'self';");
      expect(policy).toContain("connect-src 'self' ws: wss:");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      expect(headers).not.toHaveProperty('strict-transport-security');
    },
  );

  it('of the API is not to be stored', async () => {
    for (const request of ['GET /v1/health', 'GET /v1/me', 'GET /v1/nothing', 'GET /v1/openapi.json'])
      expect((await chat.call(request)).headers['cache-control']).toBe('no-store');
  });
});

describe('the web page', () => {
  it('is the root, looked at again each time but sent only when it changed', async () => {
    const page = await chat.call('GET /');
    expect(page).toMatchObject({ status: 200, text: '<!doctype html><title>Parley</title>' });
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    const again = await chat.call('GET /', { headers: { 'if-none-match': String(page.headers.etag) } });
    expect(again).toMatchObject({ status: 304, text: '' });
    expect(await chat.call('HEAD /')).toMatchObject({ status: 200, text: '' });
  });

  it('keeps what has its hash in its name for good', async () => {
    const script = await chat.call('GET /assets/page-ABCD2345.js');
    expect(script).toMatchObject({ status: 200, text: 'export {};' });
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
  });

  it.each([
    '/missing.js',
    '/assets',
    '/assets/',
    '/.hidden',
    '/link.txt',
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/../../secret.txt',
    '//secret.txt',
    '/secret.txt%00',
  ])('has no %s', async (path) => {
    expect(await chat.call(`GET ${path}`)).toMatchObject({ status: 404, error: 'not_found' });
  });

  it('travels gzipped to who can read that, when it is worth it', async () => {
    const large = await chat.call('GET /assets/large-ABCD2345.css', { headers: { 'accept-encoding': 'br, gzip' } });
    expect(large.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(gunzipSync(large.body).toString()).toBe(LARGE);
    for (const accepted of ['', 'br', 'gzip;q=0', 'gzip; q=0.0']) {
      const plain = await chat.call('GET /assets/large-ABCD2345.css', { headers: { 'accept-encoding': accepted } });
      expect(plain.headers).not.toHaveProperty('content-encoding');
      expect(plain.text).toBe(LARGE);
    }
    const small = await chat.call('GET /', { headers: { 'accept-encoding': 'gzip;q=0.5' } });
    expect(small.headers).not.toHaveProperty('content-encoding');
  });

  it('may be missing', async () => {
    const bare = await createHarness({ webFolder: join(folder, 'nowhere') });
    expect((await bare.call('GET /')).status).toBe(404);
    expect((await bare.call('GET /v1/health')).status).toBe(200);
  });
});

describe('the description', () => {
  interface Operation {
    readonly security: readonly object[];
    readonly parameters?: readonly { readonly name: string; readonly description?: string }[];
    readonly responses: Readonly<Record<string, { readonly content?: { 'application/json': { schema: object } } }>>;
  }
  type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

  const operations = async (): Promise<[string, Operation][]> => {
    const { paths } = (await chat.call('GET /v1/openapi.json')).json as { paths: Paths };
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation,
      ]),
    );
  };

  it('is OpenAPI 3.1 and names every route, each with the form of its errors', async () => {
    expect((await chat.call('GET /v1/openapi.json')).json).toMatchObject({ openapi: '3.1.0' });
    const all = await operations();
    expect(all.length).toBeGreaterThan(35);
    for (const [, { responses }] of all) expect(JSON.stringify(responses.default)).toContain('retryAfterMs');
  });

  it('says of every id in an address which it is, in the same words', async () => {
    for (const id of ['userId', 'channelId', 'messageId']) {
      const parameters = (await operations()).flatMap(([, { parameters = [] }]) => parameters);
      const told = new Set(parameters.filter(({ name }) => name === id).map(({ description }) => description));
      expect([...told], id).toEqual([expect.stringMatching(/id\b/)]);
    }
  });

  it('marks the routes that are open to everybody, and they are', async () => {
    const open = (await operations()).filter(([, { security }]) => security.length === 0).map(([name]) => name);
    expect(open.sort()).toEqual([
      'DELETE /v1/sessions',
      'GET /v1/health',
      'GET /v1/keys',
      'GET /v1/ready',
      'POST /v1/accounts',
      'POST /v1/sessions',
      'POST /v1/sessions/refresh',
    ]);
    for (const [name, { security }] of await operations()) {
      if (security.length === 0) continue;
      const answer = await chat.call(name.replaceAll(/\{\w+\}/g, 'x'));
      expect(answer, name).toMatchObject({ status: 401, error: 'unauthenticated' });
    }
  });

  it('is kept to by the answers', async () => {
    const documented = new Map(await operations());
    const ajv = new Ajv({ strict: false });
    const other = await chat.join('bob');
    const requests: [string, string, object?][] = [
      ['GET /v1/me', 'GET /v1/me'],
      ['GET /v1/me/settings', 'GET /v1/me/settings'],
      ['GET /v1/devices', 'GET /v1/devices'],
      ['GET /v1/people', 'GET /v1/people?prefix=b'],
      ['POST /v1/friends/requests', 'POST /v1/friends/requests', { userId: 'bob' }],
      ['GET /v1/friends', 'GET /v1/friends'],
      ['GET /v1/gateways', 'GET /v1/gateways'],
      ['GET /v1/keys', 'GET /v1/keys'],
      ['GET /v1/ready', 'GET /v1/ready'],
      ['POST /v1/sessions', 'POST /v1/sessions', { userId: 'bob', password: 'bobs password' }],
      ['POST /v1/sessions/refresh', 'POST /v1/sessions/refresh', { refreshToken: other.refreshToken }],
    ];
    for (const [name, request, body] of requests) {
      const answer = await chat.call(request, { token, body });
      const response = documented.get(name)?.responses[String(answer.status)];
      const schema = response?.content?.['application/json'].schema;
      expect(schema, `${name} ${answer.status}`).toBeDefined();
      expect(ajv.validate(schema ?? false, answer.json), `${name}: ${ajv.errorsText()}`).toBe(true);
    }
  });

  it('can be tried out on a page that needs no other site and no inline script', async () => {
    const page = await chat.call('GET /v1/docs');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const own = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
    expect(own.length).toBeGreaterThan(2);
    for (const address of own) expect((await chat.call(`GET ${address}`)).status, address).toBe(200);
    expect(page.text).not.toMatch(/<script>|style=/);
    expect((await chat.call('GET /v1/docs/package.json')).status).toBe(404);
  });
});

describe('pages of other origins', () => {
  const origin = 'https://app.example';
  const preflight = (at: Harness, from: string) =>
    at.call('OPTIONS /v1/sessions', { headers: { origin: from, 'access-control-request-method': 'POST' } });

  it('may call the API when their origin was allowed, with the cookie', async () => {
    const open = await createHarness({ allowedOrigins: [origin] });
    const allowed = await preflight(open, origin);
    expect(allowed).toMatchObject({ status: 204, text: '' });
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'authorization, content-type, last-event-id, traceparent',
      vary: 'origin',
    });
    const refused = await open.call('GET /v1/me', { headers: { origin } });
    expect(refused.headers).toMatchObject({ 'access-control-allow-origin': origin });
    const other = await open.call('GET /v1/health', { headers: { origin: 'https://evil.example' } });
    expect(other.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('may call it without the cookie when all were allowed', async () => {
    const open = await createHarness({ allowedOrigins: ['*'] });
    const { headers } = await preflight(open, origin);
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
    const body = { userId: 'alice', password: 'correct horse', session: 'cookie' };
    expect((await open.call('POST /v1/accounts', { body, headers: { origin } })).status).toBe(403);
  });

  it('are kept out by browsers otherwise', async () => {
    const answer = await preflight(chat, origin);
    expect(answer.status).toBe(404);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('service', () => {
  it('names the gateways, and says that it is ready', async () => {
    expect((await chat.call('GET /v1/gateways', { token })).json).toEqual({ gateways: ['ws://g1'] });
    expect((await chat.call('GET /v1/ready')).json).toEqual({ status: 'ready' });
  });
});

describe('over a socket', () => {
  it('is the same API, on a port of its own', async () => {
    const port = await chat.api.listen({ host: '127.0.0.1', port: SHARED_PORT });
    const at = (path: string) => `http://127.0.0.1:${port}${path}`;
    expect(await (await fetch(at('/v1/health'))).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(at('/'))).text()).toContain('Parley');
    const body = JSON.stringify({ userId: 'carol', password: 'carols password', session: 'cookie' });
    const headers = { 'content-type': 'application/json' };
    const login = await fetch(at('/v1/accounts'), { method: 'POST', headers, body });
    expect(login.status).toBe(201);
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
    const own = { ...headers, cookie, origin: `http://127.0.0.1:${port}` };
    const refreshed = await fetch(at('/v1/sessions/refresh'), { method: 'POST', headers: own, body: '{}' });
    expect(refreshed.status).toBe(200);
    const evil = { ...own, origin: 'http://evil.example' };
    const refused = await fetch(at('/v1/sessions/refresh'), { method: 'POST', headers: evil, body: '{}' });
    expect(refused.status).toBe(403);
    const large = await fetch(at('/v1/sessions'), { method: 'POST', headers, body: 'x'.repeat(65_537) });
    expect([large.status, await large.json()]).toMatchObject([413, { error: { name: 'frame_too_large' } }]);
    const missing = await fetch(at('/nothing'));
    expect([missing.status, await missing.json()]).toMatchObject([404, { error: { name: 'not_found' } }]);
    const socket = connect(port, '127.0.0.1').end('this is no HTTP\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 400 [\s\S]+"name":"malformed_frame"/);
  });
});
