/** A real nats-server of a test's own: to be killed, paused and started again at the same address. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export const NATS_HINT = 'Put nats-server into the PATH, name it in PARLEY_NATS_SERVER, or run `make servers`.';

/** Below the range that clients get their ports from: one that dials a dead server must not meet itself. */
const PORT_FROM = 23_200;
const PORTS = 100;
const ATTEMPTS = 5;
const READY_MS = 10_000;
const LOOK_AGAIN_MS = 20;

/** The program, wherever it is; undefined when it is nowhere. */
export function findNatsServer(): string | undefined {
  const { PARLEY_NATS_SERVER, PATH = '' } = process.env;
  const folders = [join(homedir(), '.cache', 'parley', 'bin'), ...PATH.split(delimiter)];
  const places = [PARLEY_NATS_SERVER ?? '', ...folders.map((folder) => join(folder, 'nats-server'))];
  return places.find((place) => place !== '' && existsSync(place));
}

/** Resolves to a port that nobody listens on. */
export async function freePort(from = PORT_FROM, count = PORTS): Promise<number> {
  for (;;) {
    const port = from + Math.floor(Math.random() * count);
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (outcome: boolean): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once('data', () => end(true)); // its INFO
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

export class NatsServer {
  readonly port: number;
  private readonly program: string;
  private readonly flags: readonly string[];
  private child: ChildProcess | undefined;

  private constructor(program: string, port: number, flags: readonly string[]) {
    this.program = program;
    this.port = port;
    this.flags = flags;
  }

  /** Starts one on a free port; `flags` as on its command line. */
  static async start(program: string, flags: readonly string[] = []): Promise<NatsServer> {
    for (let attempt = 1; ; attempt++) {
      const server = new NatsServer(program, await freePort(), flags);
      try {
        await server.start();
        return server;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const child = spawn(this.program, ['-a', '127.0.0.1', '-p', `${this.port}`, ...this.flags], { stdio: 'ignore' });
    this.child = child;
    const failed = { error: undefined as Error | undefined };
    child.once('error', (error) => {
      failed.error = error;
    });
    const end = Date.now() + READY_MS;
    while (!(await answers(this.port))) {
      if (failed.error !== undefined) throw failed.error;
      if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}`);
      if (Date.now() > end) throw new Error('nats-server does not answer');
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** SIGKILL: without a word. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }
}
