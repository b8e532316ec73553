/**
 * Channels that exist and rest, in bulk: what the product itself left of one in the store (log, epoch, checkpoint), written
 * again under other ids, each in its own shard. The ids of its messages are the first one's, and the inboxes and the list of
 * channels of its members know of the first one alone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createdChannelId } from '../../src/core/created-channel-id.js';
import { type ChannelId, channelActor, shardOf } from '../../src/core/ids.js';
import type { LogRow, MessageStore, StoredRecord, StoreWrite } from '../../src/core/store.js';
import { v1 } from '../../src/protocol/wire.js';
import { Notes, Person } from '../people/people.js';

const MESSAGES = 2;
/** It rests a minute after its last message: then its owner writes it down, and takes it off the active set. */
const RESTS_WITHIN_MS = 180_000;
const LOOK_MS = 500;
const RECORDS_MAX = 200;
const BATCH_CHANNELS = 25;
const BATCHES_AT_ONCE = 4;
/** A busy server does not answer in time: what is written may be written again. */
const ATTEMPTS = 30;
const ATTEMPT_AGAIN_MS = 1_000;
const EPOCH = { term: 1, sub: 1 };

export class ExistingChannels {
  private readonly store: MessageStore;
  private readonly reader: Person;
  private readonly rows: readonly LogRow[];
  private readonly records: readonly StoredRecord[];
  private made = 0;

  private constructor(store: MessageStore, reader: Person, rows: readonly LogRow[], records: readonly StoredRecord[]) {
    this.store = store;
    this.reader = reader;
    this.rows = rows;
    this.records = records;
  }

  /** Makes the first one by the API: a group of two, with two messages. */
  static async begin(origin: string, store: MessageStore): Promise<ExistingChannels> {
    const [founder, member] = [
      await Person.arrive(origin, 'founder', new Notes()),
      await Person.arrive(origin, 'member', new Notes()),
    ];
    const { channelId } = await founder.client.createChannel({ name: 'at rest', members: [member.device.userId] });
    for (let count = 1; count <= MESSAGES; count++)
      await founder.client.send({ channelId, text: `the message number ${count} of a channel at rest` }).sent();
    await member.client.close();
    const actor = channelActor(channelId as ChannelId);
    await untilAtRest(store, actor);
    const rows = await store.readRows(actor, 1, 100, 100);
    return new ExistingChannels(store, founder, rows, await store.readRecords(actor, '', RECORDS_MAX));
  }

  /** Writes more of them, until there are `count`; and reads the newest as a member does, to show that it is a channel. */
  async growTo(count: number): Promise<void> {
    const numbers = Array.from({ length: Math.max(0, count - this.made) }, (_, index) => this.made + index);
    this.made = count;
    const worker = async (): Promise<void> => {
      for (let some = numbers.splice(0, BATCH_CHANNELS); some.length > 0; some = numbers.splice(0, BATCH_CHANNELS))
        await this.write(some.flatMap((number) => this.writesOf(number)));
    };
    await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, worker));
    const log = await this.reader.readLog(idOf(count - 1));
    if (log.length !== this.rows.length) throw new Error(`a channel at rest has ${log.length} events`);
  }

  async end(): Promise<void> {
    await this.reader.client.close();
  }

  private async write(batch: readonly StoreWrite[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.store.write(batch);
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        await sleep(ATTEMPT_AGAIN_MS);
      }
    }
  }

  private writesOf(number: number): StoreWrite[] {
    const channelId = idOf(number);
    const log = channelActor(channelId);
    const rows = this.rows.map(({ seq, body }): StoreWrite => {
      const event = v1.Event.create({ ...v1.Event.decode(body), channelId });
      return { type: 'row', log, row: { seq, epoch: EPOCH, body: v1.Event.encode(event).finish() } };
    });
    const records = this.records.map(({ key, value }): StoreWrite => {
      const record = { key, value, version: { ...EPOCH, counter: 1 } };
      return { type: 'record', partition: log, record };
    });
    return [{ type: 'epoch', log, entry: { epoch: EPOCH, startSeq: 1 } }, ...rows, ...records];
  }
}

const idOf = (number: number): ChannelId => createdChannelId('founder', `existing ${number}`);

async function untilAtRest(store: MessageStore, actor: ReturnType<typeof channelActor>): Promise<void> {
  for (const end = Date.now() + RESTS_WITHIN_MS; Date.now() < end; await sleep(LOOK_MS)) {
    const active = await store.readRecords(`active/${shardOf(actor)}`, '', RECORDS_MAX);
    const records = await store.readRecords(actor, '', RECORDS_MAX);
    if (records.length > 0 && !active.some(({ key }) => key.endsWith(actor))) return;
  }
  throw new Error('a channel that nobody writes to does not come to rest');
}
