import { expect, it } from 'vitest';
import { type Clock, sleep } from '../../../src/core/clock.js';
import { seededRandom } from '../../../src/core/random.js';
import { FakeClock } from '../../../src/core/testing/fake-clock.js';
import { v1 } from '../../../src/protocol/wire.js';
import { spread } from '../generator/spread.js';
import { Tally } from '../record/tally.js';
import type { Connection, ConnectionHandlers, Place } from '../transport/connection.js';
import { Arrival } from './arrival.js';
import { BACKOFF_MIN_MS } from './backoff.js';
import { ParleySession } from './parley-session.js';

const CONNECT_MS = 1_000;
const UNAUTHENTICATED = 4001;
const RECONNECT_NOW = 4200;

type Hello = (requestId: number) => v1.IServerFrame | undefined;

const welcome: Hello = (requestId) => ({ requestId, welcome: { heartbeatMs: 25_000 } });
const refuse: Hello = (requestId) => ({ requestId, error: { name: 'unauthenticated', sentence: 'No.' } });

/** A server to which a connect takes a second, and who answers a hello so; it closes after a refusal. */
function setup(answer: Hello, users = 1, connect = (clock: Clock): Promise<void> => sleep(clock, CONNECT_MS)) {
  const clock = new FakeClock();
  const tally = new Tally();
  const open = async (_place: unknown, handlers: ConnectionHandlers): Promise<Connection> => {
    await connect(clock);
    return {
      send({ requestId }) {
        const frame = answer(requestId ?? 0);
        if (frame === undefined) return;
        const bytes = Buffer.from(v1.ServerFrame.encode(frame).finish());
        clock.defer(() => {
          handlers.onFrame(bytes, 0, bytes.length);
          if (frame.error) clock.defer(() => handlers.onClose(UNAUTHENTICATED));
        });
      },
      traffic: () => ({ requests: 0, bytesOut: 0, bytesIn: 0 }),
      close: () => handlers.onClose(1006),
    };
  };
  const places = [{ host: '127.0.0.1', port: 1, path: '/', fromAddress: undefined }];
  const sessions = Array.from({ length: users }, (_, user) => {
    const account = { user, userId: `u${user}`, peerId: `u${user ^ 1}`, token: '', steady: true, places, open };
    return new ParleySession(account, tally, clock);
  });
  return { clock, tally, sessions };
}

it('counts how long a connect took from when it was due, not from when there was room for it', async () => {
  const { clock, tally, sessions } = setup(welcome, 100);
  const arrived = spread(sessions, 0, (session, dueMs) => session.arrive(dueMs), clock);
  await clock.advance(3 * CONNECT_MS);
  await arrived;
  expect(sessions.filter(({ isWelcome }) => isWelcome).length).toBe(100);
  expect(tally.connecting.totalCount).toBe(100);
  expect(tally.connecting.maxValue).toBeGreaterThanOrEqual(2 * CONNECT_MS * 1000);
});

it('leaves connects before the clock started out of the times of those after', async () => {
  const { clock, tally, sessions } = setup(welcome);
  const arrived = sessions[0]?.arrive();
  await clock.advance(CONNECT_MS);
  await arrived;
  tally.startTiming(1);
  expect(tally.connecting.totalCount).toBe(0);
  sessions[0]?.cut();
  await clock.advance(10 * CONNECT_MS);
  expect(tally.connecting.totalCount).toBe(1);
  expect(tally.connectFailures.count).toBe(0);
});

it('counts a hello that was refused as a connect that failed, and tells that it does not come back', async () => {
  const { clock, tally, sessions } = setup(refuse);
  const [session] = sessions;
  const arrived = session?.arrive();
  await clock.advance(10 * CONNECT_MS);
  await arrived;
  expect(tally.connectFailures).toEqual({ count: 1, first: 'unauthenticated: No.' });
  expect([session?.isWelcome, session?.hasGivenUp]).toEqual([false, true]);
});

it('counts every connect that fails before there is a connection, and goes on trying', async () => {
  let attempts = 0;
  const { clock, tally, sessions } = setup(welcome, 1, () => {
    attempts++;
    return Promise.reject(new Error('connect ECONNREFUSED'));
  });
  const [session] = sessions;
  await session?.arrive();
  await clock.advance(20 * CONNECT_MS);
  expect(attempts).toBeGreaterThan(3);
  expect(tally.connectFailures).toEqual({ count: attempts, first: 'connect ECONNREFUSED' });
  expect([session?.isWelcome, session?.hasGivenUp]).toEqual([false, false]);
});

it('closes a connection on which nobody answers the hello, and tries again', async () => {
  let hellos = 0;
  const { clock, tally, sessions } = setup((requestId) => (++hellos < 3 ? undefined : welcome(requestId)));
  void sessions[0]?.arrive();
  await clock.advance(60_000);
  expect(tally.connectFailures).toEqual({ count: 2, first: 'timeout: No answer within ten seconds.' });
  expect([hellos, sessions[0]?.isWelcome]).toEqual([3, true]);
});

/** A steady user whom the server welcomes at once; when it loses its connection is up to the test. */
function welcomed(user: number, ...hosts: string[]) {
  const clock = new FakeClock();
  const opened: { readonly host: string; readonly atMs: number }[] = [];
  let lose: (code: number) => void = () => undefined;
  const open = async ({ host }: Place, { onClose }: ConnectionHandlers): Promise<Connection> => {
    opened.push({ host, atMs: clock.monotonic() });
    lose = onClose;
    return {
      send: () => undefined,
      traffic: () => ({ requests: 1, bytesOut: 2, bytesIn: 3 }),
      close: () => lose(1006),
    };
  };
  const arrival = new Arrival({
    ...{ user, steady: true, open, observer: new Tally(), clock, random: seededRandom(1) },
    places: hosts.map((host) => ({ host, port: 1, path: '/', fromAddress: undefined })),
    onFrame: () => undefined,
    sayHello: async () => undefined,
    onWelcome: () => undefined,
    onLost: () => undefined,
  });
  return { clock, arrival, opened, lose: (code: number) => lose(code) };
}

it('comes back soon where the close code says so, at random within a quarter of a second, and counts all its traffic', async () => {
  const { clock, arrival, opened, lose } = welcomed(0, 'a');
  await arrival.connect(0);
  const delays: number[] = [];
  for (let times = 0; times < 20; times++) {
    const lostMs = clock.monotonic();
    lose(RECONNECT_NOW);
    await clock.advance(BACKOFF_MIN_MS);
    delays.push((opened.at(-1)?.atMs ?? Number.NaN) - lostMs);
  }
  expect([opened.length, new Set(delays).size > 10, arrival.isWelcome]).toEqual([21, true, true]);
  expect(Math.max(...delays)).toBeLessThanOrEqual(BACKOFF_MIN_MS);
  expect(arrival.traffic()).toEqual({ requests: 21, bytesOut: 42, bytesIn: 63 });
});

it('begins with another address than its neighbour', async () => {
  const users = [0, 1, 2].map((user) => welcomed(user, 'a', 'b'));
  for (const { arrival } of users) await arrival.connect(0);
  expect(users.map(({ opened }) => opened[0]?.host)).toEqual(['a', 'b', 'a']);
});

it('does not come back once it has left, whatever the code says', async () => {
  const { clock, arrival, opened } = welcomed(0, 'a');
  await arrival.connect(0);
  arrival.leave();
  await clock.advance(60_000);
  expect([opened.length, arrival.isWanted, arrival.hasGivenUp]).toEqual([1, false, false]);
});
