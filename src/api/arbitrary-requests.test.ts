/** Whatever is asked, nothing crashes and nothing is our own fault. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { API_LIMITS, type ApiLimits } from './rate-limits.js';
import { createHarness, type Harness } from './testing/harness.js';

const UNLIMITED = Object.fromEntries(
  Object.keys(API_LIMITS).map((name) => [name, { perSecond: 1e9, burst: 1e9 }]),
) as Partial<ApiLimits>;

let chat: Harness;
let token: string;
let routes: string[];

beforeAll(async () => {
  chat = await createHarness({ limits: UNLIMITED });
  chat.actors.ask = async (_actor, question) => {
    const type = question.type === 'request' ? question.body.type : '';
    if (type === 'listChannels') return { type: 'channelList', value: {} };
    if (type === 'listMembers') return { type: 'memberList', value: {} };
    if (type === 'readHistory') return { type: 'history', value: {} };
    if (type === 'search') return { type: 'searchResults', value: {} };
    if (type === 'getMessage') return { type: 'message', value: {} };
    return { type: type === 'leave' || type === 'markRead' ? 'done' : 'channel', value: {} };
  };
  ({ accessToken: token } = await chat.join('alice'));
  const { paths } = (await chat.call('GET /v1/openapi.json')).json as { paths: Record<string, object> };
  routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
});

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    'alice',
    'bob',
    'alice~bob',
    `g${'a'.repeat(16)}`,
    '__proto__',
    'constructor',
    '0',
    '-1',
    '1e9',
    '\0',
  ),
);
const names = [
  'userId',
  'password',
  'displayName',
  'refreshToken',
  'name',
  'kind',
  'members',
  'userIds',
  'role',
  'seq',
  'session',
  'deviceId',
  'deviceName',
  'idempotencyKey',
  'public',
  'locale',
  'timeZone',
  'muteUntilMs',
  'doNotDisturb',
  'current',
]; // prettier-ignore
const value = fc.oneof(
  odd,
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('GROUP', 'ADMIN', 'cookie', 'correct horse'),
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json().map((text) => Buffer.from(text)),
  fc
    .dictionary(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...names) }, odd), value, { maxKeys: 5 })
    .map((fields) => Buffer.from(JSON.stringify(fields))),
);
const headerText = fc.string({ unit: 'binary-ascii', maxLength: 40 });
const headers = fc.dictionary(
  fc.constantFrom(
    'content-type',
    'authorization',
    'cookie',
    'origin',
    'host',
    'x-forwarded-for',
    'content-length',
    'expect',
    'transfer-encoding',
    'accept',
    'if-none-match',
    'connection',
    'range',
    'x-odd',
  ), // prettier-ignore
  fc.oneof(headerText, fc.constantFrom('application/json', 'text/plain', '9'.repeat(30), 'a=b; parley_refresh=r0.0')),
);

async function expectOneForm(request: string, sent: Parameters<Harness['call']>[1]): Promise<void> {
  const answer = await chat.call(request, sent);
  expect(answer.status, answer.text).toBeLessThan(500);
  if (answer.status < 400 || request.startsWith('HEAD ')) return;
  expect(answer.error).not.toBe('');
  expect(answer.json).toMatchObject({ error: { name: answer.error, sentence: expect.any(String) } });
}

describe('arbitrary requests', () => {
  it('to known routes get an answer or a refusal in the one form, never a 5xx', async () => {
    const path = fc.array(odd, { minLength: 3, maxLength: 3 });
    const query = fc.dictionary(fc.constantFrom('name', 'prefix', 'after', 'before', 'limit', 'state', 'x'), odd);
    const parts = fc.record({ at: fc.nat(), path, query, body, headers, known: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(parts, async ({ at, known, ...sent }) => {
        const route = routes[at % routes.length] ?? '';
        const values = [...sent.path];
        const address = route.replaceAll(/\{\w+\}/g, () => encodeURIComponent(wellFormed(values.pop() ?? '')));
        const query = new URLSearchParams(Object.entries(sent.query)).toString();
        const typed = known ? { 'content-type': 'application/json', host: 'h' } : {};
        const bearer = known ? { token } : {};
        const all = { ...sent.headers, ...typed };
        await expectOneForm(`${address}?${query}`, { ...bearer, body: sent.body, headers: all });
      }),
      { numRuns: 600 },
    );
    // It was an API that worked all along.
    expect((await chat.call('GET /v1/health')).status).toBe(200);
  });

  it('to arbitrary addresses with arbitrary methods do no harm either', async () => {
    const method = fc.oneof(fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'), odd);
    const url = fc.oneof(
      fc.webPath().map((path) => `/v1${path}`),
      odd,
      odd.map((text) => `/${text}`),
    );
    await fc.assert(
      fc.asyncProperty(method, url, headers, body, (verb, path, some, bytes) =>
        expectOneForm(`${verb.replaceAll(' ', '')} ${path.replaceAll(' ', '')}`, { headers: some, body: bytes }),
      ),
      { numRuns: 400 },
    );
  });
});

/** Half surrogate pairs cannot be percent-encoded. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
