import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const built = (file: string): string => new URL(`../../dist/bench/run/${file}`, import.meta.url).href;

/** A program of the bench that starts a server (`start`), tells its pid, and goes on with `next`. */
function program(next: string): ChildProcess {
  const server = `['-e', 'console.log("ready"); setInterval(() => {}, 1000)']`;
  const text = `
    import { runProgram } from ${JSON.stringify(built('program.js'))};
    import { ServerProcess } from ${JSON.stringify(built('server.js'))};
    runProgram(async () => {
      const isReady = (line) => line === 'ready';
      const start = () => ServerProcess.start({ name: 'it', command: ${server}, port: 0, inspectPort: 0, isReady });
      const { pid } = await start();
      console.log(pid);
      ${next}
    });`;
  return spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function pidToldBy(bench: ChildProcess): Promise<number> {
  const [text] = (await once(bench.stdout ?? bench, 'data')) as [Buffer];
  return Number(text.toString());
}

/** One that ended may still be listed, as a zombie, until its parent's heir asks. */
function lives(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

it('a server ends with the bench that started it, when that fails', async () => {
  const bench = program(`throw new Error('no');`);
  const [pid, [code]] = await Promise.all([pidToldBy(bench), once(bench, 'exit')]);
  expect(code).toBe(1);
  await expect.poll(() => lives(pid)).toBe(false);
});

it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
  'a server ends with the bench that started it, by %s',
  async (signal) => {
    const bench = program('await new Promise((resolve) => setTimeout(resolve, 60_000));');
    const exited = once(bench, 'exit');
    const pid = await pidToldBy(bench);
    expect(lives(pid)).toBe(true);
    bench.kill(signal);
    await exited;
    await expect.poll(() => lives(pid), { timeout: 10_000 }).toBe(false);
  },
);

it('however many servers a bench starts, they end with it, by one listener', async () => {
  const bench = program(`
    const listeners = process.listenerCount('exit');
    const more = await Promise.all([start(), start()]);
    console.log(...more.map(({ pid }) => pid), process.listenerCount('exit') - listeners);
    throw new Error('no');
  `);
  const pids = [await pidToldBy(bench)];
  const [[line]] = await Promise.all([once(bench.stdout ?? bench, 'data') as Promise<[Buffer]>, once(bench, 'exit')]);
  const [second = 0, third = 0, listenersMore] = line.toString().split(' ').map(Number);
  expect(listenersMore).toBe(0);
  await expect.poll(() => [...pids, second, third].filter(lives)).toEqual([]);
});

it('tells how a server ended by itself, and nothing of one that was told to', async () => {
  const bench = program(`
    const [died, stopped] = await Promise.all([start(), start()]);
    process.kill(died.pid, 'SIGKILL');
    await stopped.stop();
    while (died.alive) await new Promise(setImmediate);
    console.log(JSON.stringify([died.endedByItself, stopped.endedByItself ?? null]));
    return 0;
  `);
  await pidToldBy(bench);
  const [text] = (await once(bench.stdout ?? bench, 'data')) as [Buffer];
  expect(JSON.parse(text.toString())).toEqual([expect.stringMatching(/^it ended with SIGKILL after \d\.\d s$/), null]);
});
