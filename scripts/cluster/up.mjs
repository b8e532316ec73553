// `make cluster`: three nodes, two gateways, two API processes, one for push, one for operators and HAProxy before them, on the servers of
// `make servers`; in the foreground until Ctrl-C.
// Once all are ready, one that ends (by a kill -9, say) is started again a little later, and the others go on meanwhile.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { readMakeArguments } from '../make-arguments.mjs';
import { SERVER_FLAGS } from '../server-flags.mjs';
import { exportLines, VARIABLES } from '../servers/given.mjs';
import { findHaproxy, HAPROXY_HINT, launchHaproxy, launchHaproxyContainer } from '../servers/haproxy.mjs';
import { hasEngine } from '../servers/image.mjs';
import { repositoryRoot } from '../servers/repository.mjs';
import { readRunning } from '../servers/running.mjs';
import { spawnServer, untilItAnswers } from '../servers/server-process.mjs';

const FOLDER = join(repositoryRoot, '.cache', 'cluster');
const PROGRAM = join(repositoryRoot, 'dist', 'src', 'node', 'main.js');
const KEYS = join(FOLDER, 'token-keys.json');
const VAPID = join(FOLDER, 'vapid.json');
const ADMIN_TOKENS = join(FOLDER, 'admin-tokens.json');
const READY_MS = 120_000;
const STOP_MS = 35_000;
/** Long enough to see that the others take over what it had. */
const START_AGAIN_MS = 5_000;

/** Of one role: more would reach the ports of the next. */
const PORTS_A_ROLE = 20;
/** Gateways and APIs tell clients no metrics: those are on a port beside theirs. */
const METRICS_ABOVE = 100;
const LAST_PORT = 65_535;
const port = { min: 1, max: LAST_PORT };
const some = { min: 1, max: PORTS_A_ROLE };
const any = { min: 0, max: PORTS_A_ROLE };

const options = readMakeArguments('cluster', {
  port: { ...port, default: 8080, description: 'the one address, where HAProxy serves page, API and WebSocket' },
  'admin-port': {
    ...port,
    default: 9090,
    description: 'gRPC of the first admin process; the next one has the next port',
  },
  'base-port': {
    ...{ min: 1, max: LAST_PORT - 2 * METRICS_ABOVE },
    ...{ default: 18_100, description: 'the processes take ports among the 200 from this one on' },
  },
  nodes: { ...some, default: 3, description: 'how many nodes' },
  gateways: { ...some, default: 2, description: 'how many gateways' },
  apis: { ...some, default: 2, description: 'how many API processes' },
  pushes: { ...any, default: 1, description: 'how many push processes' },
  admins: { ...any, default: 1, description: 'how many admin processes' },
  cluster: { default: 'local', description: "the cluster's name: a keyspace belongs to one" },
  keyspace: { default: 'parley', description: "Cassandra's keyspace, made where it is missing" },
});

const counts = {
  node: options.nodes,
  gateway: options.gateways,
  api: options.apis,
  push: options.pushes,
  admin: options.admins,
};
/** By name. */
const children = new Map();
let ready = false;
let stopping = false;

function complain(sentence) {
  console.error(`make cluster: ${sentence}`);
  process.exitCode = 1;
  return stop();
}

function run({ name, port, args, env }) {
  const logFile = join(FOLDER, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
    detached: true, // Ctrl-C reaches this process alone, which ends the others in order
  });
  closeSync(log);
  console.log(`  ${name.padEnd(10)} 127.0.0.1:${port}  process ${child.pid}`);
  watch(name, child, logFile, () => run({ name, port, args, env }));
}

/** One of the cluster: it is ended with the others. If it ends before all are ready, or nothing can start it again, so do they. */
function watch(name, child, logFile, startAgain) {
  children.set(name, child);
  child.once('exit', (code, signal) => {
    if (stopping) return;
    const ended = `${name} ended with ${code ?? signal}; see ${logFile}`;
    if (!ready || startAgain === undefined) return void complain(ended);
    console.log(`${ended}. The others go on, and it is started again in ${START_AGAIN_MS / 1000} s.`);
    setTimeout(() => stopping || startAgain(), START_AGAIN_MS);
  });
}

