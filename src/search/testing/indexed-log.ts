/** For tests: a channel's log in memory, and owners of its index, one after the other, on a store that outlives them. */
import { ParleyError } from '../../core/errors.js';
import type { MessageStore, StoreWrite } from '../../core/store.js';
import { Long, v1 } from '../../protocol/wire.js';
import { ChannelIndex } from '../channel-index.js';
import { parseQuery } from '../query.js';
import { type ChannelSearch, searchChannel } from '../search-channel.js';

export class IndexedLog {
  readonly events: v1.Event[] = [];
  index: ChannelIndex;
  /** Writes until the owner dies. */
  writesLeft = Number.POSITIVE_INFINITY;
  /** How often an owner found that a segment is gone. */
  losses = 0;
  /** What each write waits for, given how to do it. */
  around: (write: () => Promise<void>) => Promise<void> = (write) => write();
  private readonly lost = new WeakSet<ChannelIndex>();
  private readonly messages: MessageStore;
  private readonly channelId: string;
  private readonly segmentEvents: number | undefined;
  private terms = 0;

  constructor(messages: MessageStore, channelId: string, segmentEvents?: number) {
    this.messages = messages;
    this.channelId = channelId;
    this.segmentEvents = segmentEvents;
    this.index = this.nextOwner();
  }

  /** The index as it is read by an owner that starts, in a later term. */
  nextOwner(generation = 0): ChannelIndex {
    const term = ++this.terms;
    let counter = 0;
    const index: ChannelIndex = new ChannelIndex({
      channelId: this.channelId,
      partition: `channel:${this.channelId}`,
      generation,
      ...(this.segmentEvents === undefined ? {} : { segmentEvents: this.segmentEvents }),
      store: this.messages,
      write: (writes) => this.around(() => this.write(writes)),
      alive: () => !this.lost.has(index),
      nextVersion: () => ({ term, sub: 1, counter: ++counter }),
      events: async (from, to) => this.events.slice(from - 1, to - 1),
      pause: () => Promise.resolve(),
      lost: () => {
        this.losses++;
      },
    });
    this.index = index;
    return index;
  }

  /** The activation of that owner ends by a crash: nobody tells it. */
  crash(owner: ChannelIndex): void {
    this.lost.add(owner);
  }

  private async write(writes: readonly StoreWrite[]): Promise<void> {
    if (this.writesLeft <= 0) throw new ParleyError('unavailable');
    this.writesLeft--;
    // Of the last batch only a part arrives.
    await this.messages.write(this.writesLeft > 0 ? writes : writes.slice(0, writes.length >> 1));
    if (this.writesLeft <= 0) throw new ParleyError('unavailable');
  }

  add(from: string, text: string): void {
    const seq = this.events.length + 1;
    this.events.push(
      v1.Event.create({
        channelId: this.channelId,
        seq,
        messageId: Long.fromNumber(seq * 10, true),
        createdAt: Long.fromNumber(1000 + seq, true),
        from,
        clientMessageId: `m${seq}`,
        message: { text },
      }),
    );
  }

  /** An erased message, as its log then says. */
  erase(seq: number): void {
    const event = this.events[seq - 1];
    if (event !== undefined) this.events[seq - 1] = v1.Event.create({ ...event, message: null, deleted: true });
  }

  catchUp(): Promise<void> {
    return this.index.catchUp(() => this.events.length);
  }

  /** The seqs of all hits, page by page. */
  async search(given: Partial<ChannelSearch> & { readonly words: string }): Promise<number[]> {
    const log = {
      head: this.events.length,
      events: async (from: number, to: number) => this.events.slice(from - 1, to - 1),
      current: async (events: readonly v1.Event[]) => events,
    };
    const search = { query: parseQuery(given.words), from: '', sinceMs: 0, untilMs: 0, limit: 3, ...given };
    const seqs: number[] = [];
    for (let before: Long | undefined; ; ) {
      const page = await searchChannel(this.index, log, { ...search, before });
      seqs.push(...page.hits.map(({ event }) => event.seq ?? 0));
      if (page.next === undefined) return seqs;
      before = page.next;
    }
  }
}
