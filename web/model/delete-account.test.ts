import { beforeEach, expect, it, vi } from 'vitest';
import type { ParleyClient } from '../../client/index.js';
import { localStorageStorage } from '../../client/index.js';
import { online, type Setup, setup } from '../../client/testing/setup.js';
import { Page } from './page.js';
import { stubBrowser } from './testing/browser.js';

const SESSION = { user: { userId: 'alice' }, deviceId: 'device-1', accessToken: 't', gateways: ['ws://one'] };
const SESSION_REVOKED = 4003;
const refusal = (name: string) => ({ error: { name, retry: 'never', sentence: 'No.' } });

let stored: Map<string, string>;
/** What the server answers the deletion with. */
let answer: (given: Setup) => Promise<Response>;

beforeEach(() => {
  stored = new Map();
  stubBrowser(stored);
  return () => void vi.unstubAllGlobals();
});

/** A page whose user is logged in and online. */
async function loggedIn(): Promise<{ page: Page; given: Setup }> {
  let given: Setup | undefined;
  const makeClient = (): ParleyClient => {
    const fetcher = async (url: string, { method }: RequestInit): Promise<Response> => {
      if (method === 'DELETE' && given !== undefined) return answer(given);
      if (url.endsWith('/refresh')) return Response.json(refusal('refresh_reused'), { status: 401 });
      return Response.json({ ...SESSION, accessTokenExpiresAt: 9e12 });
    };
    const storage = localStorageStorage('parley.alice');
    given ??= setup({ fetch: fetcher as typeof fetch, storage, refreshInCookie: true });
    return given.client;
  };
  const page = new Page({ makeClient });
  await page.logIn({ userId: 'alice', password: 'correct horse' });
  if (given === undefined) throw new Error('nobody asked for a client');
  await online(given);
  return { page, given };
}

/** Something that is not sent. */
function write(page: Page): void {
  if (page.stage.type === 'chat')
    page.stage.chat.writing.drafts.change('alice~bob', (draft) => ({ ...draft, text: 'Hm' }));
}

const revoke = ({ gateway }: Setup): void => gateway.socket.cut(SESSION_REVOKED);

it('the login form follows a deletion, with nothing of the user left, whichever of answer and end of the session is first', async () => {
  answer = async (given) => {
    revoke(given);
    return new Response(null, { status: 204 });
  };
  const { page } = await loggedIn();
  write(page);
  await page.deleteAccount('correct horse');
  expect(page.stage).toEqual({ type: 'gate', note: undefined });
  expect(page.toast).toMatchObject({ kind: 'news', text: 'Your account is deleted.' });
  expect([...stored.keys()]).toEqual([]);
});

it('a wrong password changes nothing', async () => {
  answer = async () => Response.json(refusal('wrong_credentials'), { status: 401 });
  const { page, given } = await loggedIn();
  await expect(page.deleteAccount('a guess')).rejects.toMatchObject({ kind: 'wrong_credentials' });
  expect(page.stage.type).toBe('chat');
  revoke(given);
  expect(page.stage).toMatchObject({ type: 'gate', note: expect.stringContaining('logged out') });
});

it('a login that ends while the deletion fails is over all the same', async () => {
  answer = async (given) => {
    revoke(given);
    return Response.json(refusal('session_revoked'), { status: 401 });
  };
  const { page } = await loggedIn();
  await expect(page.deleteAccount('correct horse')).rejects.toMatchObject({ kind: 'session_revoked' });
  expect(page.stage).toMatchObject({ type: 'gate', note: expect.stringContaining('logged out') });
});

it('a login that is ended from elsewhere leaves nothing that was begun in this browser', async () => {
  const { page, given } = await loggedIn();
  write(page);
  revoke(given);
  expect([...stored.keys()].filter((key) => key.startsWith('parley.draft.'))).toEqual([]);
});

it('a login that was stolen leaves nothing that was begun either, and the page says why it ended', async () => {
  const { page, given } = await loggedIn();
  write(page);
  await expect(given.client.refresh()).rejects.toMatchObject({ kind: 'refresh_reused' });
  expect(page.stage).toMatchObject({ type: 'gate', note: expect.stringContaining('For your safety') });
  expect([...stored.keys()].filter((key) => key.startsWith('parley.draft.'))).toEqual([]);
});
