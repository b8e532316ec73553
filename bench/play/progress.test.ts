import { expect, it } from 'vitest';
import { FakeClock } from '../../src/core/testing/fake-clock.js';
import type { Numbered, Progress } from '../load/generator/orders.js';
import type { Top } from '../load/record/top.js';
import { Generator } from '../run/generator.js';
import { allConnected, settle } from './progress.js';

const QUIET: Progress = {
  sent: 2,
  acknowledged: 2,
  deliveredToOthers: 2,
  refused: 0,
  unsettled: 0,
  catchingUp: 0,
  behind: 0,
  connected: 2,
  away: 0,
  gaveUp: 0,
  connectFailures: { count: 0, first: undefined },
};

/** A generator that says this of itself, until it is told otherwise. */
function generatorWith(changed: Partial<Progress>, tops: Readonly<Record<string, Top>> = {}) {
  const state = { progress: { ...QUIET, ...changed } };
  const orders: Numbered['order'][] = [];
  const generator: Generator = new Generator(({ id, order }: Numbered) => {
    if (order.type !== 'progress') orders.push(order);
    generator.heard({ id, type: 'done', value: order.type === 'tops' ? tops : state.progress });
  });
  return { generator, state, orders };
}

it('does not start the clock when the server wants none of those who are missing', async () => {
  const { generator: one } = generatorWith({});
  const connectFailures = { count: 2, first: 'unauthenticated: No.' };
  const { generator: other } = generatorWith({ connected: 0, away: 2, gaveUp: 2, connectFailures });
  await expect(allConnected([one, other], 4, new FakeClock())).rejects.toThrow(
    '2 of 4 users are not connected, so the clock does not start, 2 connects failed, the first with: unauthenticated: No.',
  );
});

it('waits for those who try again, and not for ever', async () => {
  const clock = new FakeClock();
  const { generator, state } = generatorWith({ connected: 1, away: 1 });
  let told = '';
  const waiting = allConnected([generator], 2, clock).then(
    () => told || 'all are here',
    (thrown: Error) => thrown.message,
  );
  void waiting.then((what) => {
    told = what;
  });
  await clock.advance(29_000);
  expect(told).toBe('');
  state.progress = QUIET;
  await clock.advance(1_000);
  expect(told).toBe('all are here');
  state.progress = { ...QUIET, connected: 1, away: 1 };
  const late = expect(allConnected([generator], 2, clock)).rejects.toThrow('1 of 2 users are not connected');
  await clock.advance(31_000);
  await late;
});

it('has not come to rest while somebody is away', async () => {
  const clock = new FakeClock();
  const { generator, state } = generatorWith({ connected: 1, away: 1 });
  const never = settle([generator], [], { withinSeconds: 20, clock });
  await clock.advance(21_000);
  expect(await never).toBe(false);
  const settled = settle([generator], [], { withinSeconds: 20, clock });
  await clock.advance(10_000);
  state.progress = QUIET;
  await clock.advance(10_000);
  expect(await settled).toBe(true);
});

it.each(['behind', 'catchingUp'] as const)('does not take quiet for rest while somebody is %s', async (what) => {
  const clock = new FakeClock();
  const { generator, state } = generatorWith({ [what]: 1 });
  let rest: boolean | undefined;
  const settled = settle([generator], [], { withinSeconds: 60, clock }).then((came) => {
    rest = came;
  });
  await clock.advance(30_000);
  expect(rest).toBeUndefined();
  state.progress = QUIET;
  await clock.advance(6_000);
  expect(rest).toBe(true);
  await settled;
});

it('tells every generator what was acknowledged anywhere, before it believes that nobody is behind', async () => {
  const clock = new FakeClock();
  const one = generatorWith({}, { g: { seq: 7, by: 0, others: 5 } });
  const other = generatorWith({}, { g: { seq: 9, by: 3, others: 6 } });
  const range = { first: 0, end: 4 };
  const channels = [
    { channelId: 'g', range },
    { channelId: 'silent', range },
  ];
  const settled = settle([one.generator, other.generator], channels, { withinSeconds: 20, clock });
  await clock.advance(20_000);
  expect(await settled).toBe(true);
  const due = { type: 'due', channels: [{ channelId: 'g', members: range, top: { seq: 9, by: 3, others: 7 } }] };
  for (const { orders } of [one, other]) expect(orders).toEqual([{ type: 'tops' }, due, { type: 'catch_up' }]);
});

it('gives up at once when waiting is in vain', async () => {
  const { generator } = generatorWith({ unsettled: 1 });
  expect(await settle([generator], [], { withinSeconds: 60, isOver: () => true, clock: new FakeClock() })).toBe(false);
});
