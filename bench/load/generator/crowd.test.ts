import { isIPv4 } from 'node:net';
import { expect, it } from 'vitest';
import { addressOf } from './crowd.js';

it('has a loopback address for whatever number, of its own for the first 62,500 groups', () => {
  const addresses = Array.from({ length: 62_500 }, (_, group) => addressOf(200 * group));
  expect(new Set(addresses).size).toBe(addresses.length);
  for (const group of [0, 62_500, 63_750, 1_000_000]) expect(isIPv4(addressOf(200 * group))).toBe(true);
});
