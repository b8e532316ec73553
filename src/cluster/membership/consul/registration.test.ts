import { expect, it } from 'vitest';
import { FakeClock } from '../../../core/fake-clock.js';
import { silentLogger } from '../../../core/logger.js';
import type { ProcessLoad } from '../../../core/membership.js';
import type { ConsulHttp } from './consul-http.js';
import { Registration } from './registration.js';

const LOAD: ProcessLoad = { sessions: 0, eventLoopDelayMs: 0, queuedBytes: 0, draining: false, at: 0 };

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
  const registration = new Registration(self, options);
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

it('tells with the next renewal that it drains, and that it does not any more', async () => {
  const { registration, clock, told } = await registered(4_000);
  registration.report({ ...LOAD, draining: true });
  await clock.advance(500);
  registration.report(LOAD);
  await clock.advance(500);
  expect(told.map(({ draining }) => draining)).toEqual([false, true, false]);
});
