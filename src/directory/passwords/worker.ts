import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { assert } from '../../core/errors.js';
import { type HashingJob, runHashingJob } from './argon2.js';

/** Lower than every thread that carries messages, above those of idle programs. */
const NICE = 10;

/** Linux gives each thread a priority of its own, by its id; elsewhere this would slow the whole process. */
function yieldToOthers(): void {
  if (process.platform !== 'linux') return;
  const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  if (threadId !== process.pid) setPriority(threadId, NICE);
}

const port = parentPort;
assert(port, 'this file runs as a worker thread');
try {
  yieldToOthers();
} catch {
  // No /proc, or not allowed: it works as well, only less politely.
}
port.on('message', (job: HashingJob) => port.postMessage(runHashingJob(job)));
