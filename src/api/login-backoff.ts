import { type BackoffSpan, backoffMs } from '../core/backoff.js';
import type { Clock } from '../core/clock.js';
import { keepNewest } from '../core/keep-newest.js';

const FREE_FAILURES = 5;
const WAIT: BackoffSpan = { firstMs: 1_000, mostMs: 60_000 };
const FORGET_AFTER_MS = 15 * 60_000;

interface Failures {
  count: number;
  /** Monotonic milliseconds. */
  lastAt: number;
  waitUntil: number;
}

/**
 * Slows down guessing at one account's password, from whatever addresses: after 5 failures in a row each further one
 * doubles the wait, from 1 s up to 60 s. The bound keeps a stranger from locking the account's owner out for long.
 * An attempt counts as failed from its beginning, so that guesses made at the same time do not slip through.
 */
export class LoginBackoff {
  private readonly accounts = new Map<string, Failures>();
  private readonly clock: Clock;
  private readonly accountsMax: number;

  constructor(clock: Clock, accountsMax = 10_000) {
    this.clock = clock;
    this.accountsMax = accountsMax;
  }

  /** Counts an attempt and returns 0, or counts none and returns the milliseconds to wait. */
  begin(account: string): number {
    const now = this.clock.monotonic();
    const known = this.accounts.get(account);
    const failures =
      known === undefined || now - known.lastAt > FORGET_AFTER_MS ? { count: 0, lastAt: now, waitUntil: 0 } : known;
    if (failures.waitUntil > now) return Math.ceil(failures.waitUntil - now);
    failures.count += 1;
    failures.lastAt = now;
    const doublings = failures.count - FREE_FAILURES;
    if (doublings >= 0) failures.waitUntil = now + backoffMs(WAIT, doublings);
    this.accounts.delete(account);
    this.accounts.set(account, failures);
    keepNewest(this.accounts, this.accountsMax);
    return 0;
  }

  /** The attempt was right: its failures are forgotten. */
  succeeded(account: string): void {
    this.accounts.delete(account);
  }

  /** The attempt was never judged (overload, say): it does not count. */
  undone(account: string): void {
    const failures = this.accounts.get(account);
    if (failures === undefined) return;
    failures.count -= 1;
    failures.waitUntil = 0;
    if (failures.count === 0) this.accounts.delete(account);
  }
}
