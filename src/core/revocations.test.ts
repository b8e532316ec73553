import { expect, test } from 'vitest';
import { LIMITS } from './limits.js';
import { Revocations } from './revocations.js';

test('a revocation covers the tokens issued up to it, and none of a later login', () => {
  const revocations = new Revocations(10);
  revocations.revoke('phone', 5000);
  expect([4999, 5000, 5001, undefined].map((issuedAtMs) => revocations.covers('phone', issuedAtMs))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(revocations.covers('desk', 1)).toBe(false);
});

test('a revocation that is heard of late takes nothing of a later one back', () => {
  const revocations = new Revocations(10);
  revocations.revoke('phone', 5000);
  revocations.revoke('phone', 4000);
  expect(revocations.covers('phone', 4500)).toBe(true);
});

test('a revocation is forgotten once no token of before can live, and the oldest when there are too many', () => {
  const revocations = new Revocations(2);
  for (const key of ['a', 'b', 'a', 'c']) revocations.revoke(key, 1000);
  expect([...revocations.entries()].map(([key]) => key)).toEqual(['a', 'c']);
  revocations.revoke('d', 1000 + LIMITS.accessTokenMs);
  expect([...revocations.entries()].map(([key]) => key)).toEqual(['d']);
});
