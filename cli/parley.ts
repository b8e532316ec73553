#!/usr/bin/env -S node --initial-old-space-size=256 --max-semi-space-size=64
/** `parley`: a server role, or a command for operators. The words of each are loaded only when they are wanted. */
import { onClosedOutput } from '../src/node/closed-output.js';
import { EXIT } from './exit-codes.js';
import { isForOperators } from './names.js';

const args = process.argv.slice(2);
if (isForOperators(args)) {
  const end = (code: number) => (): never => process.exit(code);
  onClosedOutput(end(EXIT.done), end(EXIT.failed)); // who has gone has read enough
  const { run } = await import('./program.js');
  process.exitCode = await run(args);
} else await import('../src/node/main.js');
