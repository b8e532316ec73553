import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import type { Directory } from '../directory.js';

/** A clock whose wall time is set by hand; its timers never fire. */
export class SettableClock implements Clock {
  private nowMs = Date.UTC(2026, 0, 1);

  now(): number {
    return this.nowMs;
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }

  monotonic(): number {
    return this.nowMs;
  }

  after(): () => void {
    return () => {};
  }

  defer(callback: () => void): void {
    setImmediate(callback);
  }
}

/** One empty directory, and the clock it lives by. */
export interface Harness {
  readonly directory: Directory;
  readonly clock: SettableClock;
  /** The same store, closed and opened again. */
  reopen(): Promise<Directory>;
  dispose(): Promise<void>;
}

/** Of what `open` opens, and opens again on the same store; `remove` takes that away, once it is closed. */
export async function harnessOf(
  clock: SettableClock,
  open: () => Promise<Directory>,
  remove: () => void = () => {},
): Promise<Harness> {
  let directory = await open();
  return {
    directory,
    clock,
    async reopen() {
      await directory.close();
      directory = await open();
      return directory;
    },
    async dispose() {
      await directory.close();
      remove();
    },
  };
}

/** A sentence about every directory, and what shows it: `check` rejects when it does not hold. */
export interface Guarantee {
  readonly sentence: string;
  check(harness: Harness): Promise<void>;
}

/** Makes accounts with a placeholder for the hash. */
export async function people(directory: Directory, ...userIds: readonly string[]): Promise<void> {
  await directory.accounts.createMany(userIds.map((userId) => ({ userId, passwordHash: `hash of ${userId}` })));
}

/** The kind of the ParleyError that a call rejects with; `none` when it resolves. */
export async function kindOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'none';
  } catch (thrown) {
    if (thrown instanceof ParleyError) return thrown.kind;
    throw thrown;
  }
}
