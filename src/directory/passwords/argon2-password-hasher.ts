import { type Clock, systemClock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import type { HashingJob } from './argon2.js';
import { blockingHashingThread, type HashingThread, startHashingThread } from './hashing-thread.js';
import type { PasswordHasher } from './password-hasher.js';

/** At once; a third would only make all of them slower, and take another 19 MiB. */
const THREADS_MAX = 2;
const IDLE_MS = 60_000;

export interface PasswordHasherOptions {
  readonly clock?: Clock;
  /** How many may wait for a thread before further ones get `overloaded`. */
  readonly waitingMax?: number;
  readonly startThread?: () => HashingThread;
}

/** argon2id in up to two threads of low priority, started when they are needed, ended after a minute without work. */
export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const pool = new HashingPool(
    options.clock ?? systemClock,
    options.waitingMax ?? LIMITS.passwordsWaitingMax,
    options.startThread ?? defaultThread,
  );
  return {
    hash: async (password) => String(await pool.run({ type: 'hash', password })),
    verify: async (password, hash) => (await pool.run({ type: 'verify', password, hash })) === true,
    close: async () => pool.close(),
  };
}

function defaultThread(): HashingThread {
  if (import.meta.url.endsWith('.ts')) return blockingHashingThread();
  return startHashingThread(new URL('./worker.js', import.meta.url));
}

interface Waiting {
  readonly job: HashingJob;
  resolve(result: string | boolean): void;
  reject(error: unknown): void;
}

class HashingPool {
  private readonly clock: Clock;
  private readonly waitingMax: number;
  private readonly startThread: () => HashingThread;
  private readonly waiting: Waiting[] = [];
  /** Idle threads, with what cancels their end; the last used one last, so that the other can go. */
  private readonly idle: { readonly thread: HashingThread; cancelEnd(): void }[] = [];
  private readonly busy = new Set<HashingThread>();
  private closed = false;

  constructor(clock: Clock, waitingMax: number, startThread: () => HashingThread) {
    this.clock = clock;
    this.waitingMax = waitingMax;
    this.startThread = startThread;
  }

  run(job: HashingJob): Promise<string | boolean> {
    if (this.closed) return Promise.reject(new ParleyError('unavailable'));
    if (this.busy.size >= THREADS_MAX && this.waiting.length >= this.waitingMax)
      return Promise.reject(new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.passwords }));
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, resolve, reject });
      this.dispatch();
    });
  }

  close(): void {
    this.closed = true;
    for (const { reject } of this.waiting.splice(0)) reject(new ParleyError('unavailable'));
    for (const { thread, cancelEnd } of this.idle.splice(0)) {
      cancelEnd();
      thread.end();
    }
    for (const thread of this.busy) thread.end();
  }

  private dispatch(): void {
    if (this.busy.size >= THREADS_MAX) return;
    const next = this.waiting.shift();
    if (next) void this.compute(this.takeThread(), next);
  }

  private takeThread(): HashingThread {
    const idle = this.idle.pop();
    idle?.cancelEnd();
    const thread = idle?.thread ?? this.startThread();
    this.busy.add(thread);
    return thread;
  }

  private async compute(thread: HashingThread, { job, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve(await thread.run(job));
      this.busy.delete(thread);
      if (!this.closed) this.rest(thread);
    } catch (error) {
      this.busy.delete(thread);
      thread.end();
      reject(error);
    }
    this.dispatch();
  }

  private rest(thread: HashingThread): void {
    const entry = {
      thread,
      cancelEnd: this.clock.after(IDLE_MS, () => {
        this.idle.splice(this.idle.indexOf(entry), 1);
        thread.end();
      }),
    };
    this.idle.push(entry);
  }
}
