/** What every program of the bench begins and ends with. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

export const say = (sentence: string): void => console.log(`· ${sentence}`);

/** What a shell says of a program that a signal ended. */
const SIGNALLED = { SIGINT: 130, SIGTERM: 143 } as const;

/** What a program may throw to end with another exit code than 1. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(sentence: string, exitCode: number, cause: unknown) {
    super(sentence, { cause });
    this.exitCode = exitCode;
  }
}

/** Runs a program to its exit code; what it throws is printed as a sentence, with exit code 1. Whatever it started ends with it. */
export function runProgram(main: () => Promise<number>): void {
  for (const [signal, code] of Object.entries(SIGNALLED)) process.once(signal, () => process.exit(code));
  main().then(
    (code) => process.exit(code),
    (thrown: unknown) => {
      console.error(thrown instanceof Error ? thrown.message : thrown);
      process.exit(thrown instanceof Failure ? thrown.exitCode : 1);
    },
  );
}

/** What figures depend on beside the program. */
export function machine(): Record<string, unknown> {
  return {
    node: process.version,
    kernel: release(),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    at: new Date().toISOString(),
  };
}

/** Writes a result as JSON under a name with a time in it, now when not said; returns the file. */
export function writeResult(folder: string, name: string, result: object, at = new Date()): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}-${at.toISOString().replaceAll(/[:.]/g, '-')}.json`);
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
  return file;
}

/** Reads an option that wants a whole number above 0. */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} wants whole numbers above 0, not "${text}"`);
  return value;
}
