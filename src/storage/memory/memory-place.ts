/**
 * What a store keeps, in memory: one place, which several incarnations open, so that fencing, take-over and late
 * writes can be tested in one process. Every method is one atomic step; nothing here waits. Bytes are copied in and
 * out, so a caller that changes a buffer afterwards changes nothing here.
 */
import { compareEpochs, compareVersions, type Epoch, type Version } from '../../core/epoch.js';
import { ParleyError, unreachable } from '../../core/errors.js';
import type {
  EpochEntry,
  FenceState,
  LogId,
  LogRow,
  OwnerChange,
  ShardOwner,
  StoredRecord,
  StoreWrite,
} from '../../core/store.js';
import { checkWrite } from '../check-write.js';

interface Log {
  /** Ascending by seq, then epoch. */
  rows: LogRow[];
  /** Ascending by epoch. */
  epochs: EpochEntry[];
}

/** A record, or with `value` undefined the tombstone of one. */
interface RecordCell {
  readonly version: Version;
  readonly value: Uint8Array | undefined;
}

export class MemoryPlace {
  private readonly logsById = new Map<LogId, Log>();
  private readonly partitions = new Map<string, Map<string, RecordCell>>();
  private readonly fences = new Map<string, FenceState>();
  private readonly ownersByShard = new Map<number, ShardOwner>();

  /** Applies the whole batch in order. */
  apply(batch: readonly StoreWrite[]): void {
    for (const write of batch) checkWrite(write);
    for (const write of batch) this.applyOne(write);
  }

  private applyOne(write: StoreWrite): void {
    switch (write.type) {
      case 'row':
      case 'erase':
        putRow(this.log(write.log).rows, { ...write.row, body: write.row.body.slice() });
        break;
      case 'epoch':
        putEpoch(this.log(write.log).epochs, write.entry);
        break;
      case 'unepoch':
        this.removeEpoch(write.log, write.epoch);
        break;
      case 'record':
        this.putCell(write.partition, write.record.key, {
          version: write.record.version,
          value: write.record.value.slice(),
        });
        break;
      case 'unrecord':
        this.putCell(write.partition, write.key, { version: write.version, value: undefined });
        break;
      case 'trim':
        this.trim(write.log, write.belowSeq);
        break;
      default:
        unreachable(write);
    }
  }

  private log(id: LogId): Log {
    let log = this.logsById.get(id);
    if (log === undefined) {
      log = { rows: [], epochs: [] };
      this.logsById.set(id, log);
    }
    return log;
  }

  private removeEpoch(id: LogId, epoch: Epoch): void {
    const log = this.log(id);
    log.epochs = log.epochs.filter((entry) => compareEpochs(entry.epoch, epoch) !== 0);
  }

  private putCell(partition: string, key: string, cell: RecordCell): void {
    let cells = this.partitions.get(partition);
    if (cells === undefined) {
      cells = new Map();
      this.partitions.set(partition, cells);
    }
    const known = cells.get(key);
    if (known === undefined || beats(cell, known)) cells.set(key, cell);
  }

  private trim(id: LogId, belowSeq: number): void {
    const log = this.logsById.get(id);
    if (log === undefined) return;
    log.rows = log.rows.filter((row) => row.seq >= belowSeq);
    log.epochs = log.epochs.filter((_, at) => {
      const next = log.epochs[at + 1];
      return next === undefined || next.startSeq > belowSeq;
    });
  }

  rows(id: LogId, fromSeq: number, toSeq: number, limit: number): LogRow[] {
    const rows = this.logsById.get(id)?.rows ?? [];
    const found: LogRow[] = [];
    for (let at = lowerBound(rows, fromSeq, LOWEST); at < rows.length && found.length < limit; at++) {
      const row = rows[at];
      if (row === undefined || row.seq >= toSeq) break;
      found.push({ ...row, body: row.body.slice() });
    }
    return found;
  }

