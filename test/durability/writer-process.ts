/** Builds the writer into one file and starts it, plainly or under another program. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { build } from 'esbuild';

/** Bundles the writer where it still finds the installed packages; answers its path. */
export async function buildWriter(): Promise<string> {
  const outfile = join(import.meta.dirname, `../../.cache/durability/writer-${process.pid}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, 'writer.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['lmdb'],
    logLevel: 'error',
  });
  return outfile;
}

export interface Writer {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** Seqs acknowledged so far. */
  readonly acknowledged: number[];
  /** Lines that are not acknowledgements. */
  readonly said: string[];
  /** Resolves when `enough` holds after a line, or the process has ended. */
  until(enough: () => boolean): Promise<void>;
  /** Resolves with the exit code, or the signal, once it ended. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts `command`, the last of whose arguments are those of the writer. */
export function startWriter(command: string, args: readonly string[]): Writer {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'ignore'],
  }) as ChildProcessByStdio<Writable, Readable, null>;
  const acknowledged: number[] = [];
  const said: string[] = [];
  const listeners = new Set<() => void>();
  const notify = (): void => {
    for (const listener of listeners) listener();
  };
  createInterface(child.stdout).on('line', (line) => {
    const seq = /^ack (\d+)$/.exec(line)?.[1];
    if (seq === undefined) said.push(line);
    else acknowledged.push(Number(seq));
    notify();
  });
  let over = false;
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => {
      over = true;
      resolve(signal ?? code);
      notify();
    });
  });
  const until = (enough: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!over && !enough()) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  return { child, acknowledged, said, until, ended };
}
