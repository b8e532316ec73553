/** The deletion of one's own account: done once, whatever becomes of the answers. */
import { describe, expect, it } from 'vitest';
import { memoryStorage } from './storage.js';
import { settle } from './testing/fake-clock.js';
import { online, setup } from './testing/setup.js';

const PASSWORD = 'correct horse battery';
const LOST = 'lost';
const NEVER = 'never';
const DONE = [204, undefined] as const;
const refusal = (status: number, name: string, retry = 'never') =>
  [status, { error: { code: 1, name, retry, sentence: 'No.', retryAfterMs: 0 } }] as const;

type Answer = readonly [status: number, body: unknown] | typeof LOST | typeof NEVER;

/** A client that is online, and an API that answers its calls in turn. */
async function client(...answers: Answer[]) {
  const asked: unknown[] = [];
  const fetcher = async (url: string, init: RequestInit): Promise<Response> => {
    asked.push([init.method, url.replace('http://api/v1', ''), init.body]);
    const answer = answers.shift() ?? LOST;
    if (answer === LOST) throw new TypeError('the connection was lost');
    if (answer === NEVER)
      return new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason)));
    const [status, body] = answer;
    return new Response(status === 204 ? null : JSON.stringify(body), { status });
  };
  const storage = memoryStorage();
  const given = setup({ fetch: fetcher as typeof fetch, storage });
  const socket = await online(given);
  /** Resolves to the kind of the error. */
  const remove = async (): Promise<string> => {
    const removed = given.client.people.deleteAccount(PASSWORD).then(
      () => 'done',
      (error: { kind: string }) => error.kind,
    );
    await given.clock.advance(15_000);
    return removed;
  };
  return { ...given, asked, storage, socket, remove };
}

const loggedOut = { session: undefined, connection: { type: 'closed' } };
const loggedIn = { session: { userId: 'alice' }, connection: { type: 'online' } };

describe('the deletion of one’s own account', () => {
  it('ends the login and the connection here, and leaves what is stored', async () => {
    const given = await client(DONE);
    const sessions: unknown[] = [];
    given.client.on('session', (session) => sessions.push(session));
    await given.client.people.deleteAccount(PASSWORD);
    expect(given.asked).toEqual([['DELETE', '/me', JSON.stringify({ password: PASSWORD })]]);
    expect(given.client).toMatchObject(loggedOut);
    expect(sessions).toEqual([undefined]);
    expect(given.socket.closed).toBe(true);
    expect(given.storage.load()).toMatchObject({ userId: 'alice' });
  });

  it('leaves everything as it is when the password is wrong', async () => {
    const given = await client(refusal(401, 'wrong_credentials'));
    await expect(given.client.people.deleteAccount(PASSWORD)).rejects.toMatchObject({ kind: 'wrong_credentials' });
    expect(given.client).toMatchObject(loggedIn);
  });

  it.each(['session_revoked', 'unauthenticated'])('is done when its repetition is refused as %s', async (name) => {
    const given = await client(LOST, refusal(401, name));
    expect(await given.remove()).toBe('done');
    expect(given.client).toMatchObject(loggedOut);
  });

  it('is not done when its repetition says that the password is wrong', async () => {
    const given = await client(LOST, refusal(401, 'wrong_credentials'));
    expect(await given.remove()).toBe('wrong_credentials');
    expect(given.client.session?.userId).toBe('alice');
  });

  it('is not done when the login was refused to begin with', async () => {
    const given = await client(refusal(401, 'session_revoked'));
    expect(await given.remove()).toBe('session_revoked');
  });

  it.each([
    ['timeout', [NEVER]],
    ['unavailable', [LOST, LOST, LOST, LOST]],
  ] as const)('may be asked for again after %s: then it is known to be done', async (kind, answers) => {
    const given = await client(...answers, refusal(401, 'session_revoked'));
    expect(await given.remove()).toBe(kind);
    expect(given.client.session?.userId).toBe('alice');
    expect(await given.remove()).toBe('done');
    await settle();
    expect(given.client).toMatchObject(loggedOut);
  });
});
