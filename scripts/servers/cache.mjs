// Where servers that were built or unpacked are kept: outside the work tree, a folder a version, whole or not at all.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const LOOK_AGAIN_MS = 500;
const SAY_AGAIN_MS = 60_000;
const LOCK_MS = 30 * 60_000;

/** `PARLEY_CACHE`, or ~/.cache/parley. */
export function cacheFolder() {
  return process.env.PARLEY_CACHE || join(homedir(), '.cache', 'parley');
}

/** The folder of one version of one server, there or not. */
export function placeOf(name, version) {
  return join(cacheFolder(), `${name}-${version}`);
}

/**
 * The program that `variable` names, and no other; else `name` in the cache's bin folder, in `folders`, in the PATH. Undefined
 * when it is nowhere.
 * @param {string} name
 * @param {string} variable
 * @param {readonly string[]} folders
 * @returns {string | undefined}
 */
export function findProgram(name, variable, folders = []) {
  const named = process.env[variable];
  if (named) return existsSync(named) ? named : undefined;
  return findInPath(name, [join(cacheFolder(), 'bin'), ...folders]);
}

/**
 * @param {string} name
 * @param {readonly string[]} before folders to look into before those of the PATH
 * @returns {string | undefined}
 */
export function findInPath(name, before = []) {
  const folders = [...before, ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** Puts a link to `program` into the cache's bin folder. */
export function linkProgram(program, name) {
  const folder = join(cacheFolder(), 'bin');
  mkdirSync(folder, { recursive: true });
  const link = join(folder, `.${name}.${process.pid}`);
  rmSync(link, { force: true });
  symlinkSync(program, link);
  renameSync(link, join(folder, name));
}

/**
 * The folder of this version; `build(folder)` fills it where it is not there yet. It appears under its name only when
 * `build` is done, and two that want the same version build it once.
 */
export async function placeOnce(name, version, build) {
  const place = placeOf(name, version);
  if (existsSync(place)) return place;
  await exclusively(place, async () => {
    if (existsSync(place)) return;
    const building = join(cacheFolder(), 'building');
    mkdirSync(building, { recursive: true });
    for (const left of readdirSync(building)) {
      if (left.startsWith(`${name}-`)) rmSync(join(building, left), { recursive: true });
    }
    const folder = join(building, `${name}-${version}`);
    mkdirSync(folder);
    await build(folder);
    renameSync(folder, place);
  });
  return place;
}

/** Runs `work` while no other process of this machine does so for `place`. Who dies gives its lock back. */
async function exclusively(place, work) {
  if (process.platform !== 'linux') return work();
  const end = Date.now() + LOCK_MS;
  let sayAt = 0;
  for (;;) {
    const lock = await tryLock(place);
    if (lock !== undefined) {
      try {
        return await work();
      } finally {
        lock.close();
      }
    }
    if (Date.now() > end) throw new Error(`another process has been building ${place} for half an hour`);
    if (Date.now() >= sayAt) {
      console.log(`another process is building ${place}: waiting for it`);
      sayAt = Date.now() + SAY_AGAIN_MS;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** A name among Linux's abstract sockets, which the kernel frees with the process; undefined when it is taken. */
function tryLock(place) {
  const name = createHash('sha256').update(place).digest('hex').slice(0, 32);
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) =>
      'code' in error && error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(`\0parley-building-${name}`, () => resolve(server));
  });
}
