/**
 * Generators on a machine of their own: `node dist/bench/load/remote-generator.js --coordinator HOST:PORT`. Serves one run of
 * the bench after the other, each variant of a scenario is one, in a process of its own; ends when no bench has listened for ten minutes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pause } from './generator/pace.js';

const GENERATOR = fileURLToPath(new URL('./generator/generator.js', import.meta.url));
/** Before the next one asks to take part: the run that has just ended may still listen. */
const NEXT_MS = 1_000;

for (;;) {
  const child = spawn(process.execPath, [GENERATOR, ...process.argv.slice(2)], { stdio: 'inherit' });
  const stop = (): void => void child.kill();
  process.once('exit', stop);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('exit', stop);
  if (code !== 0) process.exit(code ?? 1);
  await pause(NEXT_MS);
}
