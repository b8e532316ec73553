/** A real server of a test's own: own ports, own data, to be killed, paused and started again at the same address. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signalProcess } from '../../scripts/servers/processes.mjs';
import { type Launch, ServerProcess } from '../../scripts/servers/server-process.mjs';

const ATTEMPTS = 5;

/** What runs, so that none outlives its test's process. */
const running = new Set<RealServer>();

process.on('exit', () => {
  for (const { pid } of running) if (pid !== undefined) signalProcess(pid, 'SIGKILL');
});

export class RealServer {
  /** Its data and its log; kept over `kill` and `start`. */
  readonly folder: string;
  private readonly process: ServerProcess;

  constructor(folder: string, launch: Launch) {
    this.folder = folder;
    this.process = new ServerProcess(launch);
  }

  /** The process id while it runs. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  /** At the same address, with the data that it had. Resolves when it answers. */
  async start(): Promise<void> {
    running.add(this);
    await this.process.start();
  }

  /** SIGKILL: without a word. */
  async kill(): Promise<void> {
    await this.process.kill();
    running.delete(this);
  }

  /** In good order. */
  async stop(): Promise<void> {
    await this.process.stop();
    running.delete(this);
  }

  /** SIGSTOP: connections stay, nothing answers. */
  pause(): void {
    this.process.pause();
  }

  resume(): void {
    this.process.resume();
  }

  /** Killed, and its data removed. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A folder for one server's data. */
export function newFolder(server: string): string {
  return mkdtempSync(join(tmpdir(), `parley-${server}-`));
}

/** Makes a server and starts it; on other ports again when another process took one of them first. */
export async function startFresh<S extends { start(): Promise<void>; remove(): Promise<void> }>(
  make: () => Promise<S>,
): Promise<S> {
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
