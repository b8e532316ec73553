/**
 * Positions of a channel's log for which something is still to be done: a bounded list in one record, which is written with
 * what became of the messages, so that the next owner goes on.
 *
 * While it is full, what became of further messages stays unwritten, too: the forms wait, and when they are as many as they may
 * be, edits, deletions and reactions are refused. Once there is room again, the forms are written.
 */
import type { ActorHost } from '../../cluster/actor-host.js';
import type { OwnRecords } from '../../cluster/own-records.js';
import { isProgrammersError, ParleyError } from '../../core/errors.js';
import type { ChannelId } from '../../core/ids.js';
import type { StoreWrite } from '../../core/store.js';
import { stored } from '../../protocol/stored.js';
import type { ActorContext } from '../runtime/actor.js';

/** How long until what failed is tried again, milliseconds. */
const AGAIN_MS = 10_000;

/** The channel whose list it is. */
export interface ListOwner {
  readonly id: ChannelId;
  readonly host: ActorHost;
  readonly context: ActorContext;
  readonly ownRecords: OwnRecords;
  writeForms(): void;
}

interface ListOptions {
  readonly key: string;
  /** Positions it has at most, about. */
  readonly most: number;
  /** What the process's log says when the work failed. */
  readonly failure: string;
  /** Does some of it, and takes that off. What it rejects with is tried again, or a programmer's error of the channel's own. */
  readonly work: () => Promise<void>;
}

export class DurableList {
  private readonly owner: ListOwner;
  private readonly options: ListOptions;
  private readonly waiting = new Set<number>();
  private loading: Promise<void> | undefined;
  private running = false;
  private notBeforeMs = 0;

  constructor(owner: ListOwner, options: ListOptions) {
    this.owner = owner;
    this.options = options;
  }

  get size(): number {
    return this.waiting.size;
  }

  /** Those that wait longest first. */
  get seqs(): readonly number[] {
    return [...this.waiting];
  }

  /** Resolves once what an earlier owner left is here. */
  load(): Promise<void> {
    this.loading ??= this.read().catch((error: unknown) => {
      this.loading = undefined;
      throw error;
    });
    return this.loading;
  }

  private async read(): Promise<void> {
    const { host, context } = this.owner;
    const record = await host.store.readRecord(context.id, this.options.key);
    if (record !== undefined) for (const seq of stored.WaitingSeqs.decode(record.value).seqs) this.waiting.add(seq);
  }

  /** To be written together with what put them here. Throws `overloaded` when there is no room for them. */
  note(seqs: readonly number[]): StoreWrite {
    if (this.isFull && seqs.some((seq) => !this.waiting.has(seq)))
      throw new ParleyError('overloaded', { retryAfterMs: AGAIN_MS });
    for (const seq of seqs) this.waiting.add(seq);
    this.owner.context.requestTick();
    return this.record();
  }

  private get isFull(): boolean {
    return this.waiting.size >= this.options.most;
  }

  /** Once a second, while something waits. */
  tick(): void {
    if (this.running || this.owner.host.clock.monotonic() < this.notBeforeMs) return;
    this.running = true;
    this.options
      .work()
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.running = false;
      });
  }

  /** Others have their turn first. */
  putLast(seqs: readonly number[]): void {
    for (const seq of seqs) if (this.waiting.delete(seq)) this.waiting.add(seq);
  }

  /** For these all is done. Resolves when that is durable. */
  async takeOff(seqs: Iterable<number>): Promise<void> {
    const { owner, isFull } = this;
    for (const seq of seqs) this.waiting.delete(seq);
    await owner.host.committer.commit([this.record()]);
    if (isFull) owner.writeForms(); // what found no room before
  }

  private record(): StoreWrite {
    return this.owner.ownRecords.write(
      this.options.key,
      stored.WaitingSeqs.encode({ seqs: [...this.waiting] }).finish(),
    );
  }

  private failed(error: unknown): void {
    if (isProgrammersError(error)) this.owner.context.crash(error);
    else this.again(error);
  }

  /** What is left is tried again, but not at once: somebody else is not ready. */
  again(error: unknown): void {
    const { context, host, id } = this.owner;
    if (!context.alive) return;
    this.notBeforeMs = host.clock.monotonic() + AGAIN_MS;
    host.logger.warn({ err: error, actor: id }, this.options.failure);
  }
}
