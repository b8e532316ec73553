import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directChannelId } from '../../src/core/ids.js';
import { seededRandom } from '../../src/core/random.js';
import { checkHistory } from '../checker/checker.js';
import { ParleyProcess, temporaryFolder } from '../process/parley.js';
import { chatter, Notes, Person } from './people.js';

const KILLS = Number(process.env.CRASH_KILLS ?? 20);
const SEED = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const NAMES = ['ann', 'bob', 'cem', 'dora', 'eve', 'finn'];
const SETTLE_WITHIN_MS = 40_000;
/** Some kills hit while actors wake up, others in full swing. */
const KILL_AFTER_MS = 700;

async function until(sentence: string, holds: () => boolean): Promise<void> {
  const giveUp = Date.now() + SETTLE_WITHIN_MS;
  while (!holds()) {
    if (Date.now() > giveUp) throw new Error(`not within ${SETTLE_WITHIN_MS} ms: ${sentence}`);
    await pause(20);
  }
}

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

describe('a server that is killed under load', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let server: ParleyProcess | undefined;
  let people: Person[] = [];

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all(people.map((person) => person.client.close()));
    await server?.signal('SIGKILL');
    folder.remove();
  });

  it(`keeps every acknowledged message once, in order, and brings it to every member (${KILLS} kills, CRASH_SEED=${SEED})`, async () => {
    const random = seededRandom(SEED);
    const data = join(folder.path, 'data');
    server = await ParleyProcess.start('--port', '0', '--data', data);
    const { origin, port } = server;
    const notes = new Notes();
    people = await Promise.all(NAMES.map((name) => Person.arrive(origin, name, notes)));
    const [ann] = people;
    if (ann === undefined) throw new Error('nobody came');
    const group = await ann.client.createChannel({ name: 'all', members: NAMES.slice(1) });
    const members = new Map([[group.channelId, NAMES]]);
    for (let index = 0; index < NAMES.length; index++) {
      const pair = [NAMES[index] ?? '', NAMES[(index + 1) % NAMES.length] ?? ''] as const;
      await people[index]?.greet(pair[1]);
      members.set(directChannelId(...pair), [...pair]);
    }
    await until('everybody is in every channel', () =>
      people.every((person) => channelsOf(person).every((channelId) => person.headOf(channelId) > 0)),
    );

    function channelsOf({ device }: Person): string[] {
      return [...members].flatMap(([channelId, names]) => (names.includes(device.userId) ? [channelId] : []));
    }

    const hush = chatter(people, channelsOf, random);
    for (let kill = 0; kill < KILLS; kill++) {
      if (random.fraction() < 0.7) {
        const before = notes.acknowledged.length;
        await until('messages are acknowledged again', () => notes.acknowledged.length > before + 20);
      }
      await pause(random.fraction() * KILL_AFTER_MS);
      await server.signal('SIGKILL');
      server = await ParleyProcess.start('--port', `${port}`, '--data', data);
      // Clients back off the longer the more often they failed; the test has less patience.
      for (const { client } of people) client.retryNow();
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
    expect(notes.problems).toEqual([]);
    expect(notes.acknowledged.length).toBeGreaterThan(20 * KILLS);
  }, 480_000);
});
