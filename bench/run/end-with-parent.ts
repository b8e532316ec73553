/**
 * What a server under test loads first (`--import …/end-with-parent.js?pid of the bench`): it ends with the bench, also where
 * that was killed or ran out of memory and could tell it nothing. One that goes on would be measured with, the next time.
 */
import { isMainThread } from 'node:worker_threads';

const LOOK_EVERY_MS = 1_000;
const parent = Number(new URL(import.meta.url).search.slice(1));

if (isMainThread)
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, LOOK_EVERY_MS).unref();
