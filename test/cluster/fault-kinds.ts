/** What happens to a real cluster under load: each kind ends with everything back, as far as a process can tell. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/core/random.js';
import { type Cut, cutFor, type Link } from '../network/link.js';
import type { RealCluster } from './real-cluster.js';
import type { RoleProcess, ServerName } from './role-process.js';

export interface Fault {
  readonly name: string;
  happen(setting: Setting): Promise<void>;
}

export interface Setting {
  readonly cluster: RealCluster;
  readonly random: Random;
  /** How long a process is cut off or paused at most, milliseconds. */
  readonly outageMsMax: number;
}

const SHORTEST_MS = 3_000;
/** After which a node that only NATS does not reach has been replaced, and a gateway has sent its clients elsewhere. */
const REPLACED_MS = 20_000;
/** For shards to move to it. */
const JOINED_MS = 6_000;
const HOUR_MS = 3_600_000;

export const oneOf = <Item>(items: readonly Item[], random: Random): Item => {
  const item = items[Math.floor(random.fraction() * items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
};

const outageMs = ({ random, outageMsMax }: Setting): number =>
  SHORTEST_MS + random.fraction() * (outageMsMax - SHORTEST_MS);

const coordinatorOf = async ({ cluster, random }: Setting): Promise<RoleProcess> =>
  (await cluster.coordinator()) ?? oneOf(cluster.nodes, random);

/** Each node's clock to an hour early, right, or an hour late. */
export function jumpAll({ nodes }: RealCluster, random: Random): void {
  for (const node of nodes) node.jump(oneOf([-HOUR_MS, 0, HOUR_MS], random));
}

const PROCESSES: readonly Fault[] = [
  {
    name: 'the coordinator killed',
    async happen(setting) {
      const victim = await coordinatorOf(setting);
      await victim.kill();
      await sleep(8_000);
      await victim.comeBack();
    },
  },
  {
    name: 'a node paused for longer than it is waited for',
    async happen({ cluster, random, outageMsMax }) {
      const victim = oneOf(cluster.nodes, random);
      victim.pause();
      await sleep(6_000 + random.fraction() * (outageMsMax - 6_000));
      victim.resume();
      // Fenced, it ends by itself before it acknowledges anything.
      await sleep(3_000);
    },
  },
  {
    name: 'a node drained and started again',
    async happen({ cluster, random }) {
      const victim = oneOf(cluster.nodes, random);
      const code = await victim.stop();
      if (code !== 0) throw new Error(`${victim.name} ended with ${code}: ${victim.output}`);
      await victim.comeBack();
    },
  },
  {
    name: 'a node killed and at once started again',
    async happen({ cluster, random }) {
      const victim = oneOf(cluster.nodes, random);
      await victim.kill();
      await victim.comeBack();
    },
  },
  {
    name: 'clocks jump by an hour, either way, before a node is killed and before it comes back',
    async happen({ cluster, random }) {
      const victim = oneOf(cluster.nodes, random);
      jumpAll(cluster, random);
      await victim.kill();
      jumpAll(cluster, random);
      await victim.comeBack();
      // They stay wrong, each in its own way, whatever happens next.
    },
  },
  {
    name: 'a node joins, and leaves again',
    async happen({ cluster }) {
      const joins = cluster.spare;
      if (joins === undefined) throw new Error('there is no spare node');
      await joins.comeBack();
      await sleep(JOINED_MS);
      const code = await joins.stop();
      if (code !== 0) throw new Error(`${joins.name} ended with ${code}: ${joins.output}`);
    },
  },
  {
    name: 'a gateway killed',
    async happen({ cluster, random }) {
      const victim = oneOf(cluster.gateways, random);
      await victim.kill();
      await sleep(2_000);
      await victim.comeBack();
    },
  },
];

const SERVERS: readonly Fault[] = [
  {
    name: 'Consul killed for a while',
    async happen({ cluster }) {
      await cluster.servers.consul.kill();
      await sleep(5_000);
      await cluster.servers.consul.start();
    },
  },
  {
    name: 'NATS killed',
    async happen({ cluster }) {
      await cluster.servers.nats.kill();
      await sleep(1_500);
      await cluster.servers.nats.start();
    },
  },
  {
    name: 'PostgreSQL killed for a while',
    async happen({ cluster }) {
      await cluster.servers.postgres.kill();
      await sleep(3_000);
      await cluster.servers.postgres.start();
    },
  },
  {
    name: 'Cassandra killed',
    async happen({ cluster }) {
      await cluster.servers.cassandra.kill();
      await cluster.servers.cassandra.start();
    },
  },
  {
    name: 'Cassandra paused',
    async happen({ cluster }) {
      for (const node of cluster.servers.cassandra.nodes) node.pause();
      await sleep(3_000);
      for (const node of cluster.servers.cassandra.nodes) node.resume();
    },
  },
];

type Victim = 'node' | 'gateway' | 'coordinator';

const TITLES: Record<ServerName, string> = { consul: 'Consul', nats: 'NATS', cassandra: 'Cassandra' };

async function victimOf(victim: Victim, setting: Setting): Promise<RoleProcess> {
  if (victim === 'coordinator') return coordinatorOf(setting);
  return oneOf(victim === 'node' ? setting.cluster.nodes : setting.cluster.gateways, setting.random);
}

function linkOf(victim: RoleProcess, server: ServerName): Link {
  const link = victim.links[server];
  if (link === undefined) throw new Error(`${victim.name} cannot be cut off from ${server}`);
  return link;
}

function cutOff(victim: Victim, server: ServerName, how: Cut, leastMs = 0): Fault {
  return {
    name: `a ${victim} cut off from ${TITLES[server]}${how === 'silence' ? '' : ', by resets'}`,
    async happen(setting) {
      const process = await victimOf(victim, setting);
      await cutFor(linkOf(process, server), how, Math.max(leastMs, outageMs(setting)));
      // One that others have taken for dead ends by itself, soon.
      if (server === 'cassandra' || leastMs > 0) await sleep(3_000);
    },
  };
}

/** From all servers at once, as a host is whose cable is pulled: nobody hears it, and it hears nobody. */
function cutOffFromAll(victim: Victim): Fault {
  return {
    name: `a ${victim} cut off from Consul, NATS and Cassandra at once`,
    async happen(setting) {
      const process = await victimOf(victim, setting);
      const durationMs = outageMs(setting);
      await Promise.all(Object.values(process.links).map((link) => cutFor(link, 'silence', durationMs)));
      await sleep(3_000);
    },
  };
}

const CUTS: readonly Fault[] = [
  cutOff('node', 'consul', 'silence'),
  cutOff('gateway', 'consul', 'reset'),
  cutOff('coordinator', 'consul', 'silence'),
  cutOff('node', 'nats', 'silence', REPLACED_MS),
  cutOff('gateway', 'nats', 'silence', REPLACED_MS),
  cutOff('coordinator', 'nats', 'reset'),
  cutOff('node', 'cassandra', 'silence'),
  cutOff('coordinator', 'cassandra', 'reset'),
  cutOffFromAll('node'),
  cutOffFromAll('coordinator'),
];

export const FAULT_KINDS: readonly Fault[] = [...PROCESSES, ...SERVERS, ...CUTS];

/** Each kind before any comes again, in an order of the seed's; only those whose names hold `wanted`. */
export function* faultsOf(random: Random, wanted = ''): Generator<Fault, never> {
  const kinds = FAULT_KINDS.filter(({ name }) => name.includes(wanted));
  if (kinds.length === 0) throw new Error(`no fault is called "${wanted}"`);
  for (;;) {
    const left = [...kinds];
    while (left.length > 0) yield* left.splice(Math.floor(random.fraction() * left.length), 1);
  }
}
