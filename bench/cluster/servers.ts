/** The servers that a cluster uses, the bench's own, on cores that it chooses. */
import { availableParallelism } from 'node:os';
import { CASSANDRA_HINT, findCassandra, launchCassandra } from '../../scripts/servers/cassandra.mjs';
import { CONSUL_HINT, CONSUL_PORTS, findConsul, launchConsul } from '../../scripts/servers/consul.mjs';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { findNats, launchNats, NATS_HINT } from '../../scripts/servers/nats.mjs';
import { findPostgres, launchPostgres, POSTGRES_HINT, postgresUrl } from '../../scripts/servers/postgres.mjs';
import { newFolder, RealServer, startFresh } from '../../scripts/servers/real-server.mjs';
import type { Launch } from '../../scripts/servers/server-process.mjs';
import { SERVER_CORE } from '../run/server.js';

/** As `taskset` names them; undefined where there is only one. */
export interface Cores {
  readonly cassandra: string | undefined;
  /** Of everything else that serves, and of the bare driver. */
  readonly servers: string | undefined;
}

export function coresOf(apart: boolean): Cores {
  const count = availableParallelism();
  if (count === 1) return { cassandra: undefined, servers: undefined };
  const first = String(SERVER_CORE);
  const others = Array.from({ length: count }, (_, core) => core).filter((core) => core !== SERVER_CORE);
  return { cassandra: first, servers: apart ? others.join(',') : first };
}

export interface Servers {
  readonly addresses: {
    readonly consul: string;
    readonly nats: string;
    readonly cassandra: string;
    readonly postgres: string;
  };
  readonly pids: { readonly cassandra: number; readonly nats: number };
  remove(): Promise<void>;
}

const SYNC_WINDOW_MS = 2;

/** Cassandra syncs its commit log before it answers, what comes within 2 ms together; the rest as `make servers` has it. */
export async function startServers(cores: Cores, heapMegabytes: number): Promise<Servers> {
  const programs = {
    cassandra: found(findCassandra(), CASSANDRA_HINT),
    consul: found(findConsul(), CONSUL_HINT),
    nats: found(findNats(), NATS_HINT),
    postgres: found(findPostgres(), POSTGRES_HINT),
  };
  const started = await Promise.allSettled([
    one('cassandra', cores.cassandra, 2, (port, folder) =>
      launchCassandra({
        ...programs.cassandra,
        ...{ port, storagePort: port + 1, folder, heapMegabytes, syncWindowMilliseconds: SYNC_WINDOW_MS },
      }),
    ),
    one('consul', cores.servers, CONSUL_PORTS, (port, folder) =>
      launchConsul({ program: programs.consul, port, folder }),
    ),
    one('nats', cores.servers, 1, (port, folder) => launchNats({ program: programs.nats, port, folder })),
    one('postgres', cores.servers, 1, (port, folder) => launchPostgres({ bin: programs.postgres, port, folder })),
  ]);
  const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const remove = async (): Promise<void> => {
    await Promise.all(running.map((server) => server.remove()));
  };
  const [cassandra, consul, nats, postgres] = running;
  if (cassandra === undefined || consul === undefined || nats === undefined || postgres === undefined) {
    await remove();
    throw new Error(started.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : [])).join('\n'));
  }
  const at = ({ port }: Server): string => `127.0.0.1:${port}`;
  return {
    addresses: { consul: at(consul), nats: at(nats), cassandra: at(cassandra), postgres: postgresUrl(postgres) },
    pids: { cassandra: cassandra.pid ?? 0, nats: nats.pid ?? 0 },
    remove,
  };
}

class Server extends RealServer {
  readonly port: number;

  constructor(folder: string, port: number, launch: Launch) {
    super(folder, launch);
    this.port = port;
  }
}

function one(
  name: string,
  cores: string | undefined,
  ports: number,
  launchOf: (port: number, folder: string) => Launch,
): Promise<Server> {
  return startFresh(async () => {
    const port = await freePorts(ports);
    const folder = newFolder(name);
    return new Server(folder, port, pinned(launchOf(port, folder), cores));
  });
}

/** `taskset` becomes the program: its process id is the server's. */
function pinned(launch: Launch, cores: string | undefined): Launch {
  if (cores === undefined) return launch;
  return { ...launch, program: 'taskset', args: ['-c', cores, launch.program, ...launch.args] };
}

function found<Program>(program: Program | undefined, hint: string): Program {
  if (program === undefined) throw new Error(hint);
  return program;
}
