// NATS: built from Go modules as go.sum pins them.
import { join } from 'node:path';
import { findProgram, linkProgram, placeOnce } from './cache.mjs';
import { goBuild } from './go.mjs';
import { copyFromImage } from './image.mjs';
import { pinnedFile } from './repository.mjs';
import { says } from './server-process.mjs';

const VERSION = '2.15.2';

export const NATS_HINT =
  'Run `node scripts/servers/provide.mjs nats` (which wants Go), put nats-server into the PATH, or name it in PARLEY_NATS_SERVER.';

/** The program, wherever it is; undefined when it is nowhere. */
export function findNats() {
  return findProgram('nats-server', 'PARLEY_NATS_SERVER');
}

export async function provideNats() {
  const place = await placeOnce('nats-server', VERSION, async (folder) => {
    const output = join(folder, 'nats-server');
    if (await copyFromImage(`nats:${VERSION}`, [['/nats-server', output]])) return;
    await goBuild({ title: 'NATS', module: pinnedFile('nats'), package: 'github.com/nats-io/nats-server/v2', output });
  });
  linkProgram(join(place, 'nats-server'), 'nats-server');
}

/**
 * @param {{ program: string, port: number, folder: string, address?: string, flags?: readonly string[] }} options
 *   `flags` as on its command line
 * @returns {import('./server-process.mjs').Launch}
 */
export function launchNats({ program, port, folder, address = '127.0.0.1', flags = [] }) {
  return {
    title: 'nats-server',
    program,
    args: ['-a', address, '-p', `${port}`, ...flags],
    logFile: join(folder, 'nats-server.log'),
    answers: () => answersNats({ port, address }),
    readyMs: 10_000,
  };
}

/** @param {{ port: number, address: string }} server */
export function answersNats({ port, address }) {
  return says({ port, address, accepts: (said) => said.toString('latin1').startsWith('INFO') });
}
