/**
 * Moves everything of one message store into another, page by page: may be cut short anywhere and go on, since what is
 * written again is the same. Then the two are compared.
 */
import { compareEpochs } from '../core/epoch.js';
import { ParleyError } from '../core/errors.js';
import { readPositions } from '../core/log-positions.js';
import type { MessageStore, ShardOwner, Storage, StoreWrite } from '../core/store.js';

const PAGE_WRITES = 1_000;
const PAGE_BYTES = 2_000_000;
/** Rows that are read back at once. */
const PAGE_ROWS = 576;

export interface Step {
  readonly position: string;
  readonly write: StoreWrite;
}

export interface Page {
  /** Of its last step. */
  readonly position: string;
  readonly writes: readonly StoreWrite[];
}

const bytesOf = (write: StoreWrite): number =>
  write.type === 'row' ? write.row.body.length : write.type === 'record' ? write.record.value.length : 0;

export function* pagesOf(steps: Iterable<Step>): Generator<Page, void> {
  let writes: StoreWrite[] = [];
  let bytes = 0;
  let last = '';
  for (const { position, write } of steps) {
    writes.push(write);
    bytes += bytesOf(write);
    last = position;
    if (writes.length < PAGE_WRITES && bytes < PAGE_BYTES) continue;
    yield { position: last, writes };
    [writes, bytes] = [[], 0];
  }
  if (writes.length > 0) yield { position: last, writes };
}

/**
 * Nobody owns the shards in the target yet; the next claim of each is to be above every one before. May run again, also after
 * a `timeout` or `unavailable`, which leaves the changes in doubt.
 */
export async function moveTerms(owners: readonly ShardOwner[], target: Storage): Promise<void> {
  const left = await ownersLeft(owners, target);
  const changes = left.map(({ shard, term, idFloorMs }) => ({
    shard,
    expectTerm: 0,
    expectIncarnation: undefined,
    next: { term, incarnation: undefined, idFloorMs },
  }));
  const applied = await target.ownership.changeOwners(changes);
  if (applied.every((done) => done)) return;
  // What an earlier attempt wrote may have arrived just before.
  if ((await ownersLeft(owners, target)).length === 0) return;
  const sentence = 'Another process owns shards of the target by now: nothing else may run on it during the migration.';
  throw new ParleyError('conflict', { sentence });
}

/** Those whose terms are not in the target yet. */
async function ownersLeft(owners: readonly ShardOwner[], target: Storage): Promise<readonly ShardOwner[]> {
  const there = new Map((await target.ownership.readOwners()).map((row) => [row.shard, row]));
  return owners.filter(({ shard, term }) => {
    const row = there.get(shard);
    return row === undefined || row.term !== term || row.incarnation !== undefined;
  });
}

/** What of a page the target does not hold as it is, as sentences. */
export async function differencesOf(page: Page, target: MessageStore): Promise<string[]> {
  const found = new Comparison(target);
  const wrong: string[] = [];
  for (const write of page.writes)
    if (!(await found.has(write))) wrong.push(`${nameOf(write)} is not there as it was.`);
  return wrong;
}

function nameOf(write: StoreWrite): string {
  if (write.type === 'row') return `Position ${write.row.seq} of ${write.log}`;
  if (write.type === 'record') return `The record ${write.record.key} of ${write.partition}`;
  return write.type === 'epoch' ? `An epoch of ${write.log}` : 'A removal';
}

/** Reads the target in runs, since a walk comes log by log and partition by partition. */
class Comparison {
  private readonly target: MessageStore;
  private rows: {
    readonly log: string;
    readonly from: number;
    readonly to: number;
    readonly bodies: Map<string, Uint8Array>;
  } = {
    log: '',
    from: 0,
    to: 0,
    bodies: new Map(),
  };

  constructor(target: MessageStore) {
    this.target = target;
  }

  async has(write: StoreWrite): Promise<boolean> {
    if (write.type === 'row') return this.hasRow(write);
    if (write.type === 'record') {
      const there = await this.target.readRecord(write.partition, write.record.key);
      return there !== undefined && Buffer.from(there.value).equals(write.record.value);
    }
    if (write.type !== 'epoch') return true;
    const epochs = await this.target.readEpochs(write.log);
    const { epoch, startSeq } = write.entry;
    return epochs.some((entry) => entry.startSeq === startSeq && compareEpochs(entry.epoch, epoch) === 0);
  }

  private async hasRow({ log, row }: Extract<StoreWrite, { type: 'row' }>): Promise<boolean> {
    const known = this.rows;
    if (known.log !== log || row.seq < known.from || row.seq >= known.to) await this.readRun(log, row.seq);
    const body = this.rows.bodies.get(`${row.seq}/${row.epoch.term}.${row.epoch.sub}`);
    return body !== undefined && Buffer.from(body).equals(row.body);
  }

  private async readRun(log: string, from: number): Promise<void> {
    const { rows, next: to = from + 512 } = await readPositions(this.target, log, from, from + 512, PAGE_ROWS);
    const bodies = new Map(rows.map(({ seq, epoch, body }) => [`${seq}/${epoch.term}.${epoch.sub}`, body]));
    this.rows = { log, from, to, bodies };
  }
}
