/** How far `parley migrate` is: no node serves while it is under way. */
import { ParleyError } from '../core/errors.js';
import type { MessageStore, Storage } from '../core/store.js';

const PARTITION = 'migration';
const KEY = 'state';

export interface Progress {
  /** Which data folder. */
  readonly source: string;
  /** A digest of what tells that the folder was used; undefined in a record of before it was kept. */
  readonly content?: string;
  readonly state: 'moving' | 'done';
  /** Up to where the messages are written; '' is the start. */
  readonly position: string;
}

/** The record, kept in the store that is moved into. */
export class MigrationProgress {
  private readonly store: MessageStore;
  private counter = 0;

  constructor(store: MessageStore) {
    this.store = store;
  }

  async read(): Promise<Progress | undefined> {
    const record = await this.store.readRecord(PARTITION, KEY);
    if (record === undefined) return undefined;
    this.counter = record.version.counter;
    return JSON.parse(Buffer.from(record.value).toString());
  }

  async write(progress: Progress): Promise<void> {
    const version = { term: 1, sub: 1, counter: ++this.counter };
    const record = { key: KEY, version, value: Buffer.from(JSON.stringify(progress)) };
    await this.store.write([{ type: 'record', partition: PARTITION, record }]);
  }
}

/** Rejects with `unavailable`, which is worth another attempt, while a data folder is being moved into this store. */
export async function refuseHalfMoved(storage: Storage): Promise<void> {
  const progress = await new MigrationProgress(storage.messages).read();
  if (progress === undefined || progress.state === 'done') return;
  const sentence = 'A data folder is being moved into this keyspace: run `parley migrate` to its end.';
  throw new ParleyError('unavailable', { sentence });
}