async function untilReady(name, port) {
  for (const end = Date.now() + READY_MS; ; ) {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/ready`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    if (stopping || Date.now() > end) throw new Error(`${name} is not ready; see ${join(FOLDER, `${name}.log`)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function stopAll(wanted) {
  const own = [...children].flatMap(([name, child]) =>
    wanted(name) && child.exitCode === null && child.signalCode === null ? [child] : [],
  );
  for (const child of own) child.kill('SIGTERM');
  const exits = own.map((child) => new Promise((resolve) => child.once('exit', resolve)));
  await Promise.race([Promise.all(exits), new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())]);
  for (const child of own) if (child.exitCode === null) child.kill('SIGKILL');
}

async function stop() {
  if (stopping) return;
  stopping = true;
  console.log('The cluster is stopping …');
  await stopAll((name) => name === 'haproxy');
  await stopAll((name) => !name.startsWith('node'));
  await stopAll(() => true);
  process.exit();
}

function processes() {
  return Object.entries(counts).flatMap(([role, count], group) =>
    Array.from({ length: count }, (_, i) => ({
      ...{ role, name: `${role}-${i + 1}`, port: options['base-port'] + PORTS_A_ROLE * group + i },
      index: i,
    })),
  );
}

function startProcess({ role, name, port, index }, addresses) {
  const origin = `http://127.0.0.1:${options.port}`;
  const shared = ['--port', port, '--name', name, '--cluster', options.cluster];
  const measured = ['--metrics-port', port + METRICS_ABOVE];
  const more = {
    node: [
      '--keyspace',
      options.keyspace,
      '--replication',
      addresses.cassandra.includes(',') ? 3 : 1,
      '--nodes-min',
      counts.node,
    ],
    gateway: [
      ...measured,
      '--token-keys',
      KEYS,
      '--allowed-origins',
      `${origin},http://localhost:${options.port}`,
      '--trusted-proxies',
      '127.0.0.1',
    ],
    api: [...measured, '--token-keys', KEYS, '--vapid-keys', VAPID, '--trusted-proxies', '127.0.0.1'],
    push: ['--vapid-keys', VAPID],
    admin: ['--admin-tokens', ADMIN_TOKENS, '--admin-address', `127.0.0.1:${options['admin-port'] + index}`],
  };
  const env = Object.fromEntries(Object.entries(VARIABLES).map(([server, variable]) => [variable, addresses[server]]));
  run({ name, port, args: [...SERVER_FLAGS, PROGRAM, role, ...shared, ...more[role]].map(String), env });
}

/** The one of this machine, else one in a container; undefined where neither can be had. */
function chooseHaproxy(places) {
  const program = findHaproxy();
  if (program !== undefined) return launchHaproxy({ ...places, program });
  if (process.platform !== 'linux' || !hasEngine()) return undefined;
  console.log('HAProxy: not on this machine, in a container then');
  return launchHaproxyContainer(places);
}

async function startHaproxy(all) {
  const at = (role) => all.filter((one) => one.role === role).map(({ port }) => `127.0.0.1:${port}`);
  const address = `127.0.0.1:${options.port}`;
  const places = { folder: join(FOLDER, 'haproxy'), address, apis: at('api'), gateways: at('gateway') };
  const launch = chooseHaproxy(places);
  if (launch === undefined) {
    console.log(`No HAProxy: the page is at the first API process. ${HAPROXY_HINT}`);
    return at('api')[0];
  }
  const child = await spawnServer(launch, true);
  watch('haproxy', child, launch.logFile);
  await untilItAnswers(launch, child);
  return address;
}

async function up() {
  const { addresses: started } = readRunning();
  const addresses = Object.fromEntries(
    Object.entries(VARIABLES).map(([server, variable]) => [server, process.env[variable] || started[server] || '']),
  );
  const missing = Object.keys(addresses).filter((server) => !addresses[server]);
  if (missing.length > 0) throw new Error(`no address of ${missing.join(', ')}: \`make servers\` first.`);
  mkdirSync(FOLDER, { recursive: true });
  for (const [command, file] of Object.entries({ keys: KEYS, vapid: VAPID })) {
    if (existsSync(file)) continue;
    const made = spawn(process.execPath, [PROGRAM, command, file], { stdio: 'inherit' });
    await new Promise((resolve) => made.once('exit', resolve));
  }
  console.log(exportLines(addresses).trimEnd());
  const all = processes();
  for (const one of all) startProcess(one, addresses);
  await Promise.all(all.map(({ name, port }) => untilReady(name, port)));
  const address = await startHaproxy(all);
  ready = true;
  if (counts.admin > 0)
    console.log(
      `For operators: npx parley status --address 127.0.0.1:${options['admin-port']} --token-file ${ADMIN_TOKENS}`,
    );
  console.log(`The cluster is ready: http://${address} (logs in ${FOLDER}; Ctrl-C stops it)`);
}

process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());
up().catch((error) => complain(error.message));
