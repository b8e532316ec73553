import { Worker } from 'node:worker_threads';
import { ParleyError } from '../../core/errors.js';
import type { HashingJob } from './argon2.js';

/** Computes one job at a time. */
export interface HashingThread {
  /** Not before the last one settled. Rejects with `unavailable` when the thread is lost: take another then. */
  run(job: HashingJob): Promise<string | boolean>;
  end(): void;
}

/** A thread of its own that runs `entry`, compiled. */
export function startHashingThread(entry: URL): HashingThread {
  // The memory of argon2 is not on this heap.
  const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 };
  const worker = new Worker(entry, { name: 'parley-passwords', resourceLimits, execArgv: [] });
  let settle: { resolve(result: string | boolean): void; reject(error: Error): void } | undefined;
  const lost = (cause: unknown): void => settle?.reject(new ParleyError('unavailable', { cause }));
  worker.on('message', (result: string | boolean) => settle?.resolve(result));
  worker.on('error', lost);
  worker.on('exit', () => lost(new Error('the thread has ended')));
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        worker.postMessage(job);
      }),
    end: () => void worker.terminate(),
  };
}

/** No thread: blocks the caller's. For runs from TypeScript sources, where no compiled worker lies beside this file. */
export function blockingHashingThread(): HashingThread {
  return { run: async (job) => (await import('./argon2.js')).runHashingJob(job), end: () => {} };
}
