#!/usr/bin/env node
/** `parley`: a server role, or a command for operators. The words of each are loaded only when they are wanted. */
import { OPERATOR_COMMANDS } from './names.js';

const [command = ''] = process.argv.slice(2);
if (OPERATOR_COMMANDS.includes(command)) {
  const { run } = await import('./program.js');
  process.exitCode = await run(process.argv.slice(2));
} else await import('../src/node/main.js');
