import { expect, it } from 'vitest';
import { generatorLimits } from './generator-limit.js';

const IDLE = { share: 0.3, lateP99Ms: 1, delayP99Ms: 6, host: 'a', cores: 1 };

it('says nothing of generators that had time', () => {
  expect(generatorLimits([IDLE, { ...IDLE, host: 'b' }, { ...IDLE, host: 'c' }, { ...IDLE, host: 'd' }])).toEqual([]);
  expect(generatorLimits([IDLE, IDLE, IDLE, IDLE].map((one) => ({ ...one, cores: 4 })))).toEqual([]);
});

it('adds up what generators of one host use of the cores that they share', () => {
  const thirds = [IDLE, IDLE, IDLE].map((one) => ({ ...one, share: 0.33 }));
  expect(generatorLimits(thirds)).toEqual(['99 % of its cores were used']);
  expect(generatorLimits([{ ...IDLE, share: 0.97, cores: 8 }])).toEqual(['97 % of its cores were used']);
});

it('says when one was late, or its event loop was', () => {
  expect(generatorLimits([IDLE, { ...IDLE, host: 'b', lateP99Ms: 30 }])).toEqual([
    'what it did was late by 30 ms at p99',
  ]);
  expect(generatorLimits([{ ...IDLE, delayP99Ms: 45 }])).toEqual(['its event loop by 40 ms']);
});
