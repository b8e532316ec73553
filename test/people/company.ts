/** People who chat on real processes, in direct channels and in one of all; in the end what they sent and saw is judged. */

import { checkHistory } from '../../checker/checker.js';
import { directChannelId } from '../../src/core/ids.js';
import type { Random } from '../../src/core/random.js';
import { until } from '../until.js';
import { chatter, Notes, type Pace, Person } from './people.js';

const NAMES = ['ann', 'bob', 'cem', 'dora', 'eve', 'finn'];
const PACE = { minMs: 150, spreadMs: 700 };
/** Through whatever happens to the processes meanwhile. */
export const SETTLE = { withinMs: 90_000 };

export class Company {
  readonly notes: Notes;
  readonly people: readonly Person[];
  /** By channel. */
  readonly members: ReadonlyMap<string, readonly string[]>;

  private constructor(notes: Notes, people: readonly Person[], members: Company['members']) {
    this.notes = notes;
    this.people = people;
    this.members = members;
  }

  /** Six people in a group and a ring of direct channels. */
  static async gather(origin: string): Promise<Company> {
    const notes = new Notes();
    const people = await Promise.all(NAMES.map((name) => Person.arrive(origin, name, notes)));
    const [first] = people;
    if (first === undefined) throw new Error('nobody came');
    const group = await first.client.createChannel({ name: 'all', members: NAMES.slice(1) });
    const members = new Map<string, readonly string[]>([[group.channelId, NAMES]]);
    for (const [index, name] of NAMES.entries()) {
      const other = NAMES[(index + 1) % NAMES.length] ?? '';
      await people[index]?.greet(other);
      members.set(directChannelId(name, other), [name, other]);
    }
    return new Company(notes, people, members);
  }

  /** All of them at another address, on the devices that they had: after `leave`. */
  async moveTo(origin: string): Promise<Company> {
    const people = await Promise.all(this.people.map((person) => person.moveTo(origin)));
    return new Company(this.notes, people, this.members);
  }

  channelsOf({ device }: Person): string[] {
    return [...this.members].flatMap(([channelId, names]) => (names.includes(device.userId) ? [channelId] : []));
  }

  async untilAllAreIn(): Promise<void> {
    const isIn = (person: Person): boolean =>
      this.channelsOf(person).every((channelId) => person.headOf(channelId) > 0);
    await until('everybody is in every channel', () => this.people.every(isIn), SETTLE);
  }

  /** Has everybody talk; returns what stops it. */
  chat(random: Random, pace: Pace = PACE): () => void {
    return chatter(this.people, (person) => this.channelsOf(person), random, pace);
  }

  /** Until messages of every channel are acknowledged that were not yet. */
  async untilAllWritten(after: string): Promise<void> {
    const before = this.notes.acknowledged.length;
    const isWritten = (): boolean => {
      const written = new Set(this.notes.acknowledged.slice(before).map(({ channelId }) => channelId));
      return [...this.members.keys()].every((channelId) => written.has(channelId));
    };
    await until(`every channel is written to again after: ${after}`, isWritten, SETTLE);
  }

  /** Once all fell silent: which guarantees were broken, in sentences; first of all those that failed. */
  async judge(): Promise<string[]> {
    const { notes, people, members } = this;
    await this.settled();
    const logs = await Promise.all(
      [...members].map(async ([channelId, names]) => ({
        channelId,
        events: await this.member(names).readLog(channelId),
      })),
    );
    const isComplete = (): boolean =>
      logs.every(({ channelId, events }) =>
        people.every(
          (person) =>
            !members.get(channelId)?.includes(person.device.userId) ||
            person.headOf(channelId) >= (events.at(-1)?.seq ?? 0),
        ),
      );
    // The checker tells better than a time-out what did not arrive.
    await until('every member has every event', isComplete, SETTLE).catch(() => {});
    const { findings } = checkHistory({
      sent: notes.sent(),
      acknowledged: notes.acknowledged,
      seen: notes.seen,
      readers: people.map(({ device }) => ({ ...device, ownMessages: 'seen' as const })),
      members: [...members].flatMap(([channelId, names]) => names.map((userId) => ({ channelId, userId }))),
      logs,
    });
    const broken = findings.slice(0, 10).map(({ guarantee, sentence }) => `${guarantee} ${sentence}`);
    return [...notes.failed.map((failure) => `failed: ${failure}`), ...broken];
  }

  /** Once all fell silent. */
  async settled(): Promise<void> {
    const { notes } = this;
    await until(
      () => `every send is settled: ${notes.describeUnsettled()}`,
      () => notes.unsettled() === 0,
      SETTLE,
    );
  }

  async leave(): Promise<void> {
    await Promise.all(this.people.map(({ client }) => client.close()));
  }

  private member(names: readonly string[]): Person {
    const member = this.people.find(({ device }) => device.userId === names[0]);
    if (member === undefined) throw new Error(`nobody is called ${names[0]}`);
    return member;
  }
}
