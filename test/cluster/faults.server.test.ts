/**
 * Faults on real processes: people chat while nodes, gateways and servers are killed, paused, cut off, drained and started again,
 * in an order that the seed decides; then the checker judges what they sent and saw. FAULTS=20 FAULTS_SEED=7 for more, or the
 * same again; FAULTS_ONLY=NATS for those whose names hold that.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { directChannelId } from '../../src/core/ids.js';
import { seededRandom } from '../../src/core/random.js';
import { checkHistory } from '../checker/checker.js';
import { chatter, Notes, Person } from '../crash/people.js';
import { describeWith } from '../servers/requirement.js';
import { faultsOf } from './fault-kinds.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';

const FAULTS = Number(process.env.FAULTS ?? 8);
const ONLY = process.env.FAULTS_ONLY ?? '';
/** How long a process is cut off or paused at most: in a run that is to be short, shorter. */
const OUTAGE_MS_MAX = Number(process.env.FAULTS_OUTAGE_MS ?? (FAULTS > 30 ? 30_000 : 12_000));
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

describeWith('a cluster on real servers under faults', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  let people: Person[] = [];

  beforeAll(async () => {
    cluster = await RealCluster.start(programs, { cuttable: true });
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

      const faults = faultsOf(random, ONLY);
      for (let count = 0; count < FAULTS; count++) {
        const fault = faults.next().value;
        const startedMs = Date.now();
        await fault.happen({ cluster, random, outageMsMax: OUTAGE_MS_MAX });
        const endedMs = Date.now();
        const before = notes.acknowledged.length;
        await until(`every channel is written to again after: ${fault.name}`, () => {
          const written = new Set(notes.acknowledged.slice(before).map(({ channelId }) => channelId));
          return [...members.keys()].every((channelId) => written.has(channelId));
        });
        const healedMs = Date.now() - endedMs;
        await cluster.revive();
        process.stdout.write(
          `fault ${count + 1}: ${fault.name}, ${endedMs - startedMs} ms; all well ${healedMs} ms after it\n`,
        );
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
