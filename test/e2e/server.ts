/** The real process on a data folder of its own, as `make run` starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Ran, runCommand } from '../process/command-line.js';

const MAIN = 'dist/src/node/main.js';
const READY_DEADLINE_MS = 20_000;
const READY_POLL_MS = 50;

export class TestServer {
  readonly origin: string;
  private readonly port: number;
  private readonly data: string;
  private process: ChildProcess | undefined;
  private output = '';

  private constructor(port: number, data: string) {
    this.port = port;
    this.data = data;
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<TestServer> {
    if (!existsSync(MAIN) || !existsSync('dist/web/index.html')) throw new Error('not built: run `make build` first');
    const server = new TestServer(await freePort(), mkdtempSync(join(tmpdir(), 'parley-e2e-')));
    await server.run();
    return server;
  }

  /** Starts the process (again), on the same port and folder, and waits until it serves. */
  async run(): Promise<void> {
    const child = spawn(process.execPath, [MAIN, '--port', String(this.port), '--data', this.data], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.output = `${this.output}${chunk.toString()}`.slice(-20_000);
      });
    const deadline = Date.now() + READY_DEADLINE_MS;
    while (!(await this.isReady())) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`the server did not start:\n${this.output}`);
      await pause(READY_POLL_MS);
    }
  }

  /** A command of operators. */
  operate(...args: readonly string[]): Promise<Ran> {
    return runCommand(...args, '--data', this.data);
  }

  /** Ends the process at once, without a chance to tidy up. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  async close(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.data, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.origin}/v1/ready`)).ok;
    } catch {
      return false;
    }
  }
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject()));
    });
  });
}
