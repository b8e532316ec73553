// The servers in containers, as deploy/compose.yaml says, where a Docker engine answers.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasLeader } from './consul.mjs';
import { answersCql, seesThreeReplicas } from './cql.mjs';
import { hasEngine } from './image.mjs';
import { PORTS } from './local-servers.mjs';
import { answersNats } from './nats.mjs';
import { answersPostgres, postgresUrl } from './postgres.mjs';
import { repositoryRoot } from './repository.mjs';
import { Complaint, runTool } from './run-tool.mjs';
import { DATA_FOLDER, writeRunning } from './running.mjs';

const READY_MS = 180_000;
const LOOK_AGAIN_MS = 500;
const LOCALHOST = '127.0.0.1';

/** As deploy/compose.yaml gives them; a host that runs Linux reaches them directly. */
const CASSANDRA_NODES = ['172.31.77.11', '172.31.77.12', '172.31.77.13'];

/** Whether a Docker engine answers, and its client knows Compose. */
export function hasCompose() {
  return hasEngine() && spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0;
}

function compose(project, args, environment = {}) {
  mkdirSync(DATA_FOLDER, { recursive: true });
  const file = join(repositoryRoot, 'deploy', 'compose.yaml');
  return runTool('docker', ['compose', '-p', project, '-f', file, ...args], {
    logFile: join(DATA_FOLDER, 'compose.log'),
    hint: '',
    env: environment,
  });
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
  const project = `parley-${createHash('sha256').update(repositoryRoot).digest('hex').slice(0, 8)}`;
  running.composeProject = project;
  writeRunning(running);
  const services =
    names.includes('cassandra') && cassandraNodes === 3 ? [...names, 'cassandra-2', 'cassandra-3'] : names;
  const seeds = CASSANDRA_NODES.slice(0, cassandraNodes).map((address) => `${address}:7000`);
  await compose(project, ['up', '--detach', ...services], {
    PARLEY_CASSANDRA_SEEDS: seeds.join(','),
    PARLEY_CASSANDRA_NODES: `${cassandraNodes}`,
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

/** Stops and removes the containers; their volumes stay. */
export function composeDown(project) {
  return compose(project, ['--profile', 'three-nodes', 'down']);
}
