/** A steady load on many channels of a real cluster, and how long each message waited for its acknowledgement. */
import { directChannelId } from '../../src/core/ids.js';
import { Notes, Person } from '../people/people.js';

const PEOPLE = 9;
/** What their sessions may send together is four times that. */
const MESSAGES_A_SECOND = 50;
const LATE_MS = 500;

interface Sent {
  readonly channelId: string;
  readonly atMs: number;
  ackedMs: number | undefined;
}

/** What a probe saw from one moment on. */
export interface Since {
  /** By channel: until the first acknowledgement of what was sent after that moment. */
  readonly firstAckMs: readonly number[];
  readonly slowestAckMs: number;
  /** Acknowledgements that took longer than LATE_MS. */
  readonly late: number;
  readonly sent: number;
  readonly failed: number;
  /** Connections that were lost. */
  readonly lost: number;
}

/** Nine people, each with each: 36 direct channels, so that every node owns some. */
export class Probe {
  private readonly people: readonly Person[];
  private readonly channels: readonly { readonly channelId: string; readonly by: Person }[];
  private readonly sent: Sent[] = [];
  private readonly failures: number[] = [];
  private readonly losses: number[] = [];
  private next = 0;
  private readonly timer: NodeJS.Timeout;

  private constructor(people: readonly Person[], channels: Probe['channels'], messagesASecond: number) {
    this.people = people;
    this.channels = channels;
    for (const { client } of people) {
      client.on('connection', ({ type }) => {
        if (type === 'waiting') this.losses.push(performance.now());
      });
    }
    this.timer = setInterval(() => this.send(), 1_000 / messagesASecond);
  }

  static async start(origin: string, messagesASecond = MESSAGES_A_SECOND): Promise<Probe> {
    const names = Array.from({ length: PEOPLE }, (_, index) => `probe${index}`);
    const people: Person[] = [];
    // One by one: a password is hashed at a low priority, and on a busy machine nine at once take longer than a request may.
    for (const name of names) people.push(await Person.arrive(origin, name, new Notes()));
    const pairs = people.flatMap((by, index) => people.slice(index + 1).map((other) => ({ by, other })));
    const channels: { channelId: string; by: Person }[] = [];
    for (const { by, other } of pairs) {
      await by.greet(other.device.userId);
      channels.push({ by, channelId: directChannelId(by.device.userId, other.device.userId) });
    }
    return new Probe(people, channels, messagesASecond);
  }

  private send(): void {
    const { channelId, by } = this.channels[this.next++ % this.channels.length] ?? {};
    if (channelId === undefined || by === undefined) return;
    const sent: Sent = { channelId, atMs: performance.now(), ackedMs: undefined };
    this.sent.push(sent);
    by.client
      .send({ channelId, text: 'x'.repeat(200) })
      .sent()
      .then(
        () => {
          sent.ackedMs = performance.now();
        },
        () => this.failures.push(performance.now()),
      );
  }

  /** Whether every channel has had an acknowledgement since, and nothing waits for longer than `openMs`. */
  isWell(sinceMs: number, openMs = 1_000): boolean {
    const recent = this.sent.filter(({ atMs, ackedMs }) => atMs >= sinceMs && ackedMs !== undefined);
    const acked = new Set(recent.map(({ channelId }) => channelId));
    const oldest = this.sent.find(({ ackedMs }) => ackedMs === undefined)?.atMs ?? Number.POSITIVE_INFINITY;
    return acked.size === this.channels.length && performance.now() - oldest < openMs;
  }

  since(sinceMs: number): Since {
    const concerned = this.sent.filter(({ ackedMs }) => ackedMs === undefined || ackedMs > sinceMs);
    const first = new Map<string, number>();
    for (const { channelId, atMs, ackedMs } of concerned) {
      if (ackedMs !== undefined && atMs >= sinceMs && !first.has(channelId)) first.set(channelId, ackedMs - sinceMs);
    }
    const waits = concerned.map(({ atMs, ackedMs = performance.now() }) => ackedMs - atMs);
    return {
      firstAckMs: [...first.values()],
      slowestAckMs: Math.max(0, ...waits),
      late: waits.filter((waitMs) => waitMs > LATE_MS).length,
      sent: this.sent.filter(({ atMs }) => atMs >= sinceMs).length,
      failed: this.failures.filter((atMs) => atMs >= sinceMs).length,
      lost: this.losses.filter((atMs) => atMs >= sinceMs).length,
    };
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.people.map(({ client }) => client.close()));
  }
}
