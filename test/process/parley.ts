/** The real process, as a user starts it, on a data folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/src/node/main.js', import.meta.url));
const READY = /Parley is ready: (\S+)/;

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

export class ParleyProcess {
  readonly child: ChildProcess;
  private text = '';

  private constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.text += text;
      });
    }
  }

  /** Starts and waits until it is ready; rejects with its output when it ends before. */
  static async start(...args: string[]): Promise<ParleyProcess> {
    const parley = new ParleyProcess(args);
    await new Promise<void>((resolve, reject) => {
      parley.child.stdout?.on('data', () => READY.test(parley.text) && resolve());
      parley.child.once('exit', () => reject(new Error(`ended before it was ready: ${parley.text}`)));
    });
    return parley;
  }

  /** Starts one that is expected to end by itself. */
  static async run(...args: string[]): Promise<Ended> {
    const parley = new ParleyProcess(args);
    return parley.ended();
  }

  /** Such as http://127.0.0.1:40123. */
  get origin(): string {
    return READY.exec(this.text)?.[1] ?? '';
  }

  /** What it has written so far. */
  get output(): string {
    return this.text;
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  async signal(name: NodeJS.Signals): Promise<Ended> {
    this.child.kill(name);
    return this.ended();
  }

  private async ended(): Promise<Ended> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close');
    return { code: this.child.exitCode, output: this.text };
  }
}

/** A folder that goes with the test. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'parley-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
