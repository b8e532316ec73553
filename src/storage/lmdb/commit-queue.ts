/**
 * Group commit. What is asked for while a transaction is being synced waits, and then shares the next one: all of it
 * is one LMDB transaction and one sync. A transaction holds, in this order, the writes (each incarnation's inside a
 * condition on its fence, checked in that same transaction), and then the steps that must read what they change.
 *
 * One transaction is under way at a time, and this process is the only one that writes (the folder is locked). So
 * what a record's version is compared with can be read while the transaction is put together: nothing else
 * comes between. Bodies are not copied: a caller leaves them alone until its promise is settled.
 */
import { performance } from 'node:perf_hooks';
import { ParleyError } from '../../core/errors.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import type { StoreWrite } from '../../core/store.js';
import { checkWrite } from '../check-write.js';
import { BatchWriter } from './batch-writer.js';
import { type Environment, LIVE } from './environment.js';
import { hasRoom } from './has-room.js';
import { KeyWriter } from './keys.js';
import { trimLog } from './trim-log.js';
import { toStoreError } from './write-errors.js';

export interface CommitOptions {
  /**
   * The least time between the starts of two transactions, milliseconds; default 2. The first write after a pause
   * starts at once; under load it gathers more writes a sync, which saves processor time. 0: as fast as the disk.
   */
  readonly commitIntervalMs?: number;
  /** Told about each transaction: how many writes it held. For metrics. */
  readonly onCommit?: (writes: number) => void;
  /**
   * Called once, after the disk failed other than by being full: every write is refused until the folder is opened anew, since
   * only that tells what it holds.
   */
  readonly onBroken?: (error: ParleyError) => void;
}

interface WriteRequest {
  readonly incarnation: string;
  readonly batch: readonly StoreWrite[];
  readonly resolve: () => void;
  readonly reject: (error: ParleyError) => void;
}

/** A bound on what may wait: beyond it writes are refused, and nothing of them is written. */
const WAITING_WRITES_MAX = 200_000;
/** A bound on one transaction, so that none holds up the next for long. */
const TRANSACTION_WRITES_MAX = 20_000;
const COMMIT_INTERVAL_MS = 2;
const ROOM_BYTES_MIN = 1024 * 1024;
/** What one write may take in the file besides its body: the pages of its path through the tree. */
const ROOM_BYTES_A_WRITE = 16 * 1024;

export class CommitQueue {
  private readonly environment: Environment;
  private readonly intervalMs: number;
  private readonly onCommit: (writes: number) => void;
  private readonly onBroken: (error: ParleyError) => void;
  private readonly keys = new KeyWriter();
  private requests: WriteRequest[] = [];
  private waiting = 0;
  private steps: (() => Promise<void>)[] = [];
  private running = false;
  private done: Promise<void> = Promise.resolve();
  private lastStart = Number.NEGATIVE_INFINITY;
  /** See onBroken. */
  private broken: ParleyError | undefined;

  constructor(environment: Environment, options: CommitOptions) {
    this.environment = environment;
    this.intervalMs = options.commitIntervalMs ?? COMMIT_INTERVAL_MS;
    this.onCommit = options.onCommit ?? (() => undefined);
    this.onBroken = options.onBroken ?? (() => undefined);
  }

  /** Resolves once all of the batch is synced; rejects with nothing of it written, unless with `unavailable`. */
  write(incarnation: string, batch: readonly StoreWrite[]): Promise<void> {
    return new Promise((resolve, reject) => {
      for (const write of batch) checkWrite(write);
      if (this.broken !== undefined) throw this.broken;
      if (this.waiting + batch.length > WAITING_WRITES_MAX) {
        throw new ParleyError('unavailable', {
          sentence: 'Too many writes wait for the disk.',
          retryAfterMs: RETRY_AFTER_MS.queue,
        });
      }
      this.waiting += batch.length;
      this.requests.push({ incarnation, batch, resolve, reject });
      this.start();
    });
  }

