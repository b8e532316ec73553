import { expect, it } from 'vitest';
import { every } from '../core/every.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import { BusSilence, LOOK_EVERY_MS } from './bus-silence.js';

function setup() {
  const clock = new FakeClock();
  let heardMs = Number.NEGATIVE_INFINITY;
  const silence = new BusSilence(clock, () => heardMs);
  const stop = every(clock, LOOK_EVERY_MS, () => silence.look());
  const hear = (): void => {
    heardMs = clock.monotonic();
  };
  const state = () => [silence.isToBeTold, silence.isToBeLeft];
  return { clock, silence, stop, hear, state };
}

it('is to be told after 5 s without a node, is to be left after 10, and is over when one is heard', async () => {
  const { clock, hear, state } = setup();
  await clock.advance(3_000);
  hear();
  await clock.advance(4_000);
  expect(state()).toEqual([false, false]);
  await clock.advance(1_000);
  expect(state()).toEqual([true, false]);
  await clock.advance(5_000);
  expect(state()).toEqual([true, true]);
  hear();
  expect(state()).toEqual([false, false]);
});

it('counts from the start where no node was ever heard', async () => {
  const { clock, state } = setup();
  await clock.advance(4_000);
  expect(state()).toEqual([false, false]);
  await clock.advance(6_000);
  expect(state()).toEqual([true, true]);
});

it('does not count a time in which the process stood still', async () => {
  const { clock, silence, stop, hear, state } = setup();
  hear();
  await clock.advance(1_000);
  stop();
  await clock.advance(60_000);
  expect(state()).toEqual([false, false]);
  silence.look();
  expect(state()).toEqual([false, false]);
});
