/** Two API processes of a cluster: what one has logged out, the other takes no token of either. */
import { beforeEach, describe, expect, it } from 'vitest';
import { busEnvelopeCodec } from '../cluster/bus/envelope-codec.js';
import { MemoryBus } from '../cluster/bus/memory/memory-bus.js';
import { OperationsDesk } from '../cluster/operations/desk.js';
import { revocationBroadcast } from '../cluster/operations/revocation-broadcast.js';
import { silentLogger as logger } from '../core/logger.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { RevokedDevices } from '../directory/tokens/revocable-verifier.js';
import type { BusEnvelope } from '../protocol/bus-messages.js';
import { OPERATIONS_SUBJECT } from '../protocol/bus-subjects.js';
import { FakeDirectory } from './testing/fake-directory.js';
import { createHarness, type Harness } from './testing/harness.js';

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
}

let clock: FakeClock;
let bus: MemoryBus<BusEnvelope>;
let here: Harness;
let there: Harness;
/** How many revocations were told. */
let told: number;
/** Of the device that is logged out, and of another. */
let phone: Session;
let laptop: Session;

async function logIn(deviceId: string): Promise<Session> {
  const body = { userId: 'alice', password: 'alices password', deviceId };
  return (await here.call('POST /v1/sessions', { body })).json as Session;
}

beforeEach(async () => {
  clock = new FakeClock();
  bus = new MemoryBus<BusEnvelope>(clock, { codec: busEnvelopeCodec(1_024) });
  const directory = new FakeDirectory(clock);
  const start = async (incarnation: string): Promise<Harness> => {
    const revoked = new RevokedDevices();
    await new OperationsDesk({ bus, incarnation, operations: { report: () => ({}), tokens: revoked }, logger }).start();
    return createHarness({}, { clock, directory, revoked, tellRevoked: revocationBroadcast({ bus, logger }) });
  };
  [here, there] = [await start('here'), await start('there')];
  there.actors.answer = { type: 'history', value: {} };
  told = 0;
  await bus.subscribe(OPERATIONS_SUBJECT, (envelopes) => {
    told += envelopes.length;
  });
  await here.join('alice');
  [phone, laptop] = [await logIn('phone'), await logIn('laptop')];
});

const historyThere = ({ accessToken: token }: Session) =>
  there.call(`GET /v1/channels/${`g${'a'.repeat(16)}`}/history`, { token });

describe('an access token', () => {
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    'by itself': () => here.call('DELETE /v1/sessions', { token: phone.accessToken }),
    'by its refresh token': () => here.call('DELETE /v1/sessions', { body: { refreshToken: phone.refreshToken } }),
    'by another device': () => here.call('DELETE /v1/devices/phone', { token: laptop.accessToken }),
    'by a change of the password': () => {
      const body = { current: 'alices password', new: 'another one' };
      return here.call('PUT /v1/me/password', { token: laptop.accessToken, body });
    },
    'by an old refresh token': async () => {
      for (let i = 0; i < 2; i++)
        await here.call('POST /v1/sessions/refresh', { body: { refreshToken: phone.refreshToken } });
    },
    'with the whole account': () => {
      here.actors.answer = { type: 'forgotten', value: { done: false, notLeft: [] } };
      return here.call('DELETE /v1/me', { token: laptop.accessToken, body: { password: 'alices password' } });
    },
    'by devices that needed its room': async () => {
      for (const deviceId of ['one', 'two', 'three']) await logIn(deviceId);
    },
  };

  it.each(Object.entries(ways))(
    'of a device that was logged out %s is revoked at the other, too',
    async (_, logOut) => {
      expect((await historyThere(phone)).status).toBe(200);
      await clock.advance(1);
      await logOut();
      await clock.settle();
      expect(await historyThere(phone)).toMatchObject({ status: 401, error: 'session_revoked' });
    },
  );

  it('of another device is taken as before, and so is that of a later login', async () => {
    await here.call('DELETE /v1/devices/phone', { token: laptop.accessToken });
    await clock.advance(1);
    expect((await historyThere(laptop)).status).toBe(200);
    expect((await historyThere(await logIn('phone'))).status).toBe(200);
  });
});

describe('a logout', () => {
  it('of many devices is told once', async () => {
    const body = { current: 'alices password', new: 'another one' };
    await here.call('PUT /v1/me/password', { token: laptop.accessToken, body });
    await clock.settle();
    expect(told).toBe(1);
  });

  it('of a device that is made up is told nobody', async () => {
    const answer = await here.call('DELETE /v1/devices/made-up', { token: laptop.accessToken });
    await clock.settle();
    expect(answer.status).toBe(404);
    expect(told).toBe(0);
  });

  it('is done though the others cannot be told', async () => {
    await bus.close();
    expect((await here.call('DELETE /v1/sessions', { token: phone.accessToken })).status).toBe(204);
    expect((await here.call('GET /v1/me', { token: phone.accessToken })).error).toBe('session_revoked');
  });
});
