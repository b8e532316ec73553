import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../core/errors.js';
import { type FromDirectory, type ToDirectory, toWireError } from '../rpc/messages.js';
import { serveDirectory } from '../rpc/server.js';
import { openLocalDirectory } from './local-directory.js';

/** The thread of the SQLite directory: SQL and its syncs block this one only. It ends by itself once closed. */
export interface WorkerData {
  readonly file: string;
}

async function main(): Promise<void> {
  const port = parentPort;
  assert(port, 'this file runs as a worker thread');
  const send = (message: FromDirectory): void => port.postMessage(message);
  try {
    const serve = serveDirectory(await openLocalDirectory(workerData as WorkerData), (message) => {
      send(message);
      if (message.type === 'closed') port.close();
    });
    port.on('message', (message: ToDirectory) => serve(message));
    send({ type: 'ready' });
  } catch (thrown) {
    send({ type: 'refused', error: toWireError(thrown) });
    port.close();
  }
}

void main();
