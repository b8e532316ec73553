/**
 * Faults on real processes: people chat while nodes, gateways and servers are killed, paused, drained and started again, in an
 * order that the seed decides; then the checker judges what they sent and saw. FAULTS=20 FAULTS_SEED=7 for more, or the same again.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { directChannelId } from '../../src/core/ids.js';
import { type Random, seededRandom } from '../../src/core/random.js';
import { checkHistory } from '../checker/checker.js';
import { chatter, Notes, Person } from '../crash/people.js';
import { describeWith } from '../servers/requirement.js';
import { findServers, RealCluster, type RoleProcess, SERVERS_HINT } from './real-cluster.js';

const FAULTS = Number(process.env.FAULTS ?? 8);
const SEED = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000);
const NAMES = ['ann', 'bob', 'cem', 'dora', 'eve', 'finn'];
const PACE = { minMs: 150, spreadMs: 700 };
const SETTLE_WITHIN_MS = 90_000;
const TEST_MS = 300_000 + 30_000 * FAULTS;

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

async function until(sentence: string, holds: () => boolean, withinMs = SETTLE_WITHIN_MS): Promise<void> {
  for (const giveUp = Date.now() + withinMs; !holds(); ) {
    if (Date.now() > giveUp) throw new Error(`not within ${withinMs} ms: ${sentence}`);
    await pause(20);
  }
}

interface Fault {
  readonly name: string;
  happen(cluster: RealCluster, random: Random): Promise<void>;
}

const oneOf = <Item>(items: readonly Item[], random: Random): Item => {
  const item = items[Math.floor(random.fraction() * items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
};

async function comeBack(one: RoleProcess): Promise<void> {
  one.spawn();
  await one.untilReady();
}

const KILLED_COORDINATOR: Fault = {
  name: 'the coordinator killed',
  async happen(cluster, random) {
    const victim = (await cluster.coordinator()) ?? oneOf(cluster.nodes, random);
    await victim.kill();
    await pause(8_000);
    await comeBack(victim);
  },
};

const FAULT_KINDS: readonly Fault[] = [
  KILLED_COORDINATOR,
  {
    name: 'a node paused for longer than it is waited for',
    async happen(cluster, random) {
      const victim = oneOf(cluster.nodes, random);
      victim.pause();
      await pause(6_000 + random.fraction() * 6_000);
      victim.resume();
      await pause(3_000);
      // Fenced, it has ended by itself, or does so before it acknowledges anything.
      if (!victim.runs) await comeBack(victim);
    },
  },
  {
    name: 'a node drained and started again',
    async happen(cluster, random) {
      const victim = oneOf(cluster.nodes, random);
      expect(await victim.stop()).toBe(0);
      await comeBack(victim);
    },
  },
  {
    name: 'a node killed and at once started again',
    async happen(cluster, random) {
      const victim = oneOf(cluster.nodes, random);
      await victim.kill();
      await comeBack(victim);
    },
  },
  {
    name: 'a gateway killed',
    async happen(cluster, random) {
      const victim = oneOf(cluster.gateways, random);
      await victim.kill();
      await pause(2_000);
      await comeBack(victim);
    },
  },
  {
    name: 'Consul killed for a while',
    async happen(cluster) {
      await cluster.consul.kill();
      await pause(5_000);
      await cluster.consul.start();
    },
  },
  {
    name: 'NATS killed',
    async happen(cluster) {
      await cluster.nats.kill();
      await pause(1_500);
      await cluster.nats.start();
    },
  },
  {
    name: 'Cassandra paused',
    async happen(cluster) {
      for (const node of cluster.cassandra.nodes) node.pause();
      await pause(3_000);
      for (const node of cluster.cassandra.nodes) node.resume();
    },
  },
];

/** Each kind before any comes again, in an order of the seed's. */
function* faultsOf(random: Random): Generator<Fault, never> {
  for (;;) {
    const left = [...FAULT_KINDS];
    while (left.length > 0) yield left.splice(Math.floor(random.fraction() * left.length), 1)[0] ?? KILLED_COORDINATOR;
  }
}

describeWith('a cluster on real servers under faults', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let people: Person[] = [];

  beforeAll(async () => {
    cluster = await RealCluster.start(programs);
  }, 240_000);
  afterAll(async () => {
    await Promise.all(people.map(({ client }) => client.close()));
    await cluster?.remove();
  });

  it(
    `keeps every acknowledged message once, in order, and brings it to every member (FAULTS=${FAULTS} FAULTS_SEED=${SEED})`,
    async () => {
      const random = seededRandom(SEED);
      const notes = new Notes();
      people = await Promise.all(NAMES.map((name) => Person.arrive(cluster.origin, name, notes)));
      const ann = people[0];
      if (ann === undefined) throw new Error('nobody came');
      const group = await ann.client.createChannel({ name: 'all', members: NAMES.slice(1) });
      const members = new Map([[group.channelId, NAMES]]);
      for (const [index, name] of NAMES.entries()) {
        const other = NAMES[(index + 1) % NAMES.length] ?? '';
        await people[index]?.greet(other);
        members.set(directChannelId(name, other), [name, other]);
      }
      const channelsOf = ({ device }: Person): string[] =>
        [...members].flatMap(([channelId, names]) => (names.includes(device.userId) ? [channelId] : []));
      const hush = chatter(people, channelsOf, random, PACE);

      const faults = faultsOf(random);
      for (let count = 0; count < FAULTS; count++) {
        const fault = faults.next().value;
        const startedMs = Date.now();
        await fault.happen(cluster, random);
        const before = notes.acknowledged.length;
        await until(
          `messages are acknowledged again after: ${fault.name}`,
          () => notes.acknowledged.length > before + 10,
        );
        process.stdout.write(`fault ${count + 1}: ${fault.name}; all well after ${Date.now() - startedMs} ms\n`);
      }
      hush();

      await until('every send is settled', () => notes.unsettled() === 0).catch((error: unknown) => {
        throw new Error(`${String(error)}: ${notes.describeUnsettled()}`);
      });
      expect(notes.failed).toEqual([]);
      const logs = await Promise.all(
        [...members].map(async ([channelId, names]) => {
          const reader = people.find(({ device }) => device.userId === names[0]) ?? ann;
          return { channelId, events: await reader.readLog(channelId) };
        }),
      );
      const arrived = until('every member has every event', () =>
        logs.every(({ channelId, events }) =>
          people.every(
            (person) =>
              !members.get(channelId)?.includes(person.device.userId) ||
              person.headOf(channelId) >= (events.at(-1)?.seq ?? 0),
          ),
        ),
      );
      // The checker tells better than a time-out what did not arrive.
      await arrived.catch(() => {});
      const verdict = checkHistory({
        sent: notes.sent(),
        acknowledged: notes.acknowledged,
        seen: notes.seen,
        readers: people.map(({ device }) => ({ ...device, ownMessages: 'seen' as const })),
        members: [...members].flatMap(([channelId, names]) => names.map((userId) => ({ channelId, userId }))),
        logs,
      });
      expect(verdict.findings.slice(0, 10).map(({ guarantee, sentence }) => `${guarantee} ${sentence}`)).toEqual([]);
      expect(notes.acknowledged.length).toBeGreaterThan(10 * FAULTS);
    },
    TEST_MS,
  );
});
