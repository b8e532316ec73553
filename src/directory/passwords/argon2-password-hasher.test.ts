import { describe, expect, it } from 'vitest';
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { kindOf, SettableClock } from '../conformance/harness.js';
import { createPasswordHasher } from './argon2-password-hasher.js';
import type { HashingThread } from './hashing-thread.js';
import { checkNewPassword } from './password-rules.js';

/** Threads whose jobs end when the test says so. */
class Threads {
  started = 0;
  ended = 0;
  readonly running: { finish(result: string): void; lose(): void }[] = [];

  readonly start = (): HashingThread => {
    this.started++;
    return {
      run: () =>
        new Promise((resolve, reject) => {
          this.running.push({ finish: resolve, lose: () => reject(new ParleyError('unavailable')) });
        }),
      end: () => {
        this.ended++;
      },
    };
  };
}

/** Lets what was settled run on to its next wait. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('argon2id', () => {
  const hasher = createPasswordHasher();

  it('makes a salted hash with the recommended cost, which only the password fits', async () => {
    const [one, two] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(two).not.toBe(one);
    expect(await hasher.verify('correct horse', one)).toBe(true);
    expect(await hasher.verify('correct horsf', one)).toBe(false);
  });

  it('is false for an account that does not exist and for a hash that is none', async () => {
    expect(await hasher.verify('anything', undefined)).toBe(false);
    expect(await hasher.verify('anything', 'no hash')).toBe(false);
  });
});

describe('the password hasher', () => {
  it('computes two at once, lets a bounded number wait, and refuses more with a time to come back', async () => {
    const threads = new Threads();
    const hasher = createPasswordHasher({ clock: new SettableClock(), waitingMax: 2, startThread: threads.start });
    const hashes = ['a', 'b', 'c', 'd'].map((password) => hasher.hash(password));
    expect(threads.running).toHaveLength(2);
    await expect(hasher.hash('e')).rejects.toMatchObject({ kind: 'overloaded', retryAfterMs: 2000 });
    threads.running[0]?.finish('first');
    expect(await hashes[0]).toBe('first');
    expect(threads.running).toHaveLength(3);
    for (const running of threads.running) running.finish('other');
    await settled();
    threads.running[3]?.finish('last');
    expect(await Promise.all(hashes)).toEqual(['first', 'other', 'other', 'last']);
    expect(threads.started).toBe(2);
  });

  it('ends a thread that had no work for a minute, and starts another when there is', async () => {
    const timers: { delayMs: number; fire(): void; cancelled: boolean }[] = [];
    const clock: Clock = Object.assign(new SettableClock(), {
      after: (delayMs: number, fire: () => void) => {
        const timer = { delayMs, fire, cancelled: false };
        timers.push(timer);
        return () => {
          timer.cancelled = true;
        };
      },
    });
    const threads = new Threads();
    const hasher = createPasswordHasher({ clock, startThread: threads.start });
    for (const n of [0, 1]) {
      const hash = hasher.hash('a');
      threads.running[n]?.finish('h');
      await hash;
      await settled();
    }
    expect(threads.started).toBe(1);
    expect(timers.map((timer) => [timer.delayMs, timer.cancelled])).toEqual([
      [60_000, true],
      [60_000, false],
    ]);
    timers[1]?.fire();
    expect(threads.ended).toBe(1);
    void hasher.hash('b');
    expect(threads.started).toBe(2);
  });

  it('gives up one job when a thread is lost, and goes on with another thread', async () => {
    const threads = new Threads();
    const hasher = createPasswordHasher({ clock: new SettableClock(), startThread: threads.start });
    const lost = hasher.hash('a');
    threads.running[0]?.lose();
    expect(await kindOf(lost)).toBe('unavailable');
    const next = hasher.hash('b');
    threads.running[1]?.finish('h');
    expect(await next).toBe('h');
    expect(threads.started).toBe(2);
  });

  it('ends its threads when it is closed, and what waits is unavailable', async () => {
    const threads = new Threads();
    const hasher = createPasswordHasher({ clock: new SettableClock(), startThread: threads.start });
    const jobs = ['a', 'b', 'c'].map((password) => hasher.hash(password));
    await hasher.close();
    expect(await kindOf(jobs[2] ?? Promise.resolve())).toBe('unavailable');
    expect(threads.ended).toBe(2);
    expect(await kindOf(hasher.hash('d'))).toBe('unavailable');
  });
});

describe('the rules for a password', () => {
  it('takes 8 to 128 characters that are not the name', () => {
    for (const password of ['12345678', 'x'.repeat(128), '🙂'.repeat(8)])
      expect(() => checkNewPassword('somebody', password)).not.toThrow();
    for (const password of ['1234567', 'x'.repeat(129), '🙂'.repeat(7), 'somebody', 'SomeBody'])
      expect(() => checkNewPassword('somebody', password)).toThrow(ParleyError);
  });
});
