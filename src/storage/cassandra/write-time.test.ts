import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COUNTER_MAX, compareVersions, SUB_MAX, TERM_MAX, type Version } from '../../core/epoch.js';
import { fromWriteTime, TRIM_TIME, toWriteTime } from './write-time.js';

const upTo = (max: number) => fc.oneof(fc.nat(max), fc.constantFrom(0, 1, max - 1, max));
const version = fc.record({ term: upTo(TERM_MAX), sub: upTo(SUB_MAX), counter: upTo(COUNTER_MAX) });

describe('a write time', () => {
  it('gives its version back', () => {
    fc.assert(
      fc.property(version, (at) => {
        expect(fromWriteTime(toWriteTime(at))).toEqual(at);
      }),
    );
  });

  it('orders as versions do', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(toWriteTime(a).compare(toWriteTime(b)))).toBe(Math.sign(compareVersions(a, b)));
      }),
    );
  });

  it('is never negative, nor beyond 63 bits', () => {
    const highest: Version = { term: TERM_MAX, sub: SUB_MAX, counter: COUNTER_MAX };
    expect(toWriteTime(highest).toString()).toBe((2n ** 63n - 1n).toString());
    expect(toWriteTime({ term: 0, sub: 0, counter: 0 }).toNumber()).toBe(0);
    expect(TRIM_TIME).toBeGreaterThan(0);
  });
});
