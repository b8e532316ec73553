import { expect, it } from 'vitest';
import { Processors } from './processors.js';

function telling(...answers: readonly (number | undefined)[]): Processors {
  const left = [...answers];
  return new Processors(['node'], async () => left.shift());
}

it('adds what a process spent before and after a restart', async () => {
  const processors = telling(120, 125, undefined, 0.5, 40);
  expect(await processors.spentSeconds()).toBe(0);
  for (let sample = 0; sample < 3; sample++) await processors.sample();
  expect(await processors.spentSeconds()).toBe(45);
  processors.stop();
});

it('says nothing where one does not answer, and never a negative time', async () => {
  const processors = telling(120, 5, undefined);
  await processors.spentSeconds();
  expect(await processors.spentSeconds()).toBe(5);
  expect(await processors.spentSeconds()).toBeUndefined();
  processors.stop();
});