  /** Runs `step` in a transaction, with reads that see what it wrote; all or nothing, and synced when it resolves. */
  transact<Answer>(step: () => Answer): Promise<Answer> {
    if (this.broken !== undefined) return Promise.reject(this.broken);
    return new Promise((resolve, reject) => {
      this.steps.push(() =>
        this.environment.root.childTransaction(step).then(resolve, async (thrown) => reject(await this.failed(thrown))),
      );
      this.start();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.running) await this.done;
  }

  private start(): void {
    if (this.running) return;
    this.running = true;
    this.done = this.run();
  }

  private async run(): Promise<void> {
    while (this.requests.length > 0 || this.steps.length > 0) {
      await this.gather();
      this.lastStart = performance.now();
      await this.commit();
    }
    this.running = false;
  }

  /** Waits until the interval is over, and in any case until the caller has returned: what it writes belongs together. */
  private gather(): Promise<void> {
    const restMs = this.lastStart + this.intervalMs - performance.now();
    return restMs > 0 ? new Promise((resolve) => setTimeout(resolve, restMs)) : Promise.resolve();
  }

  /** Puts together one transaction, all in this turn, and waits until it is synced or has failed. */
  private async commit(): Promise<void> {
    const requests = this.take();
    const steps = this.steps;
    this.steps = [];
    await Promise.all([this.commitRequests(requests), ...steps.map((step) => step())]);
  }

  /** What fits into one transaction, of one incarnation: what another writes may hang on whether this one is LIVE. */
  private take(): WriteRequest[] {
    let writes = 0;
    let count = 0;
    for (const { batch, incarnation } of this.requests) {
      if (count > 0 && writes + batch.length > TRANSACTION_WRITES_MAX) break;
      if (incarnation !== this.requests[0]?.incarnation) break;
      writes += batch.length;
      count++;
    }
    const taken = this.requests.slice(0, count);
    this.requests = this.requests.slice(count);
    this.waiting -= writes;
    if (count > 0) this.onCommit(writes);
    return taken;
  }

  private async commitRequests(requests: readonly WriteRequest[]): Promise<void> {
    const [first] = requests;
    if (first === undefined) return;
    try {
      const live = await this.writeIfLive(Buffer.from(first.incarnation), requests);
      for (const { resolve, reject } of requests) {
        if (live) resolve();
        else reject(new ParleyError('fenced'));
      }
    } catch (thrown) {
      const error = await this.failed(thrown, bytesAtMost(requests));
      for (const { reject } of requests) reject(error);
    }
  }

  private async writeIfLive(incarnation: Buffer, requests: readonly WriteRequest[]): Promise<boolean> {
    const { root, fences } = this.environment;
    const writer = new BatchWriter(this.environment, this.keys);
    const written = fences.ifVersion(incarnation, LIVE, () => {
      for (const { batch } of requests) for (const write of batch) writer.put(write);
    });
    if (writer.trims.length === 0) return written;
    const trimmed = root.childTransaction(() => {
      if (!fences.doesExist(incarnation, LIVE)) return;
      for (const { log, belowSeq } of writer.trims) trimLog(this.environment, this.keys, log, belowSeq);
    });
    const [live] = await Promise.all([written, trimmed]);
    return live;
  }

  private async failed(thrown: unknown, bytes = ROOM_BYTES_MIN): Promise<ParleyError> {
    const error = await toStoreError(thrown, () => hasRoom(this.environment.dataFile, bytes));
    if (error.kind === 'unavailable' && this.broken === undefined) {
      this.broken = error;
      this.onBroken(error);
    }
    return error;
  }
}

/** What the requests may have wanted of the disk, roughly and from above. */
function bytesAtMost(requests: readonly WriteRequest[]): number {
  let bytes = ROOM_BYTES_MIN;
  for (const { batch } of requests) {
    for (const write of batch) {
      const body =
        write.type === 'row' ? write.row.body.length : write.type === 'record' ? write.record.value.length : 0;
      bytes += ROOM_BYTES_A_WRITE + body;
    }
  }
  return bytes;
}
