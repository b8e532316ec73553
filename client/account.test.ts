import { describe, expect, it, vi } from 'vitest';
import { Account } from './account.js';
import { FakeClock } from './testing/fake-clock.js';
import type { AuthSession } from './types.js';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
}

const answerFor = (token: string, expiresAt: number) => ({
  user: { userId: 'alice', displayName: 'alice', locale: 'en', timeZone: 'UTC' },
  deviceId: 'd1',
  accessToken: token,
  accessTokenExpiresAt: expiresAt,
  refreshToken: `refresh of ${token}`,
  gateways: ['ws://gateway'],
});

/** A call without an answer. */
const NEVER = 'never';

function untilAborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
}

/** An API that answers by script: status and body for each call in turn. */
function account(...script: (readonly [status: number, body: unknown] | typeof NEVER)[]) {
  const calls: Call[] = [];
  const clock = new FakeClock();
  const fetcher = (url: string, init: RequestInit): Promise<Response> => {
    const token = (init.headers as Record<string, string>).authorization?.replace('Bearer ', '');
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    calls.push({ method: init.method ?? '', path: url.replace('http://api/v1', ''), token, body });
    const next = script.shift() ?? [500, {}];
    if (next === NEVER) return untilAborted(init.signal);
    const [status, answer] = next;
    return Promise.resolve(new Response(status === 204 ? null : JSON.stringify(answer), { status }));
  };
  const sessions: (AuthSession | undefined)[] = [];
  const options = {
    baseUrl: 'http://api',
    fetch: fetcher as typeof fetch,
    clock,
    random: { fraction: () => 0, bytes: (count: number) => new Uint8Array(count) },
    inCookie: false,
    deviceName: undefined,
    changed: (session: AuthSession | undefined) => sessions.push(session),
  };
  return { account: new Account(options, undefined), calls, sessions, clock };
}

const refusal = (name: string, retry: string) => ({
  error: { code: 1, name, retry, sentence: 'No.', retryAfterMs: 0 },
});
const CREDENTIALS = { userId: 'alice', password: 'correct horse' };

describe('an account', () => {
  it('logs in and out', async () => {
    const world = account([201, answerFor('one', 9e12)], [204, undefined]);
    expect(await world.account.logIn(CREDENTIALS)).toMatchObject({ userId: 'alice', deviceId: 'd1' });
    await world.account.logOut();
    expect(world.calls.map(({ method, path, token }) => [method, path, token])).toEqual([
      ['POST', '/sessions', undefined],
      ['DELETE', '/sessions', 'one'],
    ]);
    expect(world.sessions.at(-1)).toBeUndefined();
  });

  it('logs out after a long sleep with a new token', async () => {
    const world = account([201, answerFor('one', 1)], [200, answerFor('two', 9e12)], [204, undefined]);
    await world.account.logIn(CREDENTIALS);
    await world.account.logOut();
    expect(world.calls.at(-1)).toMatchObject({ method: 'DELETE', token: 'two' });
    expect(world.account.session).toBeUndefined();
  });

  it('is logged out when the server knows the login no more', async () => {
    const world = account([201, answerFor('one', 9e12)], [401, refusal('session_revoked', 'never')]);
    await world.account.logIn(CREDENTIALS);
    await world.account.logOut();
    expect(world.account.session).toBeUndefined();
  });

  it('gives up what is under way before it logs out', async () => {
    const world = account([201, answerFor('one', 9e12)], NEVER, [204, undefined]);
    await world.account.logIn(CREDENTIALS);
    const asked = world.account.call({ method: 'GET', path: '/friends' });
    const refused = expect(asked).rejects.toMatchObject({ kind: 'unauthenticated' });
    await vi.waitFor(() => expect(world.calls).toHaveLength(2));
    await world.account.logOut();
    await refused;
    expect(world.calls.map(({ method }) => method)).toEqual(['POST', 'GET', 'DELETE']);
  });

  it('stays logged in when the server cannot be asked', async () => {
    const world = account([201, answerFor('one', 9e12)], [503, refusal('unavailable', 'backoff')]);
    await world.account.logIn(CREDENTIALS);
    const refused = expect(world.account.logOut()).rejects.toMatchObject({ kind: 'unavailable' });
    await world.clock.advance(20_000);
    await refused;
    expect(world.account.session).toBeDefined();
  });

  it('says what the server said of wrong credentials', async () => {
    const world = account([401, refusal('wrong_credentials', 'never')]);
    await expect(world.account.logIn(CREDENTIALS)).rejects.toMatchObject({ kind: 'wrong_credentials', message: 'No.' });
  });
});
