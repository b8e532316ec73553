import { Worker } from 'node:worker_threads';
import type { Directory } from '../directory.js';
import type { DirectoryLink } from '../rpc/link.js';
import { serveDirectory } from '../rpc/server.js';
import type { WorkerData } from './worker.js';

/** The rows of the largest answer and of the largest bulk import fit many times. */
const HEAP = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 };

/** A link to a thread of its own that runs `entry`, compiled. The thread ends when the directory is closed. */
export function threadLink(entry: URL, data: WorkerData): DirectoryLink {
  const worker = new Worker(entry, { name: 'parley-directory', workerData: data, resourceLimits: HEAP, execArgv: [] });
  return {
    send: (message) => worker.postMessage(message),
    listen(receive, lost) {
      worker.on('message', receive);
      worker.on('error', lost);
      worker.on('exit', () => lost(new Error('the thread of the directory has ended')));
    },
  };
}

/** A link within this thread, with the same copies and the same order: for tests. */
export function localLink(directory: Directory): DirectoryLink {
  let serve: ReturnType<typeof serveDirectory> | undefined;
  return {
    send: (message) => serve?.(structuredClone(message)),
    listen(receive) {
      serve = serveDirectory(directory, (message) => receive(structuredClone(message)));
      receive({ type: 'ready' });
    },
  };
}
