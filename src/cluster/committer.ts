/**
 * Group commit and the fence (docs/ARCHITECTURE.md, Ownership): writes that wait together become one flush; when it is
 * durable, one read of this node's own fence row, shared by everything that was complete when the read started, says
 * whether it may count.
 */
import type { Clock } from '../core/clock.js';
import { type ErrorName, isProgrammersError, ParleyError, toParleyError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { type Metrics, noMetrics } from '../core/metrics.js';
import { RETRY_AFTER_MS } from '../core/retry-after.js';
import type { Storage, StoreWrite } from '../core/store.js';
import { HeldCommits } from './held-commits.js';

/** What is told of a commit that is traced: where it is on its way. */
export interface CommitTrace {
  /** Its flush begins; again when it is repeated. */
  flushing(): void;
  durable(): void;
  /** A fence read that began after that says LIVE. */
  live(): void;
}

export interface Commit {
  readonly writes: readonly StoreWrite[];
  readonly trace?: CommitTrace | undefined;
  /**
   * Nobody waits for it: it goes with a flush that somebody waits for, or after a while by itself. Until then it is held with
   * others of its log, see `holdMaxMs`.
   */
  readonly patient?: boolean;
  /** The writes are durable and this node was live after that. */
  readonly committed: () => void;
  /**
   * Nothing of the flush was written (`storage_full`), or a programmer's error, in these writes or in `committed`: the
   * activation that asked for it must end. Everything in doubt is repeated instead, until it is decided.
   */
  readonly refused: (error: ParleyError) => void;
}

/** How a store likes its flushes. */
export interface FlushOptions {
  /**
   * Flushes under way at once: 1 where the store has one writer. Where it has several, a part of it may fail while the rest
   * does not, so what is in doubt is then repeated log by log, beside the flushes.
   */
  readonly flushesMax: number;
  /**
   * While a flush is under way, the next one begins no sooner than so long after it, milliseconds (0): where several may be,
   * each write would else be a flush of its own, with a fence read of its own.
   */
  readonly flushEveryMs?: number;
  /** Commits that one flush takes at most: what waits after an outage is written in parts. Default 10,000. */
  readonly flushCommitsMax?: number;
  /**
   * How long commits that nobody waits for are held for more of the same log, at most, milliseconds (0: they go with the next
   * flush). For a store that writes whole pages, where rows of one log lie beside each other: a page is written once for all
   * that are held. HOLD_FACTOR times the last flush while that is less, and not at all while flushes are short.
   */
  readonly holdMaxMs?: number;
}

export interface CommitterOptions extends FlushOptions {
  readonly storage: Storage;
  readonly incarnation: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** This node has lost everything it owned. Nothing is acknowledged from here on. */
  readonly onFenced: () => void;
}

/** What another attempt may not meet again. Until it is decided, nobody knows whether the write happened. */
const IN_DOUBT: ReadonlySet<ErrorName> = new Set(['unavailable', 'timeout', 'overloaded']);
/** How long commits that nobody waits for wait for a flush to share, at least, before they are one by themselves, milliseconds. */
const PATIENCE_MS = 20;
/** After a flush that took no longer nothing is held, milliseconds. See `holdMaxMs`. */
const SHORT_FLUSH_MS = 5;
const HOLD_FACTOR = 40;
/** Commits that are held at most, of all logs. */
const HELD_MAX = 50_000;
const FLUSH_COMMITS_MAX = 10_000;
/** Commits of one log that are in doubt, or wait behind those, at most. */
const DOUBTFUL_MAX = 1_000;
const RETRY_MS = 50;
const RETRY_MAX_MS = 2_000;
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Where it is written: what else is of the commit is decided with that. */
function logOf(write: StoreWrite | undefined): string {
  if (write === undefined) return '';
  return write.type === 'record' || write.type === 'unrecord' ? write.partition : write.log;
}

export class Committer {
  private readonly options: CommitterOptions;
  private waiting: Commit[] = [];
  /** Of a flush that failed by a programmer's error: each is written by itself, so that only the one at fault hears of it. */
  private readonly suspects: Commit[] = [];
  private scheduled = false;
  private readonly held = new HeldCommits<Commit>();
  private holdMaxMs: number;
  /** How long those of a log are held for more of them now, milliseconds. */
  private holdMs = 0;
  /** The patience of what is held is over, and what cancels that. */
  private impatient = false;
  private cancelPatience: (() => void) | undefined;
  private flushes = 0;
  /** By log: what is repeated until it is decided, and what was submitted meanwhile, which follows it. */
  private readonly inDoubt = new Map<string, Commit[]>();
  private flushBeganMs = 0;
  private durable: Commit[] = [];
  private reading = false;
  private fenced = false;
  /** Fence reads and flushes so far, for metrics and benchmarks. */
  readonly counts = { flushes: 0, fenceReads: 0, writes: 0 };

  private readonly flushSeconds: { observe(value: number): void };
  private readonly fenceSeconds: { observe(value: number): void };

  constructor(options: CommitterOptions) {
    this.options = options;
    this.holdMaxMs = options.holdMaxMs ?? 0;
    const { metrics = noMetrics } = options;
    this.flushSeconds = metrics.histogram('parley_store_flush_seconds', 'A group commit until it is durable', SECONDS);
    this.fenceSeconds = metrics.histogram('parley_fence_read_seconds', 'A read of the own fence row', SECONDS);
  }

  get idle(): boolean {
    const isWriting = this.flushes > 0 || this.inDoubt.size > 0;
    return !this.someWait && !isWriting && this.durable.length === 0 && !this.reading;
  }

  private get someWait(): boolean {
    return this.held.size > 0 || this.urgent;
  }

  /** Whether somebody waits, or the patience of what is held is over. */
  private get urgent(): boolean {
    return this.impatient || this.waiting.length > 0 || this.suspects.length > 0;
  }

  /**
   * Writes handed over in one turn of the event loop share a flush. Callbacks come in the order of submission, where several
   * flushes may be under way or in doubt of one flush and log only.
   */
  submit(commit: Commit): void {
    if (this.fenced) return;
    const doubtful = this.inDoubt.size > 0 ? this.inDoubt.get(logOf(commit.writes[0])) : undefined;
    if (doubtful !== undefined) {
      doubtful.push(commit);
      return;
    }
    const log = logOf(commit.writes[0]);
    if (commit.patient === true) this.held.add(log, commit, this.options.clock.monotonic());
    else {
      if (this.held.size > 0) this.held.take(log, this.waiting);
      this.waiting.push(commit);
    }
    this.schedule();
  }

  /** `submit` as a promise. Rejects with `overloaded` while too much of the same log is in doubt; its rows have a bound of their own. */
  commit(writes: readonly StoreWrite[], { patient = false } = {}): Promise<void> {
    const [first] = writes;
    const doubtful = this.inDoubt.get(logOf(first));
    if (doubtful !== undefined && doubtful.length >= DOUBTFUL_MAX)
      return Promise.reject(new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.queue }));
    return new Promise((resolve, reject) => this.submit({ writes, patient, committed: resolve, refused: reject }));
  }

  /** From here on nothing is held for more of its log: this process ends, and actors wait for what they have. */
  hurry(): void {
    this.holdMaxMs = 0;
    this.holdMs = 0;
    this.impatient = this.held.size > 0;
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.flushes >= this.options.flushesMax) return;
    if (!this.urgent) return this.waitPatiently();
    this.scheduled = true;
    const { clock, flushEveryMs = 0 } = this.options;
    const waitMs = this.flushes === 0 ? 0 : this.flushBeganMs + flushEveryMs - clock.monotonic();
    if (waitMs > 0) clock.after(waitMs, () => this.begin());
    else clock.defer(() => this.begin());
  }

  private begin(): void {
    this.scheduled = false;
    if (!this.someWait || this.flushes >= this.options.flushesMax) return;
    const commits = this.take();
    if (commits.length === 0) return this.waitPatiently();
    this.flushes++;
    this.flushBeganMs = this.options.clock.monotonic();
    void this.flush(commits, RETRY_MS);
  }

  private waitPatiently(): void {
    const { clock } = this.options;
    const { sinceMs } = this.held;
    if (sinceMs === undefined) return;
    const overMs = sinceMs + Math.max(PATIENCE_MS, this.holdMs);
    this.cancelPatience ??= clock.after(overMs - clock.monotonic(), () => {
      this.cancelPatience = undefined;
      this.impatient = true;
      this.schedule();
    });
  }

  private take(): Commit[] {
    if (this.suspects.length > 0) return this.suspects.splice(0, 1);
    const { clock, flushCommitsMax = FLUSH_COMMITS_MAX } = this.options;
    const commits = this.waiting;
    this.held.takeDue(clock.monotonic() - this.holdMs, HELD_MAX, commits);
    this.waiting = commits.length > flushCommitsMax ? commits.splice(flushCommitsMax) : [];
    this.impatient = false;
    this.cancelPatience?.();
    this.cancelPatience = undefined;
    return commits;
  }

  private async flush(commits: Commit[], retryMs: number): Promise<void> {
    const error = await this.write(commits);
    if (error?.kind === 'fenced') return this.lose();
    if (error === undefined) this.wrote(commits);
    else if (!IN_DOUBT.has(error.kind)) this.failed(commits, error);
    else {
      this.options.logger.warn({ err: error, writes: commits.length }, 'a write is in doubt and will be repeated');
      if (this.options.flushesMax === 1) {
        this.options.clock.after(retryMs, () => void this.flush(commits, Math.min(retryMs * 2, RETRY_MAX_MS)));
        return;
      }
      this.repeatByLog(commits);
    }
    this.flushes--;
    if (this.someWait) this.schedule();
  }

  /** What the store says against it; undefined: all of it is durable. */
  private async write(commits: readonly Commit[]): Promise<ParleyError | undefined> {
    const writes: StoreWrite[] = [];
    for (const commit of commits) {
      for (const write of commit.writes) writes.push(write);
      commit.trace?.flushing();
    }
    const startedMs = this.options.clock.monotonic();
    try {
      await this.options.storage.messages.write(writes);
    } catch (cause) {
      return toParleyError(cause);
    }
    const tookMs = this.options.clock.monotonic() - startedMs;
    this.holdMs = tookMs > SHORT_FLUSH_MS ? Math.min(this.holdMaxMs, HOLD_FACTOR * tookMs) : 0;
    this.flushSeconds.observe(tookMs / 1000);
    this.counts.flushes++;
    this.counts.writes += writes.length;
    return undefined;
  }

  private wrote(commits: readonly Commit[]): void {
    for (const commit of commits) commit.trace?.durable();
    for (const commit of commits) this.durable.push(commit);
    void this.readFence();
  }

  private failed(commits: readonly Commit[], error: ParleyError): void {
    if (error.kind !== 'storage_full' && commits.length > 1)
      this.suspects.push(...commits); // as many as a flush takes
    else this.refuse(commits, error);
  }

  // ---- what is in doubt, where the store has several writers -------------------------------------------------------

  private repeatByLog(commits: readonly Commit[]): void {
    for (const commit of commits) {
      const log = logOf(commit.writes[0]);
      const before = this.inDoubt.get(log);
      if (before !== undefined) before.push(commit);
      else {
        this.inDoubt.set(log, [commit]);
        this.repeatLater(log, RETRY_MS);
      }
    }
  }

  private repeatLater(log: string, retryMs: number): void {
    this.options.clock.after(retryMs, () => void this.repeat(log, retryMs));
  }

  /** Outside of `flushesMax`, since it may take for ever: a log has at most its open positions here, in one write at a time. */
  private async repeat(log: string, retryMs: number): Promise<void> {
    const doubtful = this.inDoubt.get(log) ?? [];
    const commits = doubtful.slice(0, this.options.flushCommitsMax ?? FLUSH_COMMITS_MAX);
    const error = await this.write(commits);
    if (error?.kind === 'fenced') return this.lose();
    if (error !== undefined && IN_DOUBT.has(error.kind))
      return this.repeatLater(log, Math.min(retryMs * 2, RETRY_MAX_MS));
    doubtful.splice(0, commits.length);
    if (doubtful.length > 0) void this.repeat(log, RETRY_MS);
    else this.inDoubt.delete(log);
    if (error === undefined) return this.wrote(commits);
    this.failed(commits, error);
    if (this.someWait) this.schedule();
  }

  private refuse(commits: readonly Commit[], error: ParleyError): void {
    const { logger } = this.options;
    if (error.kind !== 'storage_full') logger.error({ err: error }, 'a write failed by a programmer’s error');
    for (const commit of commits) commit.refused(error);
  }

  private async readFence(): Promise<void> {
    if (this.reading || this.fenced || this.durable.length === 0) return;
    this.reading = true;
    const covered = this.durable;
    this.durable = [];
    const startedMs = this.options.clock.monotonic();
    const state = await this.options.storage.ownership
      .readFence(this.options.incarnation)
      .catch((cause: unknown) => (isProgrammersError(cause) ? this.crash(cause) : ('unknown' as const)));
    this.counts.fenceReads++;
    this.fenceSeconds.observe((this.options.clock.monotonic() - startedMs) / 1000);
    if (state === 'crashed') return;
    this.reading = false;
    if (state === 'live') for (const commit of covered) this.tell(commit);
    else if (state === 'unknown') this.readFenceAgain(covered);
    else this.lose();
    if (this.durable.length > 0) void this.readFence();
  }

  /** A throw is the fault of this commit's owner alone: it hears of it, and the others hear of their commits. */
  private tell(commit: Commit): void {
    commit.trace?.live();
    try {
      commit.committed();
    } catch (cause) {
      this.options.logger.error({ err: cause }, 'what waited for a commit failed');
      commit.refused(toParleyError(cause));
    }
  }

  /** Nobody can tell whose error it is. It ends the process as an exception outside of everything that catches. */
  private crash(cause: unknown): 'crashed' {
    this.options.logger.error({ err: cause }, 'the fence cannot be read by a programmer’s error: this process ends');
    this.options.clock.defer(() => {
      throw cause;
    });
    return 'crashed';
  }

  private readFenceAgain(covered: Commit[]): void {
    this.durable = covered.concat(this.durable);
    this.reading = true;
    this.options.clock.after(RETRY_MS, () => {
      this.reading = false;
      void this.readFence();
    });
  }

  /** The fence says FENCED, to whoever read it: nothing is acknowledged from here on. */
  lose(): void {
    if (this.fenced) return;
    this.fenced = true;
    this.options.logger.error({ incarnation: this.options.incarnation }, 'fenced: this process owns nothing any more');
    this.options.onFenced();
  }
}
