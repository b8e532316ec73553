// A real server of a test's or a benchmark's own: own ports, own data, to be killed, paused and started again at the same address.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signalProcess } from './processes.mjs';
import { ServerProcess } from './server-process.mjs';

const ATTEMPTS = 5;

/**
 * What runs, so that none outlives this process.
 * @type {Set<RealServer>}
 */
const running = new Set();

process.on('exit', () => {
  for (const { pid } of running) if (pid !== undefined) signalProcess(pid, 'SIGKILL');
});

export class RealServer {
  #process;

  /**
   * @param {string} folder
   * @param {import('./server-process.mjs').Launch} launch
   */
  constructor(folder, launch) {
    /**
     * Its data and its log; kept over `kill` and `start`.
     * @readonly
     */
    this.folder = folder;
    this.#process = new ServerProcess(launch);
  }

  /** The process id while it runs. */
  get pid() {
    return this.#process.pid;
  }

  /** At the same address, with the data that it had. Resolves when it answers. */
  async start() {
    running.add(this);
    await this.#process.start();
  }

  /** SIGKILL: without a word. */
  async kill() {
    await this.#process.kill();
    running.delete(this);
  }

  /** In good order. */
  async stop() {
    await this.#process.stop();
    running.delete(this);
  }

  /** SIGSTOP: connections stay, nothing answers. */
  pause() {
    this.#process.pause();
  }

  resume() {
    this.#process.resume();
  }

  /** Killed, and its data removed. */
  async remove() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * A folder for one server's data.
 * @param {string} server
 */
export function newFolder(server) {
  return mkdtempSync(join(tmpdir(), `parley-${server}-`));
}

/**
 * Makes a server and starts it; on other ports again when another process took one of them first.
 * @template {{ start(): Promise<void>, remove(): Promise<void> }} S
 * @param {() => Promise<S>} make
 * @returns {Promise<S>}
 */
export async function startFresh(make) {
  for (let attempt = 1; ; attempt++) {
    const server = await make();
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.remove();
      if (attempt === ATTEMPTS) throw error;
    }
  }
}
