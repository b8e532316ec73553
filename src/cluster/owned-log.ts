/**
 * One log (of a channel, or a user's inbox) as its owner holds it: activation, dense positions, commits in order.
 * The protocol is docs/ARCHITECTURE.md, Ownership; the same for both uses.
 */
import { compareEpochs, type Epoch } from '../core/epoch.js';
import { assert, type ParleyError } from '../core/errors.js';
import { type LogPositions, readPositions } from '../core/log-positions.js';
import type { EpochEntry, LogId, LogRow, MessageStore, StoreWrite } from '../core/store.js';
import type { Commit, CommitTrace, Committer } from './committer.js';

/** A row that counts: position and body. */
export interface LogEntry {
  readonly seq: number;
  readonly body: Uint8Array;
}

export interface OwnedLogDeps {
  readonly store: MessageStore;
  readonly committer: Committer;
  /** Positions that may be open above the committed head; at most this many rows of a tail are in doubt. */
  readonly openPositionsMax: number;
  /** Nobody waits until a row is committed: it may share a later flush, while there is room. */
  readonly patient?: boolean;
}

const PAGE_ROWS = 512;
const SEQ_END = 2 ** 32 - 1;

/** Who appended a row. */
export interface RowOwner {
  /** It is committed, and so is every row before it; called in order of position. */
  committed(): void;
  /** The store took nothing: the activation must end, since the position is assigned. */
  refused(error: ParleyError): void;
}

/** A row on its way, as the committer is handed it: one object, since every message makes three. */
class OpenRow implements Commit {
  readonly writes: readonly StoreWrite[];
  readonly trace: CommitTrace | undefined;
  readonly owner: RowOwner;
  patient = false;
  done = false;
  /** The one at the next position, while both are open. */
  next: OpenRow | undefined;
  private readonly log: OwnedLog;

  constructor(log: OwnedLog, writes: readonly StoreWrite[], owner: RowOwner, trace: CommitTrace | undefined) {
    this.log = log;
    this.writes = writes;
    this.owner = owner;
    this.trace = trace;
  }

  committed(): void {
    this.done = true;
    this.log.advance();
  }

  refused(error: ParleyError): void {
    this.owner.refused(error);
  }
}

/** The epoch whose row counts at `seq`; undefined below the first entry. */
export function epochAt(epochs: readonly EpochEntry[], seq: number): Epoch | undefined {
  for (let i = epochs.length - 1; i >= 0; i--) {
    const entry = epochs[i];
    if (entry !== undefined && entry.startSeq <= seq) return entry.epoch;
  }
  return undefined;
}

/** The rows of `rows` that count, by the epoch index. */
export function validRows(rows: readonly LogRow[], epochs: readonly EpochEntry[]): LogRow[] {
  return rows.filter((row) => {
    const epoch = epochAt(epochs, row.seq);
    return epoch !== undefined && compareEpochs(epoch, row.epoch) === 0;
  });
}

export class OwnedLog {
  readonly id: LogId;
  readonly epoch: Epoch;
  /** Ascending; this activation's own entry is the last once there is one. */
  readonly epochs: EpochEntry[];
  /** The first position that this activation assigns. Its rows may start below: those it adopted. */
  readonly startSeq: number;
  private readonly deps: OwnedLogDeps;
  private head: number;
  private assigned: number;
  /** The rows at the first and the last open position, with those between. */
  private firstOpen: OpenRow | undefined;
  private lastOpen: OpenRow | undefined;
  private index: 'none' | 'writing' | 'written' = 'none';
  /** Rows that wait for the index. */
  private held: OpenRow[] | undefined;

  private constructor(deps: OwnedLogDeps, id: LogId, epoch: Epoch, epochs: EpochEntry[], head: number) {
    this.deps = deps;
    this.id = id;
    this.epoch = epoch;
    this.epochs = epochs;
    this.head = head;
    this.assigned = head;
    this.startSeq = head + 1;
  }

  /**
   * Takes the log over under `epoch`. `headHint`: a position known to be committed, with everything below it. Hands
   * each row above the hint to `replay`, in order, adopted rows too; resolves once all of them are committed.
   */
  static async activate(
    deps: OwnedLogDeps,
    id: LogId,
    epoch: Epoch,
    headHint: number,
    replay: (entry: LogEntry) => void,
  ): Promise<OwnedLog> {
    const epochs = await deps.store.readEpochs(id);
    const tail = await readTail(deps.store, id, epochs, headHint);
    const head = headHint + tail.length;
    const log = new OwnedLog(deps, id, epoch, epochs, head);
    if (tail.length > 0) await log.adopt(tail.slice(-deps.openPositionsMax));
    for (const row of tail) replay(row);
    return log;
  }

  /** The last committed position: everything up to here may be shown. */
  get committedHead(): number {
    return this.head;
  }

  get assignedHead(): number {
    return this.assigned;
  }

  get settled(): boolean {
    return this.head === this.assigned && this.index !== 'writing';
  }

