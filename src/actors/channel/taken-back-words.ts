/**
 * The words of erased messages, and those that an edit replaced, leave the search index: within a minute, many at once,
 * since each time the segments that hold them are written anew. Which positions wait is written with what became of the
 * message, so that the next owner goes on.
 *
 * They are a bounded list. While it is full, which it is only when the index cannot be written for long, what became of further
 * messages stays unwritten, too: the forms wait, and when they are as many as they may be, edits, deletions and reactions are refused.
 */
import { isProgrammersError, ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { StoreWrite } from '../../core/store.js';
import { stored } from '../../protocol/stored.js';
import type { ChannelIndex } from '../../search/channel-index.js';
import type { Channel } from './channel.js';

const KEY = 'search/erased';
/** How long the first of them waits for others, milliseconds. */
const WAIT_MS = 30_000;
/** So many do not wait for others. */
const MANY = 500;
/** How long until what failed is tried again, milliseconds. */
const AGAIN_MS = 10_000;

export class TakenBackWords {
  private readonly channel: Channel;
  private readonly index: ChannelIndex;
  private readonly waiting = new Set<number>();
  private loading: Promise<void> | undefined;
  private dueMs = 0;
  /** What failed is not tried again before. */
  private notBeforeMs = 0;
  private running = false;
  /** What an earlier owner left is not known yet. */
  private unread = false;

  constructor(channel: Channel, index: ChannelIndex) {
    this.channel = channel;
    this.index = index;
  }

  get waits(): boolean {
    return this.unread || this.waiting.size > 0;
  }

  /** After an activation: what an earlier owner left. */
  resume(): void {
    if (!this.channel.state.hasForms) return;
    this.unread = true;
    this.channel.context.requestTick();
  }

  /**
   * To be written together with the erasures and the forms of what was edited. Rejects with `overloaded` while the list is
   * full; once others have left it, the forms are written again.
   */
  async note(seqs: readonly number[]): Promise<readonly StoreWrite[]> {
    await this.load();
    if (this.waiting.size >= LIMITS.searchTakenBackMax) throw new ParleyError('overloaded', { retryAfterMs: AGAIN_MS });
    if (this.waiting.size === 0) this.dueMs = this.channel.host.clock.monotonic() + WAIT_MS;
    for (const seq of seqs) this.waiting.add(seq);
    this.channel.context.requestTick();
    return [this.record()];
  }

  /** Once a second. */
  tick(): void {
    const now = this.channel.host.clock.monotonic();
    if (!this.waits || this.running || now < this.notBeforeMs) return;
    if (now < this.dueMs && this.waiting.size < MANY) return;
    this.running = true;
    this.purge()
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.running = false;
      });
  }

  private async purge(): Promise<void> {
    await this.load();
    if (!this.waits) return;
    const seqs = new Set(this.waiting);
    await this.index.purge(seqs);
    for (const seq of seqs) this.waiting.delete(seq);
    await this.channel.host.committer.commit([this.record()]);
    this.channel.writeForms(); // what found no room before
  }

  private load(): Promise<void> {
    this.loading ??= this.read().catch((error: unknown) => {
      this.loading = undefined;
      throw error;
    });
    return this.loading;
  }

  private async read(): Promise<void> {
    const { host, context } = this.channel;
    const record = await host.store.readRecord(context.id, KEY);
    if (record !== undefined) for (const seq of stored.SearchErased.decode(record.value).seqs) this.waiting.add(seq);
    this.unread = false;
  }

  private record(): StoreWrite {
    return this.channel.recordWrite(KEY, stored.SearchErased.encode({ seqs: [...this.waiting] }).finish());
  }

  private failed(error: unknown): void {
    const { context, host, id } = this.channel;
    if (this.index.over) return;
    host.logger.warn({ err: error, actor: id }, 'words that were taken back wait to leave the search index');
    if (isProgrammersError(error)) context.crash(error);
    else this.notBeforeMs = host.clock.monotonic() + AGAIN_MS;
  }
}
