// PostgreSQL of the distribution, 15 or newer. It refuses to run as root: there it runs as the user postgres.
import { appendFileSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findInPath } from './cache.mjs';
import { installPackage } from './debian.mjs';
import { Complaint, runTool } from './run-tool.mjs';
import { says } from './server-process.mjs';

const LOOPBACK = '127.0.0.1';
const MAJOR = 15;
const DEBIAN_HOMES = '/usr/lib/postgresql';
const READY_MS = 30_000;
const CREATE_CLUSTER = '/etc/postgresql-common/createcluster.d';

export const POSTGRES_HINT = `Install PostgreSQL ${MAJOR} or newer (Debian: postgresql-${MAJOR}), or name the folder of its programs in PARLEY_POSTGRES_BIN.`;

/**
 * The folder with `postgres` and `initdb`; undefined when there is none.
 * @returns {string | undefined}
 */
export function findPostgres() {
  const named = process.env.PARLEY_POSTGRES_BIN;
  if (named) return existsSync(join(named, 'postgres')) ? named : undefined;
  const versions = existsSync(DEBIAN_HOMES)
    ? readdirSync(DEBIAN_HOMES)
        .map(Number)
        .sort((a, b) => a - b)
    : [];
  const homes = versions
    .filter((version) => version >= MAJOR)
    .map((version) => join(DEBIAN_HOMES, `${version}`, 'bin'));
  const inPath = findInPath('initdb');
  return [...homes, ...(inPath ? [join(inPath, '..')] : [])].find((bin) => existsSync(join(bin, 'initdb')));
}

export async function providePostgres() {
  if (findPostgres() !== undefined) return;
  await installPackage(`postgresql-${MAJOR}`, `PostgreSQL: not on this machine. ${POSTGRES_HINT}`, refuseMainCluster);
}

/** Debian's package else starts a server of its own at 5432, which nobody asked for. */
function refuseMainCluster() {
  if (process.getuid?.() !== 0 || existsSync('/etc/postgresql-common')) return;
  mkdirSync(CREATE_CLUSTER, { recursive: true });
  writeFileSync(join(CREATE_CLUSTER, 'parley.conf'), 'create_main_cluster = false\n');
}

/** As whom it runs: ourselves, or, where that is root, the user of the package. */
function postgresUser() {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'));
  if (line === undefined) throw new Complaint('PostgreSQL does not run as root, and there is no user postgres.');
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * A server with a database `parley` that the user `parley` may enter without a password, from this machine or, where `address`
 * is on another network than loopback, from that network.
 * @param {{ bin: string, port: number, folder: string, address?: string, flags?: readonly string[] }} options `flags` as on its command line
 * @returns {import('./server-process.mjs').Launch}
 */
export function launchPostgres({ bin, port, folder, address = LOOPBACK, flags = [] }) {
  const user = postgresUser();
  const data = join(folder, 'data');
  return {
    title: `postgres at ${address}:${port}`,
    program: join(bin, 'postgres'),
    args: ['-D', data, '-h', address, '-p', `${port}`, '-k', '', ...flags],
    folder,
    ...(user === undefined ? {} : { user }),
    prepare: () => createData({ bin, folder, data, user, from: address === LOOPBACK ? [] : ['samenet'] }),
    hasChildren: true,
    logFile: join(folder, 'postgres.log'),
    stopSignal: 'SIGINT', // "fast": it ends sessions instead of waiting for them
    answers: () => answersPostgres({ port, address }),
    readyMs: READY_MS,
  };
}

/** @param {{ port: number, address?: string }} server */
export function postgresUrl({ port, address = LOOPBACK }) {
  return `postgres://parley@${address}:${port}/parley`;
}

/**
 * Whether it lets the user `parley` in.
 * @param {{ port: number, address?: string }} server
 */
export function answersPostgres({ port, address = LOOPBACK }) {
  return says({ port, address, greeting: startupMessage(), accepts: (said) => said[0] === 0x52 });
}

async function createData({ bin, folder, data, user, from }) {
  const ready = join(folder, 'created');
  if (existsSync(ready)) return;
  mkdirSync(folder, { recursive: true });
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const options = { ...user, cwd: folder, logFile: join(folder, 'initdb.log'), hint: POSTGRES_HINT };
  const settings = ['--username=parley', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-instructions'];
  await runTool(join(bin, 'initdb'), ['-D', data, ...settings], options);
  for (const network of from) appendFileSync(join(data, 'pg_hba.conf'), `host all all ${network} trust\n`);
  const statement = 'CREATE DATABASE parley\n';
  await runTool(join(bin, 'postgres'), ['--single', '-D', data, 'postgres'], { ...options, input: statement });
  writeFileSync(ready, '');
}

/** Protocol 3.0. A server that is still starting, or shutting down, answers with an error. */
function startupMessage() {
  const body = Buffer.from('\0\x03\0\0user\0parley\0database\0parley\0\0', 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
}
