import { describe, expect, it } from 'vitest';
import { Account } from './account.js';
import { callApi, type HttpCall } from './http.js';
import { FakeClock } from './testing/fake-clock.js';

type Answer = 'dies' | 'hangs' | readonly [status: number, body: unknown];

const refused = (status: number, name: string): Answer => [
  status,
  { error: { code: 1, name, retry: 'backoff', sentence: 'No.', retryAfterMs: 0 } },
];
const LOGGED_IN: Answer = [
  201,
  { user: { userId: 'alice' }, deviceId: 'd1', accessToken: 't', accessTokenExpiresAt: 9e12, gateways: [] },
];
/** What HAProxy says when the process behind it died with the request. */
const BAD_GATEWAY: Answer = [502, undefined];
const CREDENTIALS = { userId: 'alice', password: 'correct horse' };

/** An API that answers by script, each call in turn. */
function api(...script: Answer[]) {
  const asked: string[] = [];
  const clock = new FakeClock();
  const fetcher = (url: string, { method = '', signal }: RequestInit): Promise<Response> => {
    asked.push(`${method} ${url.replace('http://api/v1', '')}`);
    const answer = script.shift();
    if (answer === undefined || answer === 'dies') return Promise.reject(new TypeError('fetch failed'));
    if (answer === 'hangs')
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    const [status, body] = answer;
    const text = body === undefined ? '<html>Bad Gateway</html>' : JSON.stringify(body);
    return Promise.resolve(new Response(text, { status }));
  };
  const random = { fraction: () => 0.5, bytes: (count: number) => new Uint8Array(count) };
  const options = { baseUrl: 'http://api', fetch: fetcher as typeof fetch, clock, random };
  /** What becomes of it once all the time that it may take has passed. */
  const outcome = async (asking: Promise<unknown>): Promise<unknown> => {
    const settled = asking.catch((error: { kind: string }) => error.kind);
    await clock.advance(20_000);
    return settled;
  };
  const account = new Account({ ...options, inCookie: false, deviceName: undefined, changed: () => {} }, undefined);
  const call = (one: HttpCall) => outcome(callApi(options, one));
  return { asked, clock, outcome, account, call };
}

describe('a call of the API', () => {
  it.each([
    ['the connection broke', 'dies'],
    ['the proxy had nobody', BAD_GATEWAY],
    ['the process was on its way out', refused(503, 'draining')],
    ['the process could not reach its store', refused(503, 'unavailable')],
  ] as const)('is repeated when %s', async (_, answer) => {
    const world = api(answer, answer, [200, { people: [] }]);
    expect(await world.call({ method: 'GET', path: '/people' })).toEqual({ people: [] });
    expect(world.asked).toHaveLength(3);
    expect(world.clock.pending).toBe(0);
  });

  it('is given up after four attempts, and at the end of its time', async () => {
    const world = api('dies', 'dies', 'dies', 'dies', [200, {}]);
    expect(await world.call({ method: 'GET', path: '/me' })).toBe('unavailable');
    expect(world.asked).toHaveLength(4);
    const slow = api('dies', 'hangs', [200, {}]);
    expect(await slow.call({ method: 'GET', path: '/me' })).toBe('timeout');
    expect(slow.asked).toHaveLength(2);
  });

  it('is not repeated when it was refused, nor when it may be done only once', async () => {
    const world = api(refused(429, 'rate_limited'), 'dies', [200, {}]);
    expect(await world.call({ method: 'GET', path: '/me' })).toBe('rate_limited');
    expect(await world.call({ method: 'PUT', path: '/me/password', once: true })).toBe('unavailable');
    expect(world.asked).toHaveLength(2);
  });

  it('removed what the attempt before it had removed', async () => {
    const world = api('dies', refused(404, 'not_found'), refused(404, 'not_found'));
    expect(await world.call({ method: 'DELETE', path: '/devices/d2' })).toBeUndefined();
    expect(await world.call({ method: 'DELETE', path: '/devices/d2' })).toBe('not_found');
  });

  it('signs up by the login when the answer to the sign-up was lost, unless the name is somebody else’s', async () => {
    const world = api('dies', refused(409, 'name_taken'), LOGGED_IN);
    expect(await world.outcome(world.account.signUp(CREDENTIALS))).toMatchObject({ userId: 'alice', deviceId: 'd1' });
    expect(world.asked).toEqual(['POST /accounts', 'POST /accounts', 'POST /sessions']);
    const other = api('dies', refused(409, 'name_taken'), refused(401, 'wrong_credentials'));
    expect(await other.outcome(other.account.signUp(CREDENTIALS))).toBe('name_taken');
    const first = api(refused(409, 'name_taken'), LOGGED_IN);
    expect(await first.outcome(first.account.signUp(CREDENTIALS))).toBe('name_taken');
    expect(first.asked).toHaveLength(1);
  });
});
