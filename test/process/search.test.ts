// What a search is refused for, on every way in, against the real process: a code, a sentence, and nothing happens.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ParleyClient, type SearchRequest, webSocketFactory } from '../../client/index.js';
import { ParleyProcess, temporaryFolder } from './parley.js';

const PASSWORD = 'correct horse battery';
const folder = temporaryFolder();
const clients: ParleyClient[] = [];
let parley: ParleyProcess;
let alice: ParleyClient;
let carol: ParleyClient;
let group = '';

interface Refusal {
  readonly status: number;
  readonly name: string;
  readonly code: number;
  readonly sentence: string;
}

async function person(userId: string): Promise<ParleyClient> {
  const client = new ParleyClient({ baseUrl: parley.origin, webSocket: webSocketFactory(WebSocket) });
  await client.signUp({ userId, password: PASSWORD });
  await client.connect();
  clients.push(client);
  return client;
}

async function refused(path: string, init: RequestInit = {}): Promise<Refusal> {
  const headers = { authorization: `Bearer ${carol.session?.accessToken}`, 'content-type': 'application/json' };
  const response = await fetch(`${parley.origin}/v1${path}`, { ...init, headers });
  const { error } = (await response.json()) as { error: Omit<Refusal, 'status'> };
  return { status: response.status, name: error.name, code: error.code, sentence: error.sentence };
}

/** By WebSocket, by GET, and by POST: carol's search, and how each refuses it. */
async function everywhere(search: SearchRequest): Promise<readonly Refusal[]> {
  const { words = '', channelId } = search;
  const query = new URLSearchParams({ words, ...(channelId === undefined ? {} : { channelId }) });
  const body = JSON.stringify({ search: { words, channelId } });
  const thrown = await carol.search(search).catch((error: unknown) => error);
  const { kind, code, message } = thrown as { kind: string; code: number; message: string };
  return [
    { status: 0, name: kind, code, sentence: message },
    await refused(`/search?${query}`),
    await refused('/request', { method: 'POST', body }),
  ];
}

beforeAll(async () => {
  parley = await ParleyProcess.start('--port', '0', '--data', join(folder.path, 'data'), '--log-level', 'warn');
  alice = await person('alice');
  await person('bob');
  carol = await person('carol');
  ({ channelId: group } = await alice.createChannel({ name: 'Private', members: ['bob'] }));
  await alice.send({ channelId: group, text: 'a secret' }).sent();
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await parley.signal('SIGKILL');
  folder.remove();
});

describe('a search that makes no sense', () => {
  const cases: readonly (readonly [what: string, name: string, code: number, search: () => SearchRequest])[] = [
    ['of ten kilobytes', 'search_too_long', 3202, () => ({ words: 'tea'.repeat(3_500) })],
    ['of a thousand words', 'search_too_many_words', 3203, () => ({ words: 'te '.repeat(1_000) })],
    ['of nothing but signs', 'search_empty', 3201, () => ({ words: '?!' })],
    ['of a channel of others', 'not_a_member', 3001, () => ({ words: 'secret', channelId: group })],
    ['of others’ direct channel', 'not_a_member', 3001, () => ({ words: 'secret', channelId: 'alice~bob' })],
    ['of a channel that is none', 'invalid_argument', 1004, () => ({ words: 'secret', channelId: 'no channel' })],
  ];
  it.each(cases)('%s is refused alike by WebSocket, GET and POST', async (_, name, code, search) => {
    for (const refusal of await everywhere(search())) {
      expect(refusal).toMatchObject({ name, code });
      expect([0, 400, 403, 404]).toContain(refusal.status);
      expect(refusal.sentence).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('leaves nothing behind: the next one is answered', async () => {
    expect((await carol.search({ words: 'secret' })).items).toEqual([]);
    const found = await alice.search({ words: 'secret' });
    expect(found.items.map(({ event }) => event.text)).toEqual(['a secret']);
  });
});
