import { beforeEach, describe, expect, it } from 'vitest';
import { createHarness, type Harness } from './testing/harness.js';
import { loseAnswer } from './testing/lost-answers.js';

let chat: Harness;
let alice: string;
let bob: string;

beforeEach(async () => {
  chat = await createHarness();
  alice = (await chat.join('alice')).accessToken;
  bob = (await chat.join('bob')).accessToken;
});

describe('finding people', () => {
  it('finds by exact name, in whatever case, and nothing for a name that nobody has', async () => {
    const found = await chat.call('GET /v1/people?name=BOB', { token: alice });
    expect(found.json).toMatchObject({ people: [{ userId: 'bob', displayName: 'bob' }] });
    expect((await chat.call('GET /v1/people?name=bo', { token: alice })).json).toEqual({ people: [] });
  });

  it('finds nobody by what cannot be a name, and does not ask for it', async () => {
    for (const name of ['%00', 'a%00', 'John%20Smith', 'z%C3%BC'])
      expect(await chat.call(`GET /v1/people?name=${name}`, { token: alice })).toMatchObject({
        status: 200,
        json: { people: [] },
      });
  });

  it('finds by prefix, page by page', async () => {
    for (const name of ['anna', 'anton', 'anja']) await chat.join(name);
    const first = await chat.call('GET /v1/people?prefix=An&limit=2', { token: alice });
    expect(first.json).toMatchObject({ people: [{ userId: 'anja' }, { userId: 'anna' }], next: 'anna' });
    const second = await chat.call('GET /v1/people?prefix=an&limit=2&after=anna', { token: alice });
    expect(second.json).toEqual({ people: [{ userId: 'anton', displayName: 'anton' }] });
  });

  it('does not find those who have blocked the asker', async () => {
    await chat.call('PUT /v1/blocks/alice', { token: bob });
    for (const query of ['name=bob', 'prefix=b'])
      expect((await chat.call(`GET /v1/people?${query}`, { token: alice })).json).toEqual({ people: [] });
  });

  it.each([
    '',
    '?name=bob&prefix=b',
    '?prefix=',
    '?prefix=a&limit=0',
    '?prefix=a&limit=51',
    '?prefix=a&limit=1.5',
    '?x=1',
  ])('refuses the query "%s"', async (query) => {
    const answer = await chat.call(`GET /v1/people${query}`, { token: alice });
    expect(answer).toMatchObject({ status: 400, error: 'invalid_argument' });
  });

  it('is limited by account and by address', async () => {
    for (const limit of ['searchPerAccount', 'searchPerAddress']) {
      chat = await createHarness({ limits: { [limit]: { perSecond: 0.5, burst: 1 } } });
      const { accessToken: token } = await chat.join('carol');
      expect((await chat.call('GET /v1/people?name=bob', { token })).status).toBe(200);
      const refused = await chat.call('GET /v1/people?name=bob', { token });
      expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '2' } });
    }
  });
});

describe('the names of people one knows of', () => {
  it('come in one answer, without those who do not exist', async () => {
    const answer = await chat.call('GET /v1/people/names?ids=bob,nobody,alice,bob', { token: alice });
    expect(answer.json).toEqual({
      people: [
        { userId: 'bob', displayName: 'bob' },
        { userId: 'alice', displayName: 'alice' },
      ],
    });
  });

  it.each(['', '?ids=', '?ids=Bob', '?ids=bob,,alice', `?ids=${Array.from({ length: 101 }, (_, i) => `u${i}`)}`])(
    'are not given for "%s"',
    async (query) => {
      const answer = await chat.call(`GET /v1/people/names${query}`, { token: alice });
      expect(answer).toMatchObject({ status: 400, error: 'invalid_argument' });
    },
  );

  it('are limited by account', async () => {
    chat = await createHarness({ limits: { namesPerAccount: { perSecond: 1, burst: 1 } } });
    const { accessToken: token } = await chat.join('carol');
    await chat.call('GET /v1/people/names?ids=bob', { token });
    expect(await chat.call('GET /v1/people/names?ids=bob', { token })).toMatchObject({ status: 429 });
  });
});

