import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { processorSeconds, residentKib } from './processor.js';

export interface ServerSpec {
  readonly name: string;
  /** What Node runs, with its arguments. */
  readonly command: readonly string[];
  readonly port: number;
  readonly inspectPort: number;
  readonly isReady: (line: string) => boolean;
  /** As `taskset` names them; where not said, the one that servers run on. */
  readonly cores?: string;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;

/** The core that servers run on; all others are the generators'. */
export const SERVER_CORE = 0;
const pinned = availableParallelism() > 1;

const END_WITH_PARENT = new URL('./end-with-parent.js', import.meta.url).href;

const running = new Set<ChildProcess>();

// However the bench ends by itself; see end-with-parent.ts for when it cannot.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A server under test, with all its threads pinned to one core. */
export class ServerProcess {
  readonly spec: ServerSpec;
  readonly readyAfterMs: number;
  /** How it ended by itself, in a sentence; undefined while it lives, or when it was told to end. */
  endedByItself: string | undefined;
  private readonly child: ChildProcess;
  private toEnd = false;

  private constructor(spec: ServerSpec, child: ChildProcess, readyAfterMs: number) {
    this.spec = spec;
    this.child = child;
    this.readyAfterMs = readyAfterMs;
  }

  static async start(spec: ServerSpec): Promise<ServerProcess> {
    const flags = [`--inspect-port=127.0.0.1:${spec.inspectPort}`, '--import', `${END_WITH_PARENT}?${process.pid}`];
    const node = [process.execPath, ...flags, ...spec.command];
    const [program = '', ...args] = pinned ? ['taskset', '-c', spec.cores ?? String(SERVER_CORE), ...node] : node;
    const started = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    child.once('close', () => running.delete(child));
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${spec.name} is not ready:\n${output}`)), READY_WITHIN_MS);
      const onText = (text: Buffer): void => {
        output += text.toString();
        if (!output.split('\n').some(spec.isReady)) return;
        clearTimeout(timer);
        resolve();
      };
      child.stdout.on('data', onText);
      child.stderr.on('data', onText);
      child.once('exit', (code) => reject(new Error(`${spec.name} ended with ${code}:\n${output}`)));
    });
    child.removeAllListeners('exit');
    const server = new ServerProcess(spec, child, performance.now() - started);
    const readyAt = performance.now();
    child.once('exit', (code, signal) => {
      if (code !== 0 && signal === null) console.error(`${spec.name} ended with ${code}:\n${output.slice(-2_000)}`);
      if (server.toEnd) return;
      const seconds = ((performance.now() - readyAt) / 1000).toFixed(1);
      server.endedByItself = `${spec.name} ended with ${signal ?? code} after ${seconds} s`;
    });
    return server;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  processorSeconds(): number {
    return processorSeconds(this.pid);
  }

  residentKib(): number {
    return residentKib(this.pid);
  }

  /** Without a word. */
  async kill(): Promise<void> {
    if (!this.alive) return;
    this.toEnd = true;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    this.toEnd = true;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS);
    await exit;
    clearTimeout(timer);
  }
}
