// The servers in containers, as deploy/compose.yaml says, where a Docker engine answers.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasLeader } from './consul.mjs';
import { answersCql, seesThreeReplicas } from './cql.mjs';
import { PORTS } from './local-servers.mjs';
import { answersNats } from './nats.mjs';
import { answersPostgres, postgresUrl } from './postgres.mjs';
import { repositoryRoot } from './repository.mjs';
import { Complaint, runTool } from './run-tool.mjs';
import { DATA_FOLDER, writeRunning } from './running.mjs';

const READY_MS = 180_000;
const LOOK_AGAIN_MS = 500;
const LOCALHOST = '127.0.0.1';

const WITHOUT_CONTAINERS = 'Without containers: `make servers-down`, then `make servers ARGS=--native`.';

/** As deploy/compose.yaml gives them; a host that runs Linux reaches them directly. */
export const CASSANDRA_NODES = ['172.31.77.11', '172.31.77.12', '172.31.77.13'];

/** Whether the client of the Docker engine knows Compose. */
export function hasCompose() {
  return spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0;
}

const COMPOSE_FILE = join(repositoryRoot, 'deploy', 'compose.yaml');

/** The image of `service`, with its version, as deploy/compose.yaml names it. */
export function imageOf(service) {
  const [, image = ''] =
    new RegExp(`^ {2}${service}:\\n {4}image: (\\S+)$`, 'm').exec(readFileSync(COMPOSE_FILE, 'utf8')) ?? [];
  return image;
}

/** The containers, volumes and network of this work tree. */
const COMPOSE_PROJECT = `parley-${createHash('sha256').update(repositoryRoot).digest('hex').slice(0, 8)}`;

/** What `docker` is told to have Compose do `args` with the containers of `project`. */
function composeArgs(project, args) {
  return ['compose', '-p', project, '-f', COMPOSE_FILE, ...args];
}

function docker(args, env = {}) {
  mkdirSync(DATA_FOLDER, { recursive: true });
  return runTool('docker', args, { logFile: join(DATA_FOLDER, 'compose.log'), hint: '', env });
}

const allOf = async (answers) => (await Promise.all(answers)).every((answer) => answer);

/** Where each is for clients, and whether it answers there. */
function placesOf(cassandraNodes) {
  const local = { address: LOCALHOST, port: PORTS.cassandra };
  const three = CASSANDRA_NODES.map((address) => ({ address, port: 9_042 }));
  return {
    consul: [`${LOCALHOST}:${PORTS.consul}`, () => hasLeader(LOCALHOST, PORTS.consul)],
    nats: [`${LOCALHOST}:${PORTS.nats}`, () => answersNats({ address: LOCALHOST, port: PORTS.nats })],
    postgres: [postgresUrl({ port: PORTS.postgres }), () => answersPostgres({ port: PORTS.postgres })],
    cassandra:
      cassandraNodes === 1
        ? [`${LOCALHOST}:${PORTS.cassandra}`, () => answersCql(local)]
        : [three.map(({ address, port }) => `${address}:${port}`).join(','), () => allOf(three.map(seesThreeReplicas))],
  };
}

/** Starts these servers and resolves when each answers; what runs already stays. */
export async function composeUp(names, running, cassandraNodes) {
  const project = COMPOSE_PROJECT;
  running.composeProject = project;
  writeRunning(running);
  const services =
    names.includes('cassandra') && cassandraNodes === 3 ? [...names, 'cassandra-2', 'cassandra-3'] : names;
  const seeds = CASSANDRA_NODES.slice(0, cassandraNodes).map((address) => `${address}:7000`);
  const environment = { PARLEY_CASSANDRA_SEEDS: seeds.join(','), PARLEY_CASSANDRA_NODES: `${cassandraNodes}` };
  await docker(composeArgs(project, ['up', '--detach', ...services]), environment).catch((error) => {
    throw error instanceof Complaint ? new Complaint(`${error.message}\n${WITHOUT_CONTAINERS}`) : error;
  });
  const places = placesOf(cassandraNodes);
  await Promise.all(
    names.map(async (name) => {
      const [address, answers] = places[name];
      for (const end = Date.now() + READY_MS; !(await answers()); ) {
        if (Date.now() > end)
          throw new Complaint(`${name} does not answer; see \`docker compose -p ${project} logs ${name}\`.`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
      running.addresses[name] = address;
      console.log(`${name}: answers at ${address}, in a container`);
    }),
  );
}

/** Removes what the servers of this work tree wrote in containers, which are down: every volume with its label. */
export async function removeVolumes() {
  const label = `label=com.docker.compose.project=${COMPOSE_PROJECT}`;
  const listed = spawnSync('docker', ['volume', 'ls', '--quiet', '--filter', label], { encoding: 'utf8' });
  const volumes = listed.stdout.split('\n').filter((name) => name !== '');
  if (volumes.length > 0) await docker(['volume', 'rm', ...volumes]);
  return volumes.length;
}

/** Stops and removes the containers and their network; their volumes stay. */
export function composeDown(project) {
  return docker(composeArgs(project, ['--profile', '*', 'down', '--remove-orphans']));
}
