// Ports that nobody listens on.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range that clients get their ports from: one that dials a dead server must not meet itself. */
const FROM = 20_000;
const BELOW = 30_000;
const ATTEMPTS = 200;

/** Ports that were found here already: whoever asked may not listen yet. */
const found = new Set();

/**
 * Whether nothing listens on that port of that address.
 * @param {number} port
 * @param {string} address
 * @returns {Promise<boolean>}
 */
export async function isFree(port, address = '127.0.0.1') {
  const probe = createServer();
  const free = await new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: address, exclusive: true }, () => resolve(true));
  });
  if (free) {
    probe.close();
    await once(probe, 'close');
  }
  return free;
}

async function allFree(ports, addresses) {
  for (const port of ports) {
    if (found.has(port)) return false;
    for (const address of addresses) {
      if (!(await isFree(port, address))) return false;
    }
  }
  return true;
}

/**
 * The first of `count` ports in a row that are free on every one of `addresses`, and were not found before; another
 * process may still be quicker.
 * @param {number} count
 * @param {readonly string[]} addresses
 * @returns {Promise<number>}
 */
export async function freePorts(count = 1, addresses = ['127.0.0.1']) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const first = FROM + Math.floor(Math.random() * (BELOW - FROM - count));
    const ports = Array.from({ length: count }, (_, offset) => first + offset);
    if (!(await allFree(ports, addresses))) continue;
    for (const port of ports) found.add(port);
    return first;
  }
  throw new Error(`no ${count} free ports in a row between ${FROM} and ${BELOW}`);
}
