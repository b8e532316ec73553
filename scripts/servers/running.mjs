// What `make servers` has started in this work tree: .cache/servers.json, and .cache/servers.env for shells.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exportLines } from './given.mjs';
import { isAlive, startTicksOf } from './processes.mjs';
import { repositoryRoot } from './repository.mjs';

const FILE = join(repositoryRoot, '.cache', 'servers.json');
const SHELL_FILE = join(repositoryRoot, '.cache', 'servers.env');

/** Data and logs of the servers. */
export const DATA_FOLDER = join(repositoryRoot, '.cache', 'servers');

/**
 * @typedef {object} Started one process of ours
 * @property {string} server
 * @property {number} pid
 * @property {string | undefined} [startTicks] tells it from a later process of the same id
 * @property {string} stopSignal
 */

/**
 * @typedef {object} Running
 * @property {Record<string, string>} addresses
 * @property {Started[]} processes
 * @property {string} [composeProject] where they run in containers
 * @property {number} [cassandraNodes]
 */

/** @returns {Running} */
export function readRunning() {
  if (!existsSync(FILE)) return { addresses: {}, processes: [] };
  const running = JSON.parse(readFileSync(FILE, 'utf8'));
  return { ...running, processes: running.processes.filter(runs) };
}

/** Whole or not at all. @param {Running} running */
export function writeRunning(running) {
  mkdirSync(dirname(FILE), { recursive: true });
  const texts = { [FILE]: `${JSON.stringify(running, null, 2)}\n`, [SHELL_FILE]: exportLines(running.addresses) };
  for (const [file, text] of Object.entries(texts)) {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }
}

export function forgetRunning() {
  rmSync(FILE, { force: true });
  rmSync(SHELL_FILE, { force: true });
}

/** Whether that process runs, and not another one that got its id since. @param {Started} started */
export function runs({ pid, startTicks }) {
  return isAlive(pid) && startTicksOf(pid) === startTicks;
}
