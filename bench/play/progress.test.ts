import { expect, it } from 'vitest';
import { FakeClock } from '../../src/core/fake-clock.js';
import type { Numbered, Progress } from '../load/orders.js';
import { Generator } from '../run/generator.js';
import { allConnected, settle } from './progress.js';

const QUIET: Progress = {
  sent: 2,
  acknowledged: 2,
  deliveredToOthers: 2,
  refused: 0,
  unsettled: 0,
  connected: 2,
  away: 0,
  gaveUp: 0,
  connectFailures: { count: 0, first: undefined },
};

/** A generator that says this of itself, until it is told otherwise. */
function generatorWith(changed: Partial<Progress>) {
  const state = { progress: { ...QUIET, ...changed } };
  const generator: Generator = new Generator(({ id }: Numbered) =>
    generator.heard({ id, type: 'done', value: state.progress }),
  );
  return { generator, state };
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
  const never = settle([generator], 20, clock);
  await clock.advance(21_000);
  expect(await never).toBe(false);
  const settled = settle([generator], 20, clock);
  await clock.advance(10_000);
  state.progress = QUIET;
  await clock.advance(10_000);
  expect(await settled).toBe(true);
});
