// HAProxy of the distribution, with deploy/haproxy.cfg for the addresses of this machine.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './cache.mjs';
import { imageOf } from './compose.mjs';
import { installPackage } from './debian.mjs';
import { repositoryRoot } from './repository.mjs';

const READY_MS = 10_000;
const ANSWER_MS = 2_000;

export const HAPROXY_HINT =
  'Run `node scripts/servers/provide.mjs haproxy`, install HAProxy 2.6 or newer (Debian: haproxy), or name it in PARLEY_HAPROXY.';

/** The program, wherever it is; undefined when it is nowhere. */
export function findHaproxy() {
  return findProgram('haproxy', 'PARLEY_HAPROXY', ['/usr/sbin', '/usr/local/sbin']);
}

export async function provideHaproxy() {
  if (findHaproxy() === undefined) await installPackage('haproxy', `HAProxy: not on this machine. ${HAPROXY_HINT}`);
}

/**
 * deploy/haproxy.cfg with these addresses, each `host:port`, instead of its own.
 * @param {{ address: string, apis: readonly string[], gateways: readonly string[] }} options
 * @returns {string}
 */
function haproxyConfiguration({ address, apis, gateways }) {
  const lines = readFileSync(join(repositoryRoot, 'deploy', 'haproxy.cfg'), 'utf8')
    .trimEnd()
    .split('\n');
  const filled = lines.flatMap((line) => {
    if (/^\s+bind /.test(line)) return [`  bind ${address}`];
    const [, name, number] = /^\s+server (api|gateway)-(\d+) /.exec(line) ?? [];
    if (name === undefined) return [line];
    const places = name === 'api' ? apis : gateways;
    return number === '1' ? places.map((place, i) => `  server ${name}-${i + 1} ${place}`) : [];
  });
  return `${filled.join('\n')}\n`;
}

/**
 * Answers when an api process does.
 * @param {{ program: string, folder: string, address: string, apis: readonly string[], gateways: readonly string[] }} options
 * @returns {import('./server-process.mjs').Launch}
 */
export function launchHaproxy({ program, folder, address, apis, gateways }) {
  const file = join(folder, 'haproxy.cfg');
  return {
    title: `haproxy at ${address}`,
    program,
    args: ['-db', '-f', file],
    folder,
    prepare: () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${file}.new`, haproxyConfiguration({ address, apis, gateways }));
      renameSync(`${file}.new`, file);
    },
    logFile: join(folder, 'haproxy.log'),
    stopSignal: 'SIGUSR1', // takes no new connections, and ends with the last one
    answers: () => answersReady(address),
    readyMs: READY_MS,
  };
}

/**
 * The same in a container on the host's network. Its client hands signals on to it, which Compose's would not.
 * @param {{ folder: string, address: string, apis: readonly string[], gateways: readonly string[] }} options
 * @returns {import('./server-process.mjs').Launch}
 */
export function launchHaproxyContainer(options) {
  const mount = `${join(options.folder, 'haproxy.cfg')}:/usr/local/etc/haproxy/haproxy.cfg:ro`;
  return {
    ...launchHaproxy({ ...options, program: 'docker' }),
    args: ['run', '--rm', '--network', 'host', '--volume', mount, imageOf('haproxy')],
  };
}

async function answersReady(address) {
  try {
    const answer = await fetch(`http://${address}/v1/ready`, { signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
