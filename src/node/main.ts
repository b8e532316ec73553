#!/usr/bin/env node
/** `parley`: reads the options, starts the embedded form or one role of a cluster, and stops it when asked. */
import { createSigningKeyFile, publicKeySet } from '../directory/tokens/signing-keys.js';
import { createVapidKeyFile } from '../push/webpush/vapid-keys.js';
import { onClosedOutput } from './closed-output.js';
import type { Role } from './option-spec.js';
import { type Options, OptionsError } from './option-table.js';
import { readOptions } from './read-options.js';
import { CLUSTER_ROLES, ENDING_COMMANDS, type EndingCommand } from './server-commands.js';
import { createLogger } from './telemetry.js';

/** A stop that takes longer ends all the same, milliseconds: of one process with everything, and of one of a cluster. */
const STOP_MAX_MS = { all: 9_500, cluster: 30_000 };

/** The exit code, as of the commands for operators. */
const WRONG_USAGE = 2;

function fail(error: unknown): never {
  const sentence = error instanceof Error ? error.message : String(error);
  process.stderr.write(`parley: ${sentence}\n`);
  process.exit(error instanceof OptionsError ? WRONG_USAGE : 1);
}

function address(options: Options, port: number): string {
  const scheme = options.tlsCert === '' ? 'http' : 'https';
  const host = options.host === '0.0.0.0' ? '127.0.0.1' : options.host;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function keys([file, flag, ...rest]: readonly string[]): void {
  if (file === undefined || file.startsWith('-') || rest.length > 0 || (flag !== undefined && flag !== '--public'))
    throw new OptionsError('Say `parley keys FILE`, or `parley keys FILE --public`.');
  if (flag === '--public') process.stdout.write(publicKeySet(file));
  else createSigningKeyFile(file);
}

function vapid([file, ...rest]: readonly string[]): void {
  if (file === undefined || file.startsWith('-') || rest.length > 0) throw new OptionsError('Say `parley vapid FILE`.');
  createVapidKeyFile(file);
}

/** Ends by itself. */
async function migrate(args: readonly string[]): Promise<void> {
  const options = readOptions(args, process.env, 'migrate');
  if (options === undefined) return;
  const { migrateToCluster } = await import('./migrate.js');
  // While it waits for a store that is away it has nothing else that keeps it alive.
  const alive = setInterval(() => undefined, 60_000);
  try {
    await migrateToCluster(options, createLogger(options.logLevel), (line) => process.stdout.write(`${line}\n`));
  } finally {
    clearInterval(alive);
  }
}

/** Ends by itself. With `node`, by the options of a cluster's nodes; else of a data folder, which alone counts then. */
async function reindex(args: readonly string[]): Promise<void> {
  const isCluster = args[0] === 'node';
  const options = readOptions(isCluster ? args.slice(1) : args, process.env, isCluster ? 'node' : 'reindex');
  if (options === undefined) return;
  const { reindexCluster, reindexFolder } = await import('./reindex.js');
  const now = Date.now();
  const incarnation = `reindex-${now}-${process.pid}`;
  if (isCluster) await reindexCluster(options, incarnation, createLogger(options.logLevel));
  else await reindexFolder(options.data, incarnation, now);
  const when = isCluster ? ' Start the nodes again, one after the other.' : '';
  process.stdout.write(`The search indexes are built anew, each when its channel is next used.${when}\n`);
}

const ENDING: Readonly<Record<EndingCommand, (args: readonly string[]) => void | Promise<void>>> = {
  migrate,
  reindex,
  keys,
  vapid,
};

function roleOf(args: readonly string[]): Role | undefined {
  const [first = ''] = args;
  if (first === '' || first.startsWith('-')) return 'all';
  return CLUSTER_ROLES.find((role) => role === first);
}

interface Running {
  readonly port: number;
  readonly adminAddress?: string | undefined;
  stop(): Promise<void>;
}

/** Loads only the code that the role needs: a process of one role holds no driver of another's servers. */
async function start(role: Role, options: Options): Promise<Running> {
  const logger = createLogger(options.logLevel);
  if (role !== 'all') {
    const { startRole } = await import('./cluster-roles.js');
    return startRole(role, options, logger, () => {
      fail('another process has taken over what this one owned; nothing more is acknowledged here.');
    });
  }
  const { startEmbedded } = await import('./compose.js');
  return startEmbedded(options, logger, fail);
}

/** `running`: undefined while it starts, when there is nothing to hand over. */
function stopWhenAsked(role: Role, running: () => Running | undefined): void {
  let stopping = false;
  const stop = (): void => {
    const started = running();
    if (stopping) process.exit(1);
    if (started === undefined) process.exit(0);
    stopping = true;
    process.stdout.write('Parley is stopping: clients move away, actors write down what they hold …\n');
    // Keeps the process alive until then, too.
    setTimeout(() => fail('the stop took too long.'), role === 'all' ? STOP_MAX_MS.all : STOP_MAX_MS.cluster);
    started.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const ending = ENDING_COMMANDS.find((name) => name === args[0]);
  if (ending !== undefined) return ENDING[ending](args.slice(1));
  const role = roleOf(args);
  if (role === undefined) throw new OptionsError(`There is no command ${args[0]}: see --help.`);
  const options = readOptions(role === 'all' ? args : args.slice(1), process.env, role);
  if (options === undefined) return;
  if ((options.tlsCert === '') !== (options.tlsKey === '')) {
    throw new OptionsError('TLS needs both tls-cert and tls-key.');
  }
  let running: Running | undefined;
  if (role !== 'all') stopWhenAsked(role, () => running);
  // A process that waits for its servers has nothing else that keeps it alive.
  const alive = setInterval(() => undefined, 60_000);
  running = await start(role, options);
  clearInterval(alive);
  if (role === 'all') stopWhenAsked(role, () => running);
  const what = role === 'all' ? `data in ${options.data}` : `${role} of ${options.cluster}`;
  const admin = running.adminAddress === undefined ? '' : `; for operators: ${running.adminAddress}`;
  process.stdout.write(`Parley is ready: ${address(options, running.port)} (${what}${admin})\n`);
}

const serves = roleOf(process.argv.slice(2)) !== undefined;
onClosedOutput(
  () => undefined, // a server goes on, and help has nothing more to do
  () => serves || process.exit(1),
);
main().catch(fail);
