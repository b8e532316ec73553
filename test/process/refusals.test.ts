/** What the real process refuses of what is said about messages: a code, a sentence, and nothing happens. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ParleyProcess, temporaryFolder } from './parley.js';

interface Answered {
  readonly status: number;
  readonly json: Record<string, Record<string, unknown>>;
}

describe('the real process', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let parley: ParleyProcess;
  const tokens = new Map<string, string>();
  const group: { id: string } = { id: '' };
  let sends = 0;

  beforeAll(async () => {
    folder = temporaryFolder();
    parley = await ParleyProcess.start('--port', '0', '--data', join(folder.path, 'data'));
    for (const userId of ['alice', 'bob', 'carol', 'mallory']) {
      const { json } = await post('/accounts', '', { userId, password: 'correct horse battery' });
      tokens.set(userId, String(json.accessToken));
    }
    const createChannel = { kind: 'GROUP', name: 'Us', members: ['bob', 'carol'], idempotencyKey: 'k' };
    const made = await request('alice', { createChannel });
    group.id = String(made.json.channel?.channelId);
    await say('bob', { message: { text: 'two' } });
    await say('bob', { message: { text: 'three' } });
    await say('bob', { erase: { seq: 3 } });
  }, 90_000);
  afterAll(async () => {
    await parley?.signal('SIGKILL');
    folder?.remove();
  });

  async function post(path: string, userId: string, body: object): Promise<Answered> {
    const authorization = userId === '' ? {} : { authorization: `Bearer ${tokens.get(userId)}` };
    const headers = { 'content-type': 'application/json', ...authorization };
    const answer = await fetch(`${parley.origin}/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, json: (await answer.json()) as Answered['json'] };
  }

  const request = (userId: string, body: object) => post('/request', userId, body);
  const say = (userId: string, content: object) =>
    request(userId, { send: { channelId: group.id, clientMessageId: `m${++sends}`, ...content } });
  const mention = (userId: string) => ({
    message: { text: '@you', mentions: [{ kind: 'MENTION_USER', userId, start: 0, length: 4 }] },
  });

  it.each([
    ['an edit by another member', 'carol', { edit: { seq: 2, message: { text: 'mine' } } }, 403, 'forbidden'],
    ['an edit by a stranger', 'mallory', { edit: { seq: 2, message: { text: 'mine' } } }, 403, 'not_a_member'],
    ['an edit of a deleted message', 'bob', { edit: { seq: 3, message: { text: 'back' } } }, 410, 'message_erased'],
    ['a deletion by another member', 'carol', { erase: { seq: 2 } }, 403, 'forbidden'],
    ['a deletion by a stranger', 'mallory', { erase: { seq: 2 } }, 403, 'not_a_member'],
    ['a deletion of a deleted message', 'bob', { erase: { seq: 3 } }, 410, 'message_erased'],
    ['a reaction to a message that is none', 'bob', { react: { seq: 99, emoji: '👍' } }, 404, 'message_not_found'],
    ['a mention of somebody who is no member', 'bob', mention('mallory'), 400, 'mention_not_member'],
  ])('refuses %s', async (_, userId, content, status, name) => {
    const before = await request('alice', { readHistory: { channelId: group.id, limit: 100 } });
    const { status: answered, json } = await say(userId, content);
    expect([json.error?.name, answered]).toEqual([name, status]);
    expect(json.error?.sentence ?? json.error?.message).toMatch(/\.$/);
    expect(await request('alice', { readHistory: { channelId: group.id, limit: 100 } })).toEqual(before);
  });

  it('refuses a read cursor ahead of the head, and keeps the one before', async () => {
    const unread = async () => (await request('alice', { listChannels: {} })).json.channelList;
    const before = await unread();
    const { status, json } = await request('alice', { markRead: { channelId: group.id, seq: 99 } });
    expect([status, json.error?.name]).toEqual([400, 'invalid_argument']);
    expect(await unread()).toEqual(before);
  });
});
