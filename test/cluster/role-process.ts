/** One process of a role, to be killed, paused, stopped and started again; and cut off from the servers it uses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { metricIn } from '../../bench/run/metric.js';
import type { ErrorAnswer } from '../../src/api/error-answers.js';
import type { Link } from '../network/link.js';
import type { NetworkHost } from '../network/network.js';

const MAIN = fileURLToPath(new URL('../../dist/src/node/main.js', import.meta.url));
const JUMPING_CLOCK = new URL('./jumping-clock.mjs', import.meta.url);
const READY_MS = 90_000;
const LOOK_AGAIN_MS = 50;
const OUTPUT_MAX = 500_000;
const LINES_TOLD = 60;
/** What a node says that others have taken for dead. */
const FENCED = 'another process has taken over what this one owned';

export type RoleName = 'node' | 'gateway' | 'api' | 'admin' | 'push';

export type ServerName = 'consul' | 'nats' | 'cassandra';

/** Its ways to servers, where a test can cut them. */
export type Links = Partial<Record<ServerName, Link>>;

export interface RoleOptions {
  readonly name: string;
  readonly role: RoleName;
  readonly port: number;
  /** Where it runs; undefined: on this one. */
  readonly host?: NetworkHost | undefined;
  /** What follows the role on the command line. */
  readonly args: readonly string[];
  readonly links: Links;
  /** The file that says by how much its wall clock is off; undefined: that cannot be changed. */
  readonly clock?: string | undefined;
}

export class RoleProcess {
  readonly name: string;
  readonly port: number;
  readonly links: Links;
  private readonly host: NetworkHost | undefined;
  private readonly args: readonly string[];
  private readonly clock: string | undefined;
  private moreArgs: readonly string[] = [];
  private child: ChildProcess | undefined;
  private closed: Promise<unknown> = Promise.resolve();
  output = '';

  constructor({ name, role, port, host, args, links, clock }: RoleOptions) {
    this.name = name;
    this.port = port;
    this.links = links;
    this.host = host;
    this.clock = clock;
    this.args = [role, ...args];
  }

  /** Where it listens: `host:port`. */
  get address(): string {
    return `${this.host?.address ?? '127.0.0.1'}:${this.port}`;
  }

  /** Does not wait until it is ready. */
  spawn(): void {
    const preload = this.clock === undefined ? [] : ['--import', `${JUMPING_CLOCK.href}?${this.clock}`];
    const args = [...preload, MAIN, ...this.args, ...this.moreArgs];
    const command = this.host?.inside(process.execPath, args) ?? { program: process.execPath, args };
    const child = spawn(command.program, command.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.closed = once(child, 'close');
    this.output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-OUTPUT_MAX);
      });
    }
  }

  /** Options beside its own, from its next start on, until others are given. */
  configure(...args: readonly string[]): void {
    this.moreArgs = args;
  }

  async isReady(): Promise<boolean> {
    return (await this.readiness()) === 'ready';
  }

  /** What it says of itself: `ready`, or why it is not; undefined where it does not answer. */
  async readiness(): Promise<string | undefined> {
    try {
      const answer = await fetch(`http://${this.address}/v1/ready`, { signal: AbortSignal.timeout(2_000) });
      if (answer.ok) return 'ready';
      const { error } = (await answer.json()) as ErrorAnswer;
      return error.sentence;
    } catch {
      return undefined;
    }
  }

  async untilReady(): Promise<void> {
    for (const end = Date.now() + READY_MS; ; ) {
      const says = await this.readiness();
      if (says === 'ready') return;
      if (!this.runs) throw new Error(`${this.name} ended: ${this.output}`);
      if (Date.now() > end) throw new Error(`${this.name} is not ready (${says ?? 'no answer'}): ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  get runs(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  /** Its wall clock jumps, to so much from the right time, and stays so through its restarts. What is monotonic does not. */
  jump(offByMs: number): void {
    if (this.clock === undefined) throw new Error(`${this.name} keeps the right time`);
    writeFileSync(`${this.clock}.new`, `${offByMs}`);
    renameSync(`${this.clock}.new`, this.clock);
  }

  /** SIGKILL: without a word. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM: it hands over what it has. Resolves to its exit code. */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  /** The last things that it said, each cut to a line: for a test that failed. */
  get lastWords(): string {
    const lines = this.output.trimEnd().split('\n').slice(-LINES_TOLD).map(toldBriefly);
    return [`--- ${this.name} ---`, ...lines].join('\n');
  }

  /** Once it has ended, and was not killed. */
  get exitCode(): number | null {
    return this.child?.exitCode ?? null;
  }

  /** Again, and until it is ready. */
  async comeBack(): Promise<void> {
    this.spawn();
    await this.untilReady();
  }

  /** Starts it again where it has ended by itself, which it may only when it was fenced, by name and exit code. Whether it had. */
  async revive(): Promise<boolean> {
    if (this.runs) return false;
    await this.closed; // what it said is all there
    if (this.child?.exitCode !== 1 || !this.output.includes(FENCED)) {
      const how = `code ${this.child?.exitCode}, signal ${this.child?.signalCode}`;
      throw new Error(`${this.name} has ended by itself (${how}): ${this.output}`);
    }
    await this.comeBack();
    return true;
  }

  /** 0 when it does not answer, or does not count that. */
  async metric(name: string): Promise<number> {
    const text = await fetch(`http://${this.address}/metrics`, { signal: AbortSignal.timeout(2_000) })
      .then((answer) => answer.text())
      .catch(() => '');
    return metricIn(text, name);
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this;
    if (child === undefined || !this.runs) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }
}

/** A line of the log without its stack. */
function toldBriefly(line: string): string {
  try {
    const { time, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const { level: _level, ...facts } = rest;
    const cause = (err as { message?: string } | undefined)?.message?.split('\n')[0] ?? '';
    return `${new Date(Number(time)).toISOString().slice(11, 23)} ${String(msg)} ${JSON.stringify(facts)} ${cause}`;
  } catch {
    return line.slice(0, 200);
  }
}
