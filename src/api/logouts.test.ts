import { beforeEach, describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import { createHarness, type Harness } from './testing/harness.js';
import { loseAnswer, refuseNext } from './testing/lost-answers.js';

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly deviceId: string;
}

let chat: Harness;

beforeEach(async () => {
  chat = await createHarness();
});

const join = (): Promise<Session> => chat.join('alice');
const devices = async (): Promise<string[]> =>
  (await chat.directory.devices.list('alice')).map(({ deviceId }) => deviceId);
const endOf = (deviceId: string) => ({
  actor: 'user:alice',
  question: { type: 'revoke', deviceId, atMs: expect.any(Number) },
});

describe('a logout by the refresh token alone', () => {
  const logOut = ({ refreshToken }: Session) => chat.call('DELETE /v1/sessions', { body: { refreshToken } });

  it('is repeated until the device is gone', async () => {
    const session = await join();
    refuseNext(chat.directory.devices, 'remove', new ParleyError('timeout'));
    expect((await logOut(session)).status).toBe(504);
    expect((await logOut(session)).status).toBe(204);
    expect(await devices()).toEqual([]);
    expect(chat.actors.asked).toContainEqual(endOf(session.deviceId));
  });

  it('ends the sessions also when the answer of the directory is lost: repeated, it finds no login any more', async () => {
    const session = await join();
    loseAnswer(chat.directory.devices, 'remove');
    expect((await logOut(session)).status).toBe(504);
    expect((await logOut(session)).status).toBe(204);
    expect(chat.actors.asked).toEqual([endOf(session.deviceId)]);
  });

  it('ends no sessions when the directory has done nothing', async () => {
    const session = await join();
    refuseNext(chat.directory.devices, 'remove', new ParleyError('overloaded'));
    expect((await logOut(session)).status).toBe(503);
    expect(chat.actors.asked).toEqual([]);
  });
});

describe('a refresh token that is used a second time', () => {
  it('ends the sessions of its device although its push endpoint stays for now', async () => {
    const { refreshToken, deviceId } = await join();
    const refresh = () => chat.call('POST /v1/sessions/refresh', { body: { refreshToken } });
    await refresh();
    refuseNext(chat.directory.pushEndpoints, 'remove', new ParleyError('timeout'));
    expect((await refresh()).status).toBe(504);
    expect(chat.actors.asked).toEqual([endOf(deviceId)]);
  });
});

describe('a change of the password', () => {
  const logIn = (password = 'alices password') =>
    chat.call('POST /v1/sessions', { body: { userId: 'alice', password } });
  const change = (token: string) =>
    chat.call('PUT /v1/me/password', { token, body: { current: 'alices password', new: 'another one' } });
  let own: Session;
  let others: string[];

  beforeEach(async () => {
    own = await join();
    await logIn();
    await logIn();
    others = (await devices()).filter((deviceId) => deviceId !== own.deviceId);
  });

  it('asks the directory for nothing that can fail once the new one is set', async () => {
    refuseNext(chat.directory.devices, 'removeOthers', new ParleyError('unavailable'));
    expect((await change(own.accessToken)).status).toBe(204);
    expect(await devices()).toEqual([own.deviceId]);
    expect(chat.actors.asked).toEqual(others.map(endOf));
  });

  it('succeeds when the answer of the directory is lost, and ends the sessions of all other devices', async () => {
    loseAnswer(chat.directory.accounts, 'changePasswordHash');
    expect((await change(own.accessToken)).status).toBe(204);
    expect(chat.actors.asked).toEqual(others.map(endOf));
    expect((await logIn('another one')).status).toBe(201);
  });

  it('ends those sessions also when nobody can be asked what became of it', async () => {
    loseAnswer(chat.directory.accounts, 'changePasswordHash');
    const { passwordHashOf } = chat.directory.accounts;
    let asked = 0;
    chat.directory.accounts.passwordHashOf = async (userId) => {
      asked += 1;
      if (asked > 1) throw new ParleyError('unavailable');
      return passwordHashOf(userId);
    };
    expect((await change(own.accessToken)).status).toBe(503);
    expect(chat.actors.asked).toEqual(others.map(endOf));
  });

  it('fails when it was not done, and may be repeated', async () => {
    refuseNext(chat.directory.accounts, 'changePasswordHash', new ParleyError('timeout'));
    expect((await change(own.accessToken)).status).toBe(504);
    expect((await change(own.accessToken)).status).toBe(204);
    expect(await devices()).toEqual([own.deviceId]);
  });
});

describe('a login that makes room', () => {
  it('ends the sessions of the device that went also when the answer of the directory is lost', async () => {
    const { deviceId } = await join();
    const logIn = () => chat.call('POST /v1/sessions', { body: { userId: 'alice', password: 'alices password' } });
    await logIn();
    await logIn();
    loseAnswer(chat.directory.devices, 'register');
    expect((await logIn()).status).toBe(504);
    expect(chat.actors.asked).toEqual([endOf(deviceId)]);
  });
});
