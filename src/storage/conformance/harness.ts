/** What the checks of this folder share: the place they run in, and short forms of writes and of what was read. */
import type { Version } from '../../core/epoch.js';
import { ParleyError } from '../../core/errors.js';
import type { LogRow, OwnerChange, ShardOwner, Storage, StoredRecord, StoreWrite } from '../../core/store.js';

export interface ConformancePlace {
  /** Opens the place for one incarnation; several handles may be open at once, and the same place may be opened again. */
  open(incarnation: string): Promise<Storage>;
  /** Whether a write by an incarnation that is not LIVE is refused in the same step. */
  readonly fencesWrites: boolean;
}

export interface ConformanceCheck {
  readonly name: string;
  run(place: ConformancePlace): Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array): string => new TextDecoder().decode(value);
export const version = (term: number, sub = 0, counter = 0): Version => ({ term, sub, counter });

export const row = (log: string, seq: number, body: string, term = 1, sub = 0): StoreWrite => ({
  type: 'row',
  log,
  row: { seq, epoch: { term, sub }, body: bytes(body) },
});
export const epoch = (log: string, term: number, sub: number, startSeq: number): StoreWrite => ({
  type: 'epoch',
  log,
  entry: { epoch: { term, sub }, startSeq },
});
export const record = (partition: string, key: string, value: string, at: Version): StoreWrite => ({
  type: 'record',
  partition,
  record: { key, version: at, value: bytes(value) },
});
export const unrecord = (partition: string, key: string, at: Version): StoreWrite => ({
  type: 'unrecord',
  partition,
  key,
  version: at,
});

export const showRow = (found: LogRow): string =>
  `${found.seq}@${found.epoch.term}.${found.epoch.sub}=${text(found.body)}`;
export const showRecord = (found: StoredRecord | undefined): string | undefined =>
  found && `${found.key}@${found.version.term}.${found.version.sub}.${found.version.counter}=${text(found.value)}`;

export async function openLive(place: ConformancePlace, incarnation: string): Promise<Storage> {
  const storage = await place.open(incarnation);
  await storage.ownership.insertFence(incarnation);
  return storage;
}

export async function rowsOf(storage: Storage, log: string, from = 0, to = 1e9, limit = 1000): Promise<string[]> {
  return (await storage.messages.readRows(log, from, to, limit)).map(showRow);
}

export async function recordsOf(storage: Storage, partition: string, after = '', limit = 1000): Promise<unknown[]> {
  return (await storage.messages.readRecords(partition, after, limit)).map(showRecord);
}

export async function epochsOf(storage: Storage, log: string): Promise<string[]> {
  const entries = await storage.messages.readEpochs(log);
  return entries.map((entry) => `${entry.epoch.term}.${entry.epoch.sub}>${entry.startSeq}`);
}

export const isKind = (kind: string) => (thrown: unknown) => thrown instanceof ParleyError && thrown.kind === kind;

export const claim = (shard: number, from: Partial<ShardOwner>, next: Omit<ShardOwner, 'shard'>): OwnerChange => ({
  shard,
  expectTerm: from.term ?? 0,
  expectIncarnation: from.incarnation,
  next,
});

export const check = (name: string, run: ConformanceCheck['run']): ConformanceCheck => ({ name, run });
