// The servers of `make servers`, as processes of this machine: which ports, which folders, which launch.

import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CASSANDRA_HINT, findCassandra, launchCassandra, THREE_TOKENS } from './cassandra.mjs';
import { CONSUL_HINT, CONSUL_PORTS, findConsul, launchConsul } from './consul.mjs';
import { freePorts, isFree } from './free-ports.mjs';
import { findNats, launchNats, NATS_HINT } from './nats.mjs';
import { findPostgres, launchPostgres, POSTGRES_HINT, postgresUrl } from './postgres.mjs';
import { Complaint } from './run-tool.mjs';
import { DATA_FOLDER } from './running.mjs';

/** The first port of each; where one is taken, free ones are looked for. */
export const PORTS = { consul: 18_500, nats: 14_222, cassandra: 19_042, postgres: 15_432 };

const CASSANDRA_ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
const CASSANDRA_PORTS = 2;

async function portsFrom(first, count, addresses = ['127.0.0.1']) {
  for (let port = first; port < first + count; port++) {
    for (const address of addresses) {
      if (!(await isFree(port, address))) return freePorts(count, addresses);
    }
  }
  return first;
}

function found(program, hint) {
  if (program === undefined) throw new Complaint(hint);
  return program;
}

/**
 * What starts each server, and its address for clients.
 * @type {Record<keyof typeof PORTS, (options: { cassandraNodes: number }) => Promise<{ address: string, launches: import('./server-process.mjs').Launch[] }>>}
 */
export const LOCAL_SERVERS = {
  async consul() {
    const program = found(findConsul(), CONSUL_HINT);
    const port = await portsFrom(PORTS.consul, CONSUL_PORTS);
    return {
      address: `127.0.0.1:${port}`,
      launches: [launchConsul({ program, port, folder: join(DATA_FOLDER, 'consul') })],
    };
  },

  async nats() {
    const program = found(findNats(), NATS_HINT);
    const port = await portsFrom(PORTS.nats, 1);
    return {
      address: `127.0.0.1:${port}`,
      launches: [launchNats({ program, port, folder: join(DATA_FOLDER, 'nats') })],
    };
  },

  async cassandra({ cassandraNodes }) {
    const program = found(findCassandra(), CASSANDRA_HINT);
    const seeds = CASSANDRA_ADDRESSES.slice(0, cassandraNodes);
    const port = await portsFrom(PORTS.cassandra, CASSANDRA_PORTS, seeds);
    const launches = seeds.map((address, i) => {
      const folder = join(DATA_FOLDER, `cassandra-${cassandraNodes}`, `node-${i + 1}`);
      return launchCassandra({
        ...program,
        folder,
        port,
        storagePort: port + 1,
        address,
        seeds,
        token: THREE_TOKENS[i],
      });
    });
    return { address: seeds.map((address) => `${address}:${port}`).join(','), launches };
  },

  async postgres() {
    const bin = found(findPostgres(), POSTGRES_HINT);
    const port = await portsFrom(PORTS.postgres, 1);
    return { address: postgresUrl({ port }), launches: [launchPostgres({ bin, port, folder: postgresFolder() })] };
  },
};

/** Another user has to reach it where we are root: not below a folder that only root may enter. */
function postgresFolder() {
  const folder = join(DATA_FOLDER, 'postgres');
  if (process.getuid?.() !== 0 || othersMayEnter(DATA_FOLDER)) return folder;
  return join('/var/tmp', `parley-postgres-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`);
}

function othersMayEnter(folder) {
  const mayEnter = !existsSync(folder) || (statSync(folder).mode & 0o001) !== 0;
  return mayEnter && (folder === dirname(folder) || othersMayEnter(dirname(folder)));
}
