/** The servers that are compared: two floors and Parley. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVER_FLAGS } from '../../scripts/server-flags.mjs';
import type { Target } from '../load/generator/orders.js';
import type { CandidateName } from '../options.js';
import { ServerProcess } from './server.js';

const here = (file: string): string => new URL(file, import.meta.url).pathname;
const RELAY = here('../baseline/relay.js');
const SEED = here('./seed.js');
const PARLEY = here('../../src/node/main.js');
const WEBSOCKET_PATH = '/v1/connect';

export const TITLES: Record<CandidateName, string> = {
  bare: 'bare relay',
  durable: 'bare durable relay',
  parley: 'Parley',
};

export interface Running {
  readonly name: CandidateName;
  server: ServerProcess;
  readonly target: Target;
  /** Its data folder. */
  readonly data: string;
  /** Stops the server and starts it again on the same data. */
  restart(how?: 'stop' | 'kill'): Promise<void>;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

/** Starts a candidate on fresh data, with accounts for `users` where it has accounts. */
export async function start(name: CandidateName, users: number, port: number): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const data = join(folder, 'data');
  const tokens = name === 'parley' ? seed(folder, users) : [];
  const launch = (): Promise<ServerProcess> =>
    ServerProcess.start({
      name: TITLES[name],
      command: commandOf(name, port, folder),
      port,
      inspectPort: port + 90,
      isReady: (line) => (name === 'parley' ? line.includes(`127.0.0.1:${port}`) : line === 'ready'),
    });
  const running: Running = {
    name,
    data,
    server: await launch(),
    target: name === 'parley' ? { type: 'parley', port, path: WEBSOCKET_PATH, tokens } : { type: 'relay', port },
    async restart(how = 'stop') {
      await (how === 'kill' ? running.server.kill() : running.server.stop());
      running.server = await launch();
    },
    async stop() {
      await running.server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return running;
}

function commandOf(name: CandidateName, port: number, folder: string): string[] {
  if (name === 'parley') return [...SERVER_FLAGS, PARLEY, '--port', String(port), '--data', join(folder, 'data')];
  const relay = [RELAY, '--port', String(port)];
  return name === 'durable' ? [...relay, '--data', join(folder, 'rows')] : relay;
}

/** Makes accounts and access tokens in the data folder, in a process of its own that ends before the server starts. */
function seed(folder: string, users: number): string[] {
  const file = join(folder, 'tokens.json');
  const args = [SEED, '--data', join(folder, 'data'), '--users', String(users), '--tokens', file];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`seeding failed: ${stderr}`);
  return JSON.parse(readFileSync(file, 'utf8')) as string[];
}
