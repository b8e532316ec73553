/**
 * The words of erased messages, and those that an edit replaced, leave the search index: within a minute, many at once,
 * since each time the segments that hold them are written anew. Which positions wait is a DurableList; it is full only when the
 * index cannot be written for long.
 */
import { LIMITS } from '../../core/limits.js';
import type { StoreWrite } from '../../core/store.js';
import type { ChannelIndex } from '../../search/channel-index.js';
import type { Channel } from './channel.js';
import { DurableList } from './durable-list.js';

/** How long the first of them waits for others, milliseconds. */
const WAIT_MS = 30_000;
/** So many do not wait for others. */
const MANY = 500;

export class TakenBackWords {
  private readonly channel: Channel;
  private readonly index: ChannelIndex;
  private readonly list: DurableList;
  private dueMs = 0;
  /** What an earlier owner left is not known yet. */
  private unread = false;

  constructor(channel: Channel, index: ChannelIndex) {
    this.channel = channel;
    this.index = index;
    this.list = new DurableList(channel, {
      key: 'search/erased',
      most: LIMITS.searchTakenBackMax,
      failure: 'words that were taken back wait to leave the search index',
      work: async () => {
        await this.purge().catch((error: unknown) => {
          if (!this.index.over) throw error;
        });
      },
    });
  }

  get waits(): boolean {
    return this.unread || this.list.size > 0;
  }

  /** After an activation: what an earlier owner left. */
  resume(): void {
    if (!this.channel.state.hasForms) return;
    this.unread = true;
    this.channel.context.requestTick();
  }

  /** To be written together with the erasures and the forms of what was edited. Rejects with `overloaded` while the list is full. */
  async note(seqs: readonly number[]): Promise<readonly StoreWrite[]> {
    await this.load();
    if (this.list.size === 0) this.dueMs = this.channel.host.clock.monotonic() + WAIT_MS;
    return [this.list.note(seqs)];
  }

  /** Once a second. */
  tick(): void {
    if (!this.waits) return;
    if (this.channel.host.clock.monotonic() >= this.dueMs || this.list.size >= MANY) this.list.tick();
  }

  private async load(): Promise<void> {
    await this.list.load();
    this.unread = false;
  }

  private async purge(): Promise<void> {
    await this.load();
    if (this.list.size === 0) return;
    const seqs = new Set(this.list.seqs);
    await this.index.purge(seqs);
    await this.list.takeOff(seqs);
  }
}
