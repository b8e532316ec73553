import { describe, expect, it, vi } from 'vitest';
import { LIMITS } from '../src/core/limits.js';
import { Account } from './account.js';
import { FakeClock, settle } from './testing/fake-clock.js';
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

type Answer = readonly [status: number, body: unknown];

function untilAborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
}

type Script = (Answer | Promise<Answer> | typeof NEVER)[];

/** An API that answers by script: status and body for each call in turn; a promise of them comes whoever has given up. */
function account(...script: Script) {
  return accountWith({}, ...script);
}

function accountWith(more: { readonly inCookie?: boolean }, ...script: Script) {
  const calls: Call[] = [];
  const clock = new FakeClock();
  const fetcher = async (url: string, init: RequestInit): Promise<Response> => {
    const token = (init.headers as Record<string, string>).authorization?.replace('Bearer ', '');
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    calls.push({ method: init.method ?? '', path: url.replace('http://api/v1', ''), token, body });
    const next = script.shift() ?? [500, {}];
    if (next === NEVER) return untilAborted(init.signal);
    const [status, answer] = await next;
    return new Response(status === 204 ? null : JSON.stringify(answer), { status });
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
    ...more,
  };
  return { account: new Account(options, undefined), calls, sessions, clock };
}

const refusal = (name: string, retry: string) => ({
  error: { code: 1, name, retry, sentence: 'No.', retryAfterMs: 0 },
});
/** An answer that comes when the test says so. */
function later(): { readonly promise: Promise<Answer>; readonly answer: (answer: Answer) => void } {
  let answer: (answer: Answer) => void = () => {};
  const promise = new Promise<Answer>((resolve) => {
    answer = resolve;
  });
  return { promise, answer: (given) => answer(given) };
}

const CREDENTIALS = { userId: 'alice', password: 'correct horse' };

/** Locks as a browser has them, in one tab. */
function fakeLocks() {
  const order: string[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const request = (name: string, _: object, work: () => Promise<unknown>): Promise<unknown> => {
    const done = last.then(() => {
      order.push(name);
      return work();
    });
    last = done.catch(() => {});
    return done;
  };
  return { order, locks: { request } };
}

describe('the refresh cookie', () => {
  it('is changed by one tab at a time: a login waits for the answer to another tab’s logout', async () => {
    const { order, locks } = fakeLocks();
    vi.stubGlobal('navigator', { locks });
    try {
      const gone = later();
      const [one, two] = [
        accountWith({ inCookie: true }, [201, answerFor('one', 9e12)], gone.promise),
        accountWith({ inCookie: true }, [201, answerFor('two', 9e12)]),
      ];
      await one.account.logIn(CREDENTIALS);
      const out = one.account.logOut();
      const login = two.account.logIn(CREDENTIALS);
      await settle();
      expect(two.calls).toEqual([]);
      gone.answer([204, undefined]);
      await Promise.all([out, login]);
      expect(order).toEqual(['parley.cookie', 'parley.cookie', 'parley.cookie']);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

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

  it.each([
    ['user', { ...answerFor('two', 9e12), user: { ...answerFor('two', 9e12).user, userId: 'bob' } }],
    ['device', { ...answerFor('two', 9e12), deviceId: 'd2' }],
  ])('ends here, and only here, when a refresh answers for another %s: tabs share the cookie', async (_, answer) => {
    const world = account([201, answerFor('one', 9e12)], [200, answer]);
    await world.account.logIn(CREDENTIALS);
    const refused = { kind: 'unauthenticated', message: expect.stringContaining('Another login') };
    await expect(world.account.refresh()).rejects.toMatchObject(refused);
    expect(world.account.session).toBeUndefined();
    expect(world.sessions.map((session) => session?.userId)).toEqual(['alice', undefined]);
    expect(world.calls.map(({ path }) => path)).toEqual(['/sessions', '/sessions/refresh']);
  });

  it('gives up a refresh that is under way when it logs out, and is not logged in by its late answer', async () => {
    const late = later();
    const world = account([201, answerFor('one', 9e12)], late.promise, [204, undefined]);
    await world.account.logIn(CREDENTIALS);
    const refused = expect(world.account.refresh()).rejects.toMatchObject({ kind: 'unauthenticated' });
    await world.account.logOut();
    late.answer([200, answerFor('two', 9e12)]);
    await refused;
    expect(world.account.session).toBeUndefined();
    expect(world.calls.map(({ method }) => method)).toEqual(['POST', 'POST', 'DELETE']);
  });

  it('asks for another token to log out with, when it has given up a refresh that it needs', async () => {
    const world = account([201, answerFor('one', 1)], NEVER, [200, answerFor('two', 9e12)], [204, undefined]);
    await world.account.logIn(CREDENTIALS);
    const refused = expect(world.account.refresh()).rejects.toMatchObject({ kind: 'unauthenticated' });
    await world.account.logOut();
    await refused;
    expect(world.calls.at(-1)).toMatchObject({ method: 'DELETE', token: 'two' });
  });

  it('keeps a newer login when a refresh of the one before it is refused', async () => {
    const late = later();
    const world = account([201, answerFor('one', 9e12)], late.promise, [201, answerFor('two', 9e12)]);
    await world.account.logIn(CREDENTIALS);
    const refused = expect(world.account.refresh()).rejects.toMatchObject({ kind: 'unauthenticated' });
    await world.account.logIn(CREDENTIALS);
    late.answer([401, refusal('refresh_reused', 'never')]);
    await refused;
    expect(world.account.session).toMatchObject({ accessToken: 'two' });
  });

  it('gives up a refresh without an answer soon enough to ask several times before the server takes that for a copy', async () => {
    const world = account([201, answerFor('one', 9e12)], NEVER, [200, answerFor('two', 9e12)]);
    await world.account.logIn(CREDENTIALS);
    const refused = world.account.refresh().catch((error: unknown) => error);
    await world.clock.advance(LIMITS.refreshRetryMs / 4);
    expect(await Promise.race([refused, 'waits still'])).toMatchObject({ kind: 'timeout' });
    await world.account.refresh();
    const again = { path: '/sessions/refresh', body: { refreshToken: 'refresh of one' } };
    expect(world.calls.slice(1)).toMatchObject([again, again]);
  });

  it('takes the token of a refresh during which it learnt of other gateways', async () => {
    const late = later();
    const world = account([201, answerFor('one', 9e12)], late.promise, [200, { gateways: ['ws://other'] }]);
    await world.account.logIn(CREDENTIALS);
    const refreshed = world.account.refresh();
    await world.account.credentials({ token: false, gateways: true });
    late.answer([200, answerFor('two', 9e12)]);
    await refreshed;
    expect(world.account.session).toMatchObject({ accessToken: 'two', refreshToken: 'refresh of two' });
  });
});
