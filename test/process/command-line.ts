/** `parley …` as an operator types it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/parley.js', import.meta.url));

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function runCommand(...args: readonly string[]): Promise<Ran> {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('PARLEY_ADMIN')),
  );
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { env: environment }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

/** Its standard output is the file at that path. */
export function startInto(path: string, ...args: readonly string[]): ChildProcess {
  const out = openSync(path, 'w');
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', out, 'pipe'] });
  closeSync(out);
  return child;
}

export const runInto = (path: string, ...args: readonly string[]): Promise<Omit<Ran, 'stdout'>> =>
  ended(startInto(path, ...args));

/** Its standard output is closed before it begins. */
export async function runUnread(...args: readonly string[]): Promise<Omit<Ran, 'stdout'>> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  return ended(child);
}

async function ended(child: ChildProcess): Promise<Omit<Ran, 'stdout'>> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, stderr };
}
