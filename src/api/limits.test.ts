import { describe, expect, it } from 'vitest';
import { FakeClock } from '../core/testing/fake-clock.js';
import { addressKey } from './address-key.js';
import { LoginBackoff } from './login-backoff.js';
import { TokenBuckets } from './token-buckets.js';

describe('token buckets', () => {
  it('let a burst through, then as many as come back, and say when the next one does', async () => {
    const clock = new FakeClock();
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3 }, clock);
    expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([0, 0, 0, 500]);
    await clock.advance(499);
    expect(buckets.take('a')).toBe(1);
    await clock.advance(1);
    expect(buckets.take('a')).toBe(0);
    await clock.advance(3_600_000);
    expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([0, 0, 0, 500]);
  });

  it('count each key by itself', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, new FakeClock());
    expect(buckets.take('a')).toBe(0);
    expect(buckets.take('b')).toBe(0);
    expect(buckets.take('a')).toBe(1000);
  });

  it('forget the key that was used longest ago when there are too many', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, new FakeClock(), 2);
    for (const key of ['a', 'b', 'a', 'c']) buckets.take(key);
    expect(buckets.size).toBe(2);
    expect(buckets.take('a')).toBe(1000);
    expect(buckets.take('b')).toBe(0);
  });
});

describe('the backoff of failed logins', () => {
  it('doubles the wait with each failure after the fifth, up to a minute', async () => {
    const clock = new FakeClock();
    const backoff = new LoginBackoff(clock);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 13; attempt++) {
      const wait = backoff.begin('alice');
      if (wait > 0) {
        waits.push(wait);
        await clock.advance(wait);
        expect(backoff.begin('alice')).toBe(0);
      }
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
  });

  it('counts attempts from their beginning, so that many at once do not slip through', () => {
    const backoff = new LoginBackoff(new FakeClock());
    const begun = Array.from({ length: 100 }, () => backoff.begin('alice')).filter((wait) => wait === 0);
    expect(begun).toHaveLength(5);
  });

  it('forgets failures after a success, and after a quarter of an hour', async () => {
    const clock = new FakeClock();
    const backoff = new LoginBackoff(clock);
    for (let i = 0; i < 5; i++) backoff.begin('alice');
    backoff.succeeded('alice');
    expect(backoff.begin('alice')).toBe(0);
    for (let i = 0; i < 5; i++) backoff.begin('bob');
    expect(backoff.begin('bob')).toBe(1000);
    await clock.advance(15 * 60_000 + 1);
    expect([1, 2, 3, 4, 5].map(() => backoff.begin('bob'))).toEqual([0, 0, 0, 0, 0]);
  });

  it('does not count attempts that were never judged', () => {
    const backoff = new LoginBackoff(new FakeClock());
    for (let i = 0; i < 20; i++) {
      expect(backoff.begin('alice')).toBe(0);
      backoff.undone('alice');
    }
  });

  it('remembers a bounded number of accounts', () => {
    const backoff = new LoginBackoff(new FakeClock(), 2);
    for (let i = 0; i < 5; i++) backoff.begin('alice');
    expect(backoff.begin('alice')).toBe(1000);
    backoff.begin('bob');
    backoff.begin('carol');
    expect(backoff.begin('alice')).toBe(0);
  });
});

describe('what counts as one address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['0000:0000:0000:0000:0000:ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['no address', 'no address'],
  ])('%s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
