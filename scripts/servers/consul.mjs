// Consul: built from Go modules as go.sum pins them, without the SDKs of public clouds (deploy/native/consul/discover).
import { join } from 'node:path';
import { findProgram, linkProgram, placeOnce } from './cache.mjs';
import { goBuild } from './go.mjs';
import { copyFromImage } from './image.mjs';
import { pinnedFile } from './repository.mjs';

const VERSION = '1.22.7';
const READY_MS = 30_000;
const ANSWER_MS = 2_000;

/** How many ports in a row one server wants, from its HTTP port on. */
export const CONSUL_PORTS = 3;

export const CONSUL_HINT =
  'Run `node scripts/servers/provide.mjs consul` (which wants Go and some 8 minutes), put consul into the PATH, or name it in PARLEY_CONSUL_PROGRAM.';

/** The program, wherever it is; undefined when it is nowhere. */
export function findConsul() {
  return findProgram('consul', 'PARLEY_CONSUL_PROGRAM');
}

export async function provideConsul() {
  const place = await placeOnce('consul', VERSION, async (folder) => {
    const output = join(folder, 'consul');
    if (await copyFromImage(`hashicorp/consul:${VERSION}`, [['/bin/consul', output]])) return;
    await goBuild({ title: 'Consul', module: pinnedFile('consul'), package: 'github.com/hashicorp/consul', output });
  });
  linkProgram(join(place, 'consul'), 'consul');
}

/**
 * One server of one or several, which keeps its state in `folder`.
 * @param {{ program: string, port: number, folder: string, address?: string, servers?: readonly string[] }} options
 *   `port`: its HTTP port; the next two are its own, too · `servers`: the addresses of all servers, all at the same ports
 * @returns {import('./server-process.mjs').Launch}
 */
export function launchConsul({ program, port, folder, address = '127.0.0.1', servers = [address] }) {
  const others = servers.filter((server) => server !== address).map((server) => `-retry-join=${server}:${port + 1}`);
  return {
    title: `consul at ${address}:${port}`,
    program,
    args: [
      'agent',
      '-server',
      `-bootstrap-expect=${servers.length}`,
      `-node=server-${address.replaceAll('.', '-')}`,
      `-data-dir=${join(folder, 'data')}`,
      '-log-level=warn',
      ...['bind', 'advertise', 'client'].map((flag) => `-${flag}=${address}`),
      `-http-port=${port}`,
      `-serf-lan-port=${port + 1}`,
      `-server-port=${port + 2}`,
      ...['dns', 'grpc', 'grpc-tls', 'serf-wan'].map((unused) => `-${unused}-port=-1`),
      '-retry-interval=1s',
      ...others,
      '-hcl=performance { raft_multiplier = 1 }',
      '-hcl=disable_update_check = true',
    ],
    folder,
    logFile: join(folder, 'consul.log'),
    answers: () => hasLeader(address, port),
    readyMs: READY_MS,
  };
}

/** Whether it can read its store in agreement with the other servers: from then on, everything works. */
export async function hasLeader(address, port) {
  try {
    const url = `http://${address}:${port}/v1/kv/?keys&limit=1&consistent`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.arrayBuffer();
    return answer.status === 200 || answer.status === 404; // 404: it holds no key yet
  } catch {
    return false;
  }
}
