// `make servers`: Consul, NATS, Cassandra and PostgreSQL on this machine, until each answers. What runs already stays.
import { connect } from 'node:net';
import { readMakeArguments } from '../make-arguments.mjs';
import { CASSANDRA_NODES, composeUp, hasCompose } from './compose.mjs';
import { seesThreeReplicas } from './cql.mjs';
import { exportLines, VARIABLES } from './given.mjs';
import { hasEngine } from './image.mjs';
import { LOCAL_SERVERS, PORTS } from './local-servers.mjs';
import { startTicksOf } from './processes.mjs';
import { provide } from './provide.mjs';
import { Complaint } from './run-tool.mjs';
import { readRunning, writeRunning } from './running.mjs';
import { spawnServer, untilItAnswers } from './server-process.mjs';
import { chooseWay } from './way.mjs';

const CONNECT_MS = 2_000;
const TOGETHER_MS = 60_000;
const LOOK_AGAIN_MS = 200;

const options = readMakeArguments('servers', {
  'cassandra-nodes': { ...{ min: 1, max: 3 }, default: 1, description: 'nodes of Cassandra: 1 or 3' },
  only: { default: Object.keys(VARIABLES).join(','), description: 'those to start, by commas' },
  native: { default: false, description: 'processes of this machine, also where a Docker engine answers' },
});

/** Addresses from the environment that are not our own of an earlier run. */
function givenAddresses(names) {
  const isOwn = (name, address) =>
    address.includes(`127.0.0.1:${PORTS[name]}`) || (name === 'cassandra' && address.includes(CASSANDRA_NODES[0]));
  return Object.fromEntries(
    names.flatMap((name) => {
      const address = process.env[VARIABLES[name]];
      return address === undefined || address === '' || isOwn(name, address) ? [] : [[name, address]];
    }),
  );
}

/** Whether somebody listens at the first of `host:port,…`, or at the host and port of a URL. */
function takesConnections(address) {
  const [, host = '', port = ''] = /(?:^|@|\/\/)([^@/,]+?):(\d+)(?:[/,]|$)/.exec(address) ?? [];
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: CONNECT_MS });
    for (const event of ['connect', 'error', 'timeout']) {
      socket.once(event, () => {
        socket.destroy();
        resolve(event === 'connect');
      });
    }
  });
}

/**
 * Starts one server of one or several processes; each is written down before it is waited for.
 * @param {keyof typeof LOCAL_SERVERS} name
 * @param {import('./running.mjs').Running} running
 * @param {number} cassandraNodes
 */
async function startServer(name, running, cassandraNodes) {
  const started = Date.now();
  const { address, launches } = await LOCAL_SERVERS[name]({ cassandraNodes });
  await Promise.all(
    launches.map(async (launch) => {
      const child = await spawnServer(launch, true);
      const { pid } = child;
      if (pid !== undefined) {
        const stopSignal = launch.stopSignal ?? 'SIGTERM';
        running.processes.push({ server: name, pid, startTicks: startTicksOf(pid), stopSignal });
        writeRunning(running);
      }
      await untilItAnswers(launch, child);
      child.unref();
    }),
  );
  if (launches.length > 1) await together(address.split(','));
  running.addresses[name] = address;
  writeRunning(running);
  console.log(`${name}: answers at ${address} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

async function together(addresses) {
  for (const end = Date.now() + TOGETHER_MS; ; ) {
    const seen = await Promise.all(
      addresses.map((node) => {
        const [address = '', port] = node.split(':');
        return seesThreeReplicas({ address, port: Number(port) });
      }),
    );
    if (seen.every((sees) => sees)) return;
    if (Date.now() > end) throw new Complaint('The nodes of Cassandra do not reach each other.');
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

async function startNatively(names, running, cassandraNodes) {
  const alive = new Set(running.processes.map(({ server }) => server));
  for (const name of names.filter((name) => alive.has(name)))
    console.log(`${name}: runs at ${running.addresses[name]}`);
  const missing = names.filter((name) => !alive.has(name));
  if (!(await provide(missing))) throw new Complaint('Not every server could be provided.');
  const outcomes = await Promise.allSettled(missing.map((name) => startServer(name, running, cassandraNodes)));
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.message] : []));
  if (failures.length > 0)
    throw new Complaint(`${failures.join('\n')}\nWhat did start is stopped by \`make servers-down\`.`);
}

/** In containers, what was asked for before counts: Compose alone knows what runs. @param {import('./running.mjs').Running} running */
function cassandraRuns({ composeProject, cassandraNodes, processes }) {
  return composeProject === undefined
    ? processes.some(({ server }) => server === 'cassandra')
    : cassandraNodes !== undefined;
}

async function start(names, running, cassandraNodes) {
  const { containers, why } = chooseWay({
    native: options.native,
    containersRun: running.composeProject !== undefined,
    processesRun: running.processes.length > 0,
    hasEngine,
    hasCompose,
  });
  if (why !== undefined) console.log(why);
  await (containers ? composeUp : startNatively)(names, running, cassandraNodes);
}

async function up() {
  const cassandraNodes = options['cassandra-nodes'];
  if (cassandraNodes !== 1 && cassandraNodes !== 3) throw new Complaint('--cassandra-nodes is 1 or 3.');
  const wanted = options.only.split(',');
  const unknown = wanted.filter((name) => !Object.hasOwn(VARIABLES, name));
  if (unknown.length > 0)
    throw new Complaint(`--only knows ${Object.keys(VARIABLES).join(', ')}, not ${unknown.join(', ')}.`);

  const running = readRunning();
  if (cassandraRuns(running) && wanted.includes('cassandra') && running.cassandraNodes !== cassandraNodes)
    throw new Complaint(`Cassandra runs with ${running.cassandraNodes} node(s): \`make servers-down\` first.`);
  const given = givenAddresses(wanted);
  for (const [name, address] of Object.entries(given)) {
    const silence = (await takesConnections(address)) ? '' : ', WHERE NOBODY ANSWERS NOW';
    console.log(`${name}: given by ${VARIABLES[name]}, ${address}${silence}`);
  }
  const names = wanted.filter((name) => given[name] === undefined);
  Object.assign(running.addresses, given);
  if (names.includes('cassandra')) running.cassandraNodes = cassandraNodes;

  if (names.length > 0) await start(names, running, cassandraNodes);
  writeRunning(running);
  process.stdout.write(exportLines(running.addresses));
  console.log('These lines are in .cache/servers.env, too. `make servers-down` stops what was started.');
}

up().catch((error) => {
  console.error(error instanceof Complaint ? error.message : error);
  process.exit(1);
});
