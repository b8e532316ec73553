/** What is under way while devices are logged out does not outlive it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createHarness, type Harness, type Received } from './testing/harness.js';
import { type Held, holdAnswer } from './testing/held.js';

const alice = { userId: 'alice', password: 'alices password' };
let chat: Harness;
/** Of the device that stays. */
let token: string;
let deviceId: string;

beforeEach(async () => {
  chat = await createHarness();
  ({ accessToken: token, deviceId } = await chat.join('alice'));
});

const logIn = () => chat.call('POST /v1/sessions', { body: alice });
const changePassword = (next: string) =>
  chat.call('PUT /v1/me/password', { token, body: { current: alice.password, new: next } });

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly deviceId: string;
}
const sessionIn = (answer: Received) => answer.json as Session;

/** Makes the request, and does something else while what it asked for is on its way back. */
async function meanwhile(held: Held, request: () => Promise<Received>, act: () => Promise<unknown>): Promise<Received> {
  const answer = request();
  await held.reached;
  await act();
  held.release();
  return answer;
}

describe('while the password is changed', () => {
  const change = async () => expect((await changePassword('another one')).status).toBe(204);

  it('a login whose old password was found right is refused, and makes no device', async () => {
    const answer = await meanwhile(holdAnswer(chat.passwords, 'verify'), logIn, change);
    expect(answer).toMatchObject({ status: 401, error: 'wrong_credentials' });
    const devices = await chat.call('GET /v1/devices', { token });
    expect(devices.json).toMatchObject({ devices: [{ deviceId }] });
  });

  it('another change whose old password was found right is refused, and changes nothing', async () => {
    const held = holdAnswer(chat.passwords, 'verify');
    const answer = await meanwhile(held, () => changePassword('a thief’s own'), change);
    expect(answer).toMatchObject({ status: 401, error: 'wrong_credentials' });
    const login = { ...alice, password: 'another one' };
    expect((await chat.call('POST /v1/sessions', { body: login })).status).toBe(201);
  });
});

describe('while a device is logged out', () => {
  const expectRevoked = async (answer: Received) => {
    const { accessToken } = sessionIn(answer);
    const asked = await chat.call('GET /v1/me', { token: accessToken });
    expect(asked).toMatchObject({ status: 401, error: 'session_revoked' });
  };
  /** Some time before it and after it, so that what is signed later is not signed in the same millisecond. */
  const laterOn = (act: () => Promise<Received>) => async () => {
    await chat.clock.advance(1);
    expect((await act()).status).toBe(204);
    await chat.clock.advance(1);
  };

  it('the access token of its refresh is worth nothing, though it is signed later', async () => {
    const { refreshToken, deviceId: other } = sessionIn(await logIn());
    const refresh = () => chat.call('POST /v1/sessions/refresh', { body: { refreshToken } });
    const logOut = laterOn(() => chat.call(`DELETE /v1/devices/${other}`, { token }));
    const answer = await meanwhile(holdAnswer(chat.directory.settings, 'profileOf'), refresh, logOut);
    await expectRevoked(answer);
  });

  it('the access token of its login is worth nothing, though it is signed later', async () => {
    const change = laterOn(() => changePassword('another one'));
    const answer = await meanwhile(holdAnswer(chat.directory.settings, 'profileOf'), logIn, change);
    await expectRevoked(answer);
  });
});