  get hasRoom(): boolean {
    return this.assigned - this.head < this.deps.openPositionsMax;
  }

  /** Appends at the next position, with whatever else must be durable before it counts. */
  append(body: Uint8Array, also: readonly StoreWrite[], owner: RowOwner, trace?: CommitTrace): number {
    assert(this.hasRoom, 'the caller looked at hasRoom');
    const seq = ++this.assigned;
    const write: StoreWrite = { type: 'row', log: this.id, row: { seq, epoch: this.epoch, body } };
    const row = new OpenRow(this, also.length === 0 ? [write] : [write, ...also], owner, trace);
    if (this.lastOpen === undefined) this.firstOpen = row;
    else this.lastOpen.next = row;
    this.lastOpen = row;
    if (this.index === 'written') this.submit(row);
    else {
      this.held ??= [];
      this.held.push(row);
      if (this.index === 'none') this.writeIndex(owner);
    }
    return seq;
  }

  /** Committed entries with from ≤ seq < to, ascending, at most `limit`. */
  async read(from: number, to: number, limit: number): Promise<LogEntry[]> {
    const end = Math.min(to, this.head + 1);
    const entries: LogEntry[] = [];
    let next: number | undefined = Math.max(from, 1);
    while (next !== undefined && next < end && entries.length < limit) {
      const asked = Math.min(PAGE_ROWS, limit - entries.length + 8);
      const page: LogPositions = await readPositions(this.deps.store, this.id, next, end, asked);
      for (const row of validRows(page.rows, this.epochs)) if (entries.length < limit) entries.push(row);
      next = page.next;
    }
    return entries;
  }

  /**
   * Writes the possibly uncommitted rows again, as its own, and seals the epochs before this one; then they are
   * committed. As its own, since an index entry of an owner between the rows' and this one may still land, and would
   * take from under the old epoch what lies above its start. The rows come before the index: until it is there, the old
   * ones count.
   */
  private async adopt(rows: readonly LogRow[]): Promise<void> {
    const again = rows.map((row): StoreWrite => ({ type: 'row', log: this.id, row: { ...row, epoch: this.epoch } }));
    await this.deps.committer.commit(again);
    await this.deps.committer.commit([this.indexEntry(rows[0]?.seq ?? this.startSeq)]);
    this.index = 'written';
    this.compactIndex();
  }

  private indexEntry(startSeq: number): StoreWrite {
    const entry = { epoch: this.epoch, startSeq };
    this.epochs.push(entry);
    return { type: 'epoch', log: this.id, entry };
  }

  /** The index comes first: no row of this epoch may exist without it. */
  private writeIndex(owner: RowOwner): void {
    this.index = 'writing';
    this.deps.committer.submit({
      writes: [this.indexEntry(this.startSeq)],
      patient: this.deps.patient === true,
      committed: () => {
        this.index = 'written';
        this.compactIndex();
        const { held } = this;
        this.held = undefined;
        for (const row of held ?? []) this.submit(row);
      },
      refused: (error) => owner.refused(error),
    });
  }

  /**
   * Called once a fence read has said LIVE after this activation's own entry was durable. Being the newest one, that
   * entry decides every position from its start on, for whoever reads the index from now on: entries that start there or
   * above decide none any more. Those in memory stay: cursors of this activation are cut by them.
   */
  private compactIndex(): void {
    const own = this.epochs.at(-1);
    if (own === undefined) return;
    const writes = this.epochs.slice(0, -1).flatMap(({ epoch, startSeq }): StoreWrite[] => {
      return startSeq < own.startSeq ? [] : [{ type: 'unepoch', log: this.id, epoch }];
    });
    const ignore = (): void => undefined;
    if (writes.length > 0) this.deps.committer.submit({ writes, committed: ignore, refused: ignore });
  }

  private submit(row: OpenRow): void {
    const { committer, openPositionsMax } = this.deps;
    row.patient = this.deps.patient === true && this.assigned - this.head < openPositionsMax / 4;
    committer.submit(row);
  }

  /** One of its rows is committed: tells of those that have no open one below them. */
  advance(): void {
    for (let row = this.firstOpen; row?.done; row = this.firstOpen) {
      this.firstOpen = row.next;
      if (row.next === undefined) this.lastOpen = undefined;
      // One that is dead and old would keep those after it alive until the next full collection, one through the other.
      row.next = undefined;
      this.head++;
      row.owner.committed();
    }
  }
}

async function readTail(
  store: MessageStore,
  id: LogId,
  epochs: readonly EpochEntry[],
  above: number,
): Promise<LogRow[]> {
  const tail: LogRow[] = [];
  if (epochs.length === 0) return tail; // a log without a single owner so far: no row can count
  for (let next: number | undefined = above + 1; next !== undefined; ) {
    const page: LogPositions = await readPositions(store, id, next, SEQ_END, PAGE_ROWS);
    for (const row of validRows(page.rows, epochs)) {
      if (row.seq !== above + tail.length + 1) return tail;
      tail.push(row);
    }
    next = page.next;
  }
  return tail;
}
