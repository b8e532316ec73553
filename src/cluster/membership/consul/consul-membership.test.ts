import { expect, it } from 'vitest';
import { silentLogger } from '../../../core/logger.js';
import { noMetrics } from '../../../core/metrics.js';
import { seededRandom } from '../../../core/random.js';
import { FakeClock } from '../../../core/testing/fake-clock.js';
import { processInfo } from '../conformance.js';
import { ConsulMembership } from './consul-membership.js';
import { FakeConsul } from './testing/fake-consul.js';

function membershipAt(consul: FakeConsul) {
  const clock = new FakeClock();
  const options = { address: '', cluster: 'c', clock, random: seededRandom(1), logger: silentLogger };
  return { clock, membership: new ConsulMembership({ ...options, metrics: noMetrics }, consul.http) };
}

/** Tries to join twice, as a process that starts does. */
async function joinTwice(consul: FakeConsul) {
  const { clock, membership } = membershipAt(consul);
  const outcomes: unknown[] = [];
  for (let attempt = 0; attempt < 2; attempt++) {
    const joined = membership.join(processInfo('a')).then(() => 'joined');
    void joined.catch((cause) => cause.kind).then((outcome) => outcomes.push(outcome));
    await clock.advance(3_000);
  }
  return { outcomes, membership };
}

const KEY = 'parley/c/processes/a-1';

it.each(['board/?recurse', 'processes/?recurse'])(
  'joins at the second try when the first look at %s failed',
  async (part) => {
    const consul = new FakeConsul();
    consul.refuseOnce(part);
    const { outcomes, membership } = await joinTwice(consul);
    expect(outcomes).toEqual(['unavailable', 'joined']);
    expect(membership.processes()).toHaveLength(1);
    expect(consul.sessionsNow).toEqual([consul.holderOf(KEY)]);
  },
);

it('joins at the second try when the answer to its claim on its key was lost', async () => {
  const consul = new FakeConsul();
  consul.loseAnswerOnce('?acquire=');
  const { outcomes } = await joinTwice(consul);
  expect(outcomes).toEqual(['unavailable', 'joined']);
  expect(consul.sessionsNow).toEqual([consul.holderOf(KEY)]);
});
