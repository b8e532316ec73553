/** Clients that chat without end and note all they did and saw, for the checker. */
import { WebSocket } from 'ws';
import type { AcknowledgedMessage, Position, SeenEvent, SentMessage } from '../../checker/history.js';
import {
  type ChannelEvent,
  type ClientStorage,
  memoryStorage,
  ParleyClient,
  type PendingMessage,
  webSocketFactory,
} from '../../client/index.js';
import { ParleyError } from '../../src/core/errors.js';
import type { Random } from '../../src/core/random.js';

/** Some 30 messages a second each: below what a session may send, more than that when it catches up after an outage. */
export const BUSY: Pace = { minMs: 10, spreadMs: 100 };
const PASSWORD = 'correct horse battery staple';

/** The pause between two bursts of one person. */
export interface Pace {
  readonly minMs: number;
  readonly spreadMs: number;
}

/** What all clients of a run noted. */
export class Notes {
  readonly acknowledged: AcknowledgedMessage[] = [];
  readonly seen: SeenEvent[] = [];
  readonly failed: string[] = [];
  readonly problems: unknown[] = [];
  private readonly sends: { readonly by: Person; readonly message: PendingMessage; readonly order: number }[] = [];

  noteSend(by: Person, message: PendingMessage): void {
    this.sends.push({ by, message, order: this.sends.length });
    message.sent().then(
      ({ channelId, clientMessageId, seq, messageId }) =>
        this.acknowledged.push({ ...by.device, channelId, clientMessageId, seq, messageId }),
      (error: unknown) => this.failed.push(`${by.device.userId}: ${String(error)}`),
    );
  }

  /** By the ids that they have in the end: a send that expired goes out anew under another. */
  sent(): SentMessage[] {
    return this.sends.map(({ by, message, order }) => ({
      ...by.device,
      channelId: message.channelId,
      clientMessageId: message.clientMessageId,
      order,
    }));
  }

  /** For a failure's message. */
  describeUnsettled(): string {
    const open = this.sends.filter(({ message }) => message.state === 'pending');
    const by = new Map<string, number>();
    for (const { by: person, message } of open) {
      const line = `${person.device.userId} in ${message.channelId} (${person.client.connection.type})`;
      by.set(line, (by.get(line) ?? 0) + 1);
    }
    return [...by].map(([line, count]) => `${line}: ${count}`).join('; ');
  }

  unsettled(): number {
    return this.sends.length - this.acknowledged.length - this.failed.length;
  }
}

export class Person {
  readonly device: { readonly userId: string; readonly deviceId: string };
  readonly client: ParleyClient;
  private readonly notes: Notes;
  private readonly storage: ClientStorage;
  private readonly heads: Map<string, number>;
  private count = 0;

  private constructor(client: ParleyClient, { device, notes, storage, heads }: Kept) {
    this.client = client;
    this.device = device;
    this.notes = notes;
    this.storage = storage;
    this.heads = new Map(heads);
    client.on('event', (event) => {
      this.heads.set(event.channelId, event.seq);
      notes.seen.push({ ...device, channelId: event.channelId, ...positionOf(event) });
    });
    client.on('problem', (error) => notes.problems.push(error));
  }

  /** Signs up and connects. */
  static async arrive(baseUrl: string, userId: string, notes: Notes): Promise<Person> {
    const storage = memoryStorage();
    const client = clientAt(baseUrl, storage);
    const { deviceId } = await client.signUp({ userId, password: PASSWORD });
    const person = new Person(client, { device: { userId, deviceId }, notes, storage, heads: new Map() });
    await client.connect();
    return person;
  }

  /** The same device at another address, with all that it kept: its client was closed. Logs in, and connects. */
  async moveTo(baseUrl: string): Promise<Person> {
    const client = clientAt(baseUrl, this.storage);
    const { deviceId } = await client.logIn({ userId: this.device.userId, password: PASSWORD });
    if (deviceId !== this.device.deviceId) throw new Error(`${this.device.userId} came back as another device`);
    const { device, notes, storage, heads } = this;
    const moved = new Person(client, { device, notes, storage, heads });
    moved.count = this.count;
    await client.connect();
    return moved;
  }

  /** Says nothing while the outbox is full: that is a refusal, not a send. */
  say(channelId: string): void {
    try {
      this.notes.noteSend(this, this.client.send({ channelId, text: `${this.device.userId} says ${++this.count}` }));
    } catch (error) {
      if (!(error instanceof ParleyError) || error.kind !== 'overloaded') throw error;
    }
  }

  /** The first message of a direct channel, which makes it. */
  async greet(userId: string): Promise<void> {
    const message = this.client.send({ to: userId, text: 'hello' });
    this.notes.noteSend(this, message);
    await message.sent();
  }

  headOf(channelId: string): number {
    return this.heads.get(channelId) ?? 0;
  }

  /** A channel's whole log. */
  async readLog(channelId: string): Promise<Position[]> {
    const log: Position[] = [];
    for (;;) {
      const page = await this.client.history(channelId, { after: log.at(-1)?.seq ?? 0, limit: 200 });
      log.push(...page.events.map(positionOf));
      if (page.events.length === 0 || (log.at(-1)?.seq ?? 0) >= page.head) return log;
    }
  }
}

/** What a device is beside its client. */
interface Kept {
  readonly device: Person['device'];
  readonly notes: Notes;
  readonly storage: ClientStorage;
  readonly heads: ReadonlyMap<string, number>;
}

function clientAt(baseUrl: string, storage: ClientStorage): ParleyClient {
  const webSocket = webSocketFactory(WebSocket);
  return new ParleyClient({ baseUrl, storage, webSocket, clientName: 'crash test' });
}

function positionOf({ seq, messageId, from, clientMessageId }: ChannelEvent): Position {
  return { seq, messageId, from, clientMessageId };
}

/** Has people talk, each at its own pace, in channels they pick; returns what stops it. */
export function chatter(
  people: readonly Person[],
  channelsOf: (person: Person) => readonly string[],
  random: Random,
  { minMs, spreadMs }: Pace = BUSY,
): () => void {
  const timers = new Set<NodeJS.Timeout>();
  const speakSoon = (person: Person): void => {
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        const channels = channelsOf(person);
        const channelId = channels[Math.floor(random.fraction() * channels.length)];
        const burst = 1 + Math.floor(random.fraction() * 3);
        for (let index = 0; index < burst && channelId !== undefined; index++) person.say(channelId);
        speakSoon(person);
      },
      minMs + random.fraction() * spreadMs,
    );
    timers.add(timer);
  };
  people.forEach(speakSoon);
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}
