/** One client, one user at a time. */
import { describe, expect, it } from 'vitest';
import { memoryStorage } from './storage.js';
import { settle } from './testing/fake-clock.js';
import { messageEvent } from './testing/scripted-gateway.js';
import { online, type Setup, setup } from './testing/setup.js';

const GROUP = 'gaaaaaaaaaaaaaaaa';
const PASSWORD = 'correct horse battery';

/** An API that logs in whoever asks, and refreshes for whom the cookie is of. */
function api() {
  const server: { readonly asked: string[]; cookieOf: string | undefined } = { asked: [], cookieOf: undefined };
  const fetcher = async (url: string, init: RequestInit): Promise<Response> => {
    const path = url.replace('http://api/v1', '');
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : {};
    server.asked.push(`${init.method} ${path} ${body.userId ?? ''}`.trim());
    if (init.method === 'DELETE') return new Response(null, { status: 204 });
    const userId = body.userId ?? server.cookieOf;
    if (userId === undefined)
      return new Response('{"error":{"name":"unauthenticated","retry":"never"}}', { status: 401 });
    const answer = {
      user: { userId },
      deviceId: `${userId}-1`,
      accessToken: `token of ${userId}`,
      accessTokenExpiresAt: 9e12,
      refreshToken: `refresh token of ${userId}`,
      gateways: ['ws://one'],
    };
    return new Response(JSON.stringify(answer), { status: 201 });
  };
  return { server, fetch: fetcher as typeof fetch };
}

const logIn = (given: Setup, userId: string) => given.client.logIn({ userId, password: PASSWORD });
const hello = (given: Setup) => given.gateway.socket.got('hello').at(-1);

describe('a client that is logged in', () => {
  it.each(['logIn', 'signUp'] as const)(
    'refuses %s as another before it asks the server, and goes on',
    async (method) => {
      const { server, fetch } = api();
      const given = setup({ fetch });
      const socket = await online(given);
      await expect(given.client[method]({ userId: 'bob', password: PASSWORD })).rejects.toMatchObject({
        kind: 'conflict',
        retry: 'never',
        message: 'alice is logged in here: log out first.',
      });
      expect(server.asked).toEqual([]);
      expect(given.client.session?.userId).toBe('alice');
      socket.deliver(1, messageEvent(GROUP, 1, 'bob', 'still here'));
      expect(given.seen).toEqual([`${GROUP}#1 still here`]);
    },
  );

  it('logs in again as the same user', async () => {
    const given = setup({ fetch: api().fetch });
    await online(given);
    expect(await logIn(given, 'alice')).toMatchObject({ userId: 'alice' });
    expect(given.client.connection.type).toBe('online');
  });

  it('lets one of two logins at once win, not both', async () => {
    const given = setup({ fetch: api().fetch });
    await given.client.logOut();
    const both = await Promise.allSettled([logIn(given, 'bob'), logIn(given, 'carol')]);
    expect(both).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { kind: 'conflict' } }]);
    expect(given.client.session?.userId).toBe('bob');
  });

  it('begins anew with another after a logout: nothing of the former is seen or sent', async () => {
    const given = setup({ fetch: api().fetch });
    const former = await online(given);
    former.deliver(1, messageEvent(GROUP, 1, 'carol', 'to alice'));
    given.client.send({ channelId: GROUP, text: 'of alice' });
    await given.client.logOut();
    await logIn(given, 'bob');
    expect(given.client.pending(GROUP)).toEqual([]);
    expect(() => given.client.send({ channelId: GROUP, text: 'too early' })).toThrow('Call connect first.');
    const socket = await online(given);
    expect(socket.got('hello')[0]).toMatchObject({ token: 'token of bob', deviceId: 'bob-1' });
    expect(socket.got('hello')[0]?.cursor).toBeFalsy();
    await given.clock.advance(1000);
    expect(socket.got('send')).toEqual([]);
  });
});

describe('a login that has ended by itself while it is connected', () => {
  /** Alice's refresh was refused; her connection lives on. */
  async function ended(storage = memoryStorage()) {
    const { server, fetch } = api();
    const given = setup({ fetch, storage, refreshInCookie: true });
    const socket = await online(given);
    socket.deliver(1, messageEvent(GROUP, 1, 'carol', 'to alice'));
    given.client.send({ channelId: GROUP, text: 'of alice' });
    await expect(given.client.refresh()).rejects.toMatchObject({ kind: 'unauthenticated' });
    expect(given.client).toMatchObject({ session: undefined, connection: { type: 'online' } });
    return { ...given, server, socket, storage };
  }

  it('is ended whole by the login of another: closed, and its state saved before theirs is read', async () => {
    const given = await ended();
    await logIn(given, 'bob');
    expect(given.socket.closed).toBe(true);
    expect(given.states.at(-1)).toMatchObject({ type: 'closed' });
    expect(given.client.pending(GROUP)).toEqual([]);
    await settle();
    expect(given.storage.load()).toMatchObject({ userId: 'alice', outbox: [{ text: 'of alice' }] });
    await online(given);
    expect(hello(given)).toMatchObject({ token: 'token of bob', deviceId: 'bob-1' });
    expect(hello(given)?.cursor).toBeFalsy();
    given.socket.deliver(2, messageEvent(GROUP, 2, 'carol', 'to alice, late'));
    expect(given.seen).not.toContain(`${GROUP}#2 to alice, late`);
    expect(given.gateway.socket.got('send')).toEqual([]);
  });

  it('goes on with a new login of the same user', async () => {
    const given = await ended();
    await logIn(given, 'alice');
    expect(given.client.connection.type).toBe('online');
    expect(given.client.pending(GROUP).map(({ text }) => text)).toEqual(['of alice']);
  });

  it('is ended as well when a refresh brings another user, whose cookie it is by now', async () => {
    const given = await ended();
    given.server.cookieOf = 'bob';
    expect(await given.client.refresh()).toMatchObject({ userId: 'bob' });
    expect(given.socket.closed).toBe(true);
    await online(given);
    expect(hello(given)).toMatchObject({ token: 'token of bob' });
  });
});
