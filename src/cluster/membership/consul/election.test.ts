import { expect, it } from 'vitest';
import { sleep } from '../../../core/clock.js';
import { silentLogger } from '../../../core/logger.js';
import { FakeClock } from '../../../core/testing/fake-clock.js';
import type { ConsulHttp } from './consul-http.js';
import { Election } from './election.js';
import { FakeConsul } from './testing/fake-consul.js';

const KEY = 'board/coordinator';

/** `s1` and `s2` are sessions that Consul has; the process stands with `session`. Consul takes the key after `onAcquire`. */
function world(onAcquire: () => Promise<void> = async () => undefined) {
  const consul = new FakeConsul();
  consul.open('s1');
  consul.open('s2');
  const clock = new FakeClock();
  const told: boolean[] = [];
  const self: { session: string | undefined; incarnation: string } = { session: 's1', incarnation: 'a-1' };
  const put = async (path: string, body: unknown) => {
    if (path.includes('?acquire=')) await onAcquire();
    return consul.put(path, body);
  };
  const election = new Election({
    ...{ http: { put } as ConsulHttp, key: KEY, clock, logger: silentLogger },
    self: () => self,
    listener: (elected) => told.push(elected),
  });
  return { consul, clock, told, self, election };
}

it('stands once it has a session, although nothing else happened on the board', async () => {
  const { consul, clock, told, self, election } = world();
  self.session = undefined;
  election.seen(undefined);
  await clock.advance(1_000);
  self.session = 's2';
  await clock.advance(1_000);
  expect([consul.holderOf(KEY), told]).toEqual(['s2', [true]]);
});

it('stands with its next session after the one that it had was ended', async () => {
  const { consul, clock, told, self, election } = world();
  consul.end('s1');
  election.seen(undefined);
  await clock.advance(1_000);
  self.session = 's2';
  await clock.advance(1_000);
  expect([consul.holderOf(KEY), told]).toEqual(['s2', [true]]);
});

it('stands again after an attempt that failed', async () => {
  const { consul, clock, told, election } = world();
  consul.refuseOnce('?acquire=');
  election.seen(undefined);
  await clock.advance(1_000);
  expect([consul.holderOf(KEY), told]).toEqual(['s1', [true]]);
});

it('gives the key up when it is stopped, also when the registry refuses that once', async () => {
  const { consul, clock, told, election } = world();
  election.seen(undefined);
  await clock.advance(1_000);
  consul.refuseOnce('?release=');
  const stopped = election.stop();
  expect(told).toEqual([true, false]);
  await clock.advance(1_000);
  await stopped;
  expect(consul.holderOf(KEY)).toBeUndefined();
});

it('gives up what it is still taking when it is stopped', async () => {
  const { consul, clock, told, election } = world(async () => sleep(clock, 100));
  election.seen(undefined);
  const stopped = election.stop();
  await clock.advance(100);
  await stopped;
  expect([consul.holderOf(KEY), told]).toEqual([undefined, []]);
});

it('asks no more once another holds the key, it is stopped, or the registry cannot be seen', async () => {
  const { consul, clock, told, self, election } = world();
  const ways: (() => unknown)[] = [
    () => election.seen({ key: 'coordinator', value: '', session: 's2', modifyIndex: 1 }),
    () => election.unreachable(),
    () => election.stop(),
  ];
  for (const end of ways) {
    self.session = undefined;
    election.seen(undefined);
    await clock.advance(1_000);
    await end();
    self.session = 's1';
    await clock.advance(5_000);
  }
  expect([consul.holderOf(KEY), told]).toEqual([undefined, []]);
});
