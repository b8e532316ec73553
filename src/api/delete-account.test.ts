import { beforeEach, describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import { createHarness, type Harness } from './testing/harness.js';
import { loseAnswer, refuseNext } from './testing/lost-answers.js';

const PASSWORD = 'alices password';

let chat: Harness;
let token: string;
let refreshToken: string;

const deletion = (password = PASSWORD) => chat.call('DELETE /v1/me', { token, body: { password } });
const stateOf = async (userId: string) => (await chat.directory.administration.find(userId))?.state;
const logIn = (password = PASSWORD) => chat.call('POST /v1/sessions', { body: { userId: 'alice', password } });
const forgets = () => chat.actors.asked.filter(({ question }) => question.type === 'forget');

beforeEach(async () => {
  chat = await createHarness();
  ({ accessToken: token, refreshToken } = await chat.join('alice'));
  const bob = await chat.join('bob');
  await chat.call('POST /v1/friends/requests', { token, body: { userId: 'bob' } });
  await chat.call('POST /v1/friends/requests/alice/accept', { token: bob.accessToken });
  chat.actors.answer = { type: 'forgotten', value: { done: false, notLeft: [] } };
  chat.actors.told.length = 0;
});

describe('the deletion of one’s own account', () => {
  it('ends friendships, erases the account, logs out all devices, and has its actor begin to forget', async () => {
    expect(await deletion()).toMatchObject({ status: 204, text: '' });
    expect(chat.actors.told).toContainEqual({ actor: 'user:bob', notice: { type: 'directory_changed' } });
    expect(chat.actors.asked).toEqual([{ actor: 'user:alice', question: { type: 'forget' } }]);
    expect(await chat.call('GET /v1/me', { token })).toMatchObject({ status: 401, error: 'session_revoked' });
    const renewal = await chat.call('POST /v1/sessions/refresh', { body: { refreshToken } });
    expect(renewal).toMatchObject({ status: 401, error: 'unauthenticated' });
    expect(await logIn()).toMatchObject({ status: 401, error: 'wrong_credentials' });
    const again = { userId: 'alice', password: 'somebody else' };
    expect(await chat.call('POST /v1/accounts', { body: again })).toMatchObject({ status: 409, error: 'name_taken' });
  });

  it('wants the password, and makes whoever guesses it wait', async () => {
    for (let guesses = 0; guesses < 5; guesses++)
      expect(await deletion('a guess')).toMatchObject({ status: 401, error: 'wrong_credentials' });
    expect(await deletion()).toMatchObject({ status: 429, error: 'rate_limited' });
    expect(await stateOf('alice')).toBe('active');
    expect((await chat.call('GET /v1/me', { token })).status).toBe(200);
    expect(forgets()).toEqual([]);
  });

  it('may be repeated where it was cut off before the account went', async () => {
    refuseNext(chat.directory.administration, 'erase', new ParleyError('unavailable'));
    expect((await deletion()).status).toBe(503);
    expect((await chat.call('GET /v1/me', { token })).status).toBe(200);
    expect((await deletion()).status).toBe(204);
  });

  it('goes on when the answer of the directory is lost', async () => {
    loseAnswer(chat.directory.administration, 'erase');
    expect((await deletion()).status).toBe(204);
    expect(forgets()).toHaveLength(1);
  });

  it('is finished by its repetition where the process died after the account went', async () => {
    await chat.directory.administration.erase('alice');
    expect((await deletion()).status).toBe(204);
    expect(forgets()).toHaveLength(1);
    expect(await deletion()).toMatchObject({ status: 401, error: 'session_revoked' });
  });

  it('says that it goes on when the actor does not answer in time, and asks it on', async () => {
    chat.actors.answer = new ParleyError('timeout');
    const answer = deletion();
    await chat.clock.advance(8_000);
    const sentence = expect.stringContaining('goes on by itself');
    expect(await answer).toMatchObject({ status: 503, error: 'unavailable', json: { error: { sentence } } });
    expect(await stateOf('alice')).toBe('deleted');
    expect((await chat.call('GET /v1/me', { token })).error).toBe('session_revoked');
    const before = forgets().length;
    await chat.clock.advance(3_000);
    expect(forgets().length).toBeGreaterThan(before);
  });
});