  epochs(id: LogId): EpochEntry[] {
    return [...(this.logsById.get(id)?.epochs ?? [])];
  }

  logs(after: LogId, limit: number): LogId[] {
    const indexed = [...this.logsById].flatMap(([id, { epochs }]) => (epochs.length > 0 ? [id] : []));
    const later = indexed.filter((id) => compareKeys(id, after) > 0).sort(compareKeys);
    return later.slice(0, Math.max(0, limit));
  }

  record(partition: string, key: string): StoredRecord | undefined {
    const cell = this.partitions.get(partition)?.get(key);
    return cell?.value === undefined ? undefined : { key, version: cell.version, value: cell.value.slice() };
  }

  records(partition: string, afterKey: string, limit: number): StoredRecord[] {
    const cells = this.partitions.get(partition);
    if (cells === undefined) return [];
    return [...cells]
      .flatMap(([key, { version, value }]) => (value === undefined ? [] : [{ key, version, value }]))
      .filter(({ key }) => compareKeys(key, afterKey) > 0)
      .sort((a, b) => compareKeys(a.key, b.key))
      .slice(0, limit)
      .map((record) => ({ ...record, value: record.value.slice() }));
  }

  /** The bytes of all rows and records: for tests that look for what must not be there. */
  everything(): readonly Uint8Array[] {
    const rows = [...this.logsById.values()].flatMap((log) => log.rows.map(({ body }) => body));
    const cells = [...this.partitions.values()].flatMap((partition) => [...partition.values()]);
    return [...rows, ...cells.flatMap(({ value }) => value ?? [])];
  }

  fenceOf(incarnation: string): FenceState | undefined {
    return this.fences.get(incarnation);
  }

  insertFence(incarnation: string): void {
    if (this.fences.has(incarnation)) {
      throw new ParleyError('fenced', { sentence: `The incarnation ${incarnation} has been used before.` });
    }
    this.fences.set(incarnation, 'live');
  }

  fence(incarnation: string): void {
    this.fences.set(incarnation, 'fenced');
  }

  owner(shard: number): ShardOwner | undefined {
    return this.ownersByShard.get(shard);
  }

  owners(): ShardOwner[] {
    return [...this.ownersByShard.values()];
  }

  changeOwners(changes: readonly OwnerChange[]): boolean[] {
    return changes.map(({ shard, expectTerm, expectIncarnation, next }) => {
      const row = this.ownersByShard.get(shard);
      if ((row?.term ?? 0) !== expectTerm || row?.incarnation !== expectIncarnation) return false;
      this.ownersByShard.set(shard, { shard, ...next });
      return true;
    });
  }
}

const LOWEST: Epoch = { term: 0, sub: 0 };

/** The higher version wins; of equal ones a tombstone, and of two records the later, which is the same one again. */
function beats(cell: RecordCell, known: RecordCell): boolean {
  const order = compareVersions(cell.version, known.version);
  return order > 0 || (order === 0 && (cell.value === undefined || known.value !== undefined));
}

/** The order of UTF-8 bytes, which is the order of code points and not that of UTF-16. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Index of the first row at or after (seq, epoch). */
function lowerBound(rows: readonly LogRow[], seq: number, epoch: Epoch): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row !== undefined && (row.seq - seq || compareEpochs(row.epoch, epoch)) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function putRow(rows: LogRow[], row: LogRow): void {
  const at = lowerBound(rows, row.seq, row.epoch);
  const known = rows[at];
  const same = known !== undefined && known.seq === row.seq && compareEpochs(known.epoch, row.epoch) === 0;
  rows.splice(at, same ? 1 : 0, row);
}

function putEpoch(entries: EpochEntry[], entry: EpochEntry): void {
  const at = entries.findIndex((known) => compareEpochs(known.epoch, entry.epoch) >= 0);
  const known = entries[at];
  if (known === undefined) entries.push(entry);
  else entries.splice(at, compareEpochs(known.epoch, entry.epoch) === 0 ? 1 : 0, entry);
}
