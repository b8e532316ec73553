import { expect, it } from 'vitest';
import { silentLogger } from '../../../core/logger.js';
import type { ProcessLoad } from '../../../core/membership.js';
import { FakeClock } from '../../../core/testing/fake-clock.js';
import type { ConsulHttp } from './consul-http.js';
import { Registration } from './registration.js';
import { FakeConsul } from './testing/fake-consul.js';

const KEY = 'p/n-1';
const LOAD: ProcessLoad = { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 };

function registrationAt(http: ConsulHttp, reportEveryMs = 1_000) {
  const clock = new FakeClock();
  const self = {
    name: 'n',
    incarnation: 'n-1',
    roles: ['node'],
    zone: '',
    publicUrl: undefined,
    weight: 1,
    load: LOAD,
  };
  const options = { http, cluster: 'c', prefix: 'p/', reportEveryMs, clock, logger: silentLogger };
  return { registration: new Registration(self, options), clock };
}

/** Registered with a registry that takes everything; `told`: the loads that its key was given. */
async function registered(reportEveryMs: number) {
  const told: ProcessLoad[] = [];
  const http = {
    put: async (path: string, body: string) => {
      if (path === '/v1/session/create') return '{"ID":"s"}';
      if (path.startsWith('/v1/kv/')) told.push((JSON.parse(body) as { load: ProcessLoad }).load);
      return 'true';
    },
  } as unknown as ConsulHttp;
  const { registration, clock } = registrationAt(http, reportEveryMs);
  await registration.start();
  return { registration, clock, told };
}

it('tells the newest load, no more often than it may', async () => {
  const { registration, clock, told } = await registered(4_000);
  for (let second = 1; second <= 8; second++) {
    registration.report({ ...LOAD, at: second });
    await clock.advance(1_000);
  }
  expect(told.map(({ at }) => at)).toEqual([0, 4, 8]);
  await clock.advance(8_000);
  expect(told).toHaveLength(3); // nothing new
});

it('renews its check also while the registry is slow to write a key', async () => {
  let [passed, written] = [0, 0];
  let slow: Promise<void> = Promise.resolve();
  const put = async (path: string): Promise<string> => {
    if (path === '/v1/session/create') return '{"ID":"s"}';
    if (path.startsWith('/v1/agent/check/pass/')) passed++;
    if (path.startsWith('/v1/kv/')) await slow.then(() => written++);
    return 'true';
  };
  const { registration, clock } = registrationAt({ put } as unknown as ConsulHttp);
  await registration.start();
  let write = (): void => undefined;
  slow = new Promise((resolve) => {
    write = resolve;
  });
  registration.report({ ...LOAD, at: 1 });
  await clock.advance(5_000);
  expect([passed, written]).toEqual([11, 1]);
  write();
  await clock.advance(500);
  expect([passed, written]).toEqual([12, 2]);
});

it('renews its check also while it registers first, and the registry is slow to write', async () => {
  let passed = 0;
  let answer = (): void => undefined;
  const written = new Promise<string>((resolve) => {
    answer = () => resolve('true');
  });
  const put = async (path: string): Promise<string> => {
    if (path === '/v1/session/create') return '{"ID":"s"}';
    if (path.startsWith('/v1/agent/check/pass/')) passed++;
    return path.startsWith('/v1/kv/') ? written : 'true';
  };
  const { registration, clock } = registrationAt({ put } as unknown as ConsulHttp);
  const started = registration.start();
  await clock.advance(3_000);
  expect(passed).toBe(7);
  answer();
  await started;
  await clock.advance(500);
  expect(passed).toBe(8);
});

it('tells with the next renewal that it drains, and that it does not any more', async () => {
  const { registration, clock, told } = await registered(4_000);
  registration.report({ ...LOAD, draining: true });
  await clock.advance(500);
  registration.report(LOAD);
  await clock.advance(500);
  expect(told.map(({ draining }) => draining)).toEqual([false, true, false]);
});

it('uses the session that it has again when the answer to its claim on the key was lost', async () => {
  const consul = new FakeConsul();
  const { registration, clock } = registrationAt(consul.http);
  await registration.start();
  consul.end('s1');
  registration.seen([]);
  consul.loseAnswerOnce('?acquire=');
  await clock.advance(5_000);
  expect([registration.session, consul.holderOf(KEY), consul.created]).toEqual(['s2', 's2', 2]);
});

it('keeps its session when a look from before its registration comes late', async () => {
  const consul = new FakeConsul();
  const { registration, clock } = registrationAt(consul.http);
  await registration.start();
  registration.seen([]);
  await clock.advance(5_000);
  expect([registration.session, consul.holderOf(KEY), consul.created]).toEqual(['s1', 's1', 1]);
});

it('leaves no sessions behind while another one holds its key, and takes the key afterwards', async () => {
  const consul = new FakeConsul();
  const { registration, clock } = registrationAt(consul.http);
  await registration.start();
  consul.end('s1');
  consul.open('other');
  await consul.put(`/v1/kv/${KEY}?acquire=other`);
  registration.seen([]);
  await clock.advance(5_000);
  expect(consul.sessionsNow).toEqual(['other']);
  consul.end('other');
  await clock.advance(500);
  expect(consul.holderOf(KEY)).toBe(registration.session);
});