describe('friends', () => {
  const request = (token: string, userId: string) =>
    chat.call('POST /v1/friends/requests', { token, body: { userId } });

  it('are asked, accept, and are then told of by both user actors', async () => {
    expect(await request(alice, 'bob')).toMatchObject({ status: 200, json: { userId: 'bob', state: 'request_sent' } });
    expect((await chat.call('GET /v1/friends?state=request_received', { token: bob })).json).toMatchObject({
      relations: [{ userId: 'alice', displayName: 'alice', state: 'request_received' }],
    });
    expect(chat.actors.told).toEqual([]);
    const accepted = await chat.call('POST /v1/friends/requests/alice/accept', { token: bob });
    expect(accepted.json).toEqual({ userId: 'alice', state: 'friend' });
    expect(chat.actors.told).toEqual([
      { actor: 'user:bob', notice: { type: 'directory_changed' } },
      { actor: 'user:alice', notice: { type: 'directory_changed' } },
    ]);
  });

  it('may decline, and end it', async () => {
    await request(alice, 'bob');
    const declined = await chat.call('DELETE /v1/friends/requests/alice', { token: bob });
    expect(declined.json).toEqual({ userId: 'alice', state: 'none' });
    await request(alice, 'bob');
    await request(bob, 'alice');
    expect((await chat.call('DELETE /v1/friends/bob', { token: alice })).json).toEqual({
      userId: 'bob',
      state: 'none',
    });
    expect((await chat.call('GET /v1/friends', { token: bob })).json).toEqual({ relations: [] });
  });

  it('may be blocked and unblocked', async () => {
    const blocked = await chat.call('PUT /v1/blocks/bob', { token: alice });
    expect(blocked.json).toEqual({ userId: 'bob', state: 'blocked' });
    expect(chat.actors.told).toContainEqual({ actor: 'user:alice', notice: { type: 'directory_changed' } });
    const list = await chat.call('GET /v1/friends?state=blocked', { token: alice });
    expect(list.json).toMatchObject({ relations: [{ userId: 'bob' }] });
    expect((await chat.call('DELETE /v1/blocks/bob', { token: alice })).json).toMatchObject({ state: 'none' });
  });

  const told = (...userIds: string[]) =>
    userIds.map((userId) => ({ actor: `user:${userId}`, notice: { type: 'directory_changed' } }));

  it('are told of again when a change is repeated, by the own actor: the first time may not have reached it', async () => {
    await chat.call('PUT /v1/blocks/bob', { token: alice });
    await chat.call('PUT /v1/blocks/bob', { token: alice });
    expect(chat.actors.told).toEqual(told('alice', 'alice'));
    loseAnswer(chat.directory.friends, 'unblock');
    expect((await chat.call('DELETE /v1/blocks/bob', { token: alice })).status).toBe(504);
    expect(chat.actors.told).toEqual(told('alice', 'alice', 'alice', 'bob'));
  });

  it('are nothing that a stranger has an actor asked about', async () => {
    await chat.call('DELETE /v1/friends/bob', { token: alice });
    await chat.call('DELETE /v1/friends/requests/bob', { token: alice });
    await chat.call('DELETE /v1/blocks/bob', { token: alice });
    expect(chat.actors.told).toEqual(told('alice', 'alice', 'alice'));
  });

  it('are people: nobody is not, and a wrong name is no name', async () => {
    expect(await request(alice, 'nobody')).toMatchObject({ status: 404, error: 'user_not_found' });
    expect(await request(alice, 'No Body')).toMatchObject({ status: 400, error: 'invalid_argument' });
    expect(await chat.call('PUT /v1/blocks/N', { token: alice })).toMatchObject({ status: 400 });
    const accept = await chat.call('POST /v1/friends/requests/bob/accept', { token: alice });
    expect(accept).toMatchObject({ status: 404, error: 'not_found' });
    expect(await chat.call('GET /v1/friends?state=enemy', { token: alice })).toMatchObject({ status: 400 });
  });
});
