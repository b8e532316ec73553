/** A channel's search: its index, kept up behind the acknowledgements, and the answers to its members. */
import { isProgrammersError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import type { HiddenRanges } from '../../protocol/bus-messages.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { Long, v1 } from '../../protocol/wire.js';
import { ChannelIndex, SEGMENT_EVENTS } from '../../search/channel-index.js';
import { hitView } from '../../search/hit.js';
import { parseQuery } from '../../search/query.js';
import { type SearchedLog, searchChannel } from '../../search/search-channel.js';
import type { SegmentEntry } from '../../search/segment.js';
import type { Channel } from './channel.js';
import { isTakenBack } from './form.js';
import { shownEvents } from './reads.js';
import { TakenBackWords } from './taken-back-words.js';

const LIMIT_DEFAULT = 20;
/** Events that a segment lacks, beyond which it is written however busy the process is: a search reads them from the log. */
const BEHIND_MAX = 2 * SEGMENT_EVENTS;
/** How long until what failed is tried again, milliseconds. */
const AGAIN_MS = 10_000;

export class Search {
  private readonly channel: Channel;
  readonly takenBack: TakenBackWords;
  private readonly index: ChannelIndex;
  /** The head at which it is worth looking whether a segment can be written. */
  private lookAtSeq: number;
  private notBeforeMs = 0;
  private keepingUp = false;

  constructor(channel: Channel) {
    this.channel = channel;
    const { host, context, id } = channel;
    this.lookAtSeq = channel.committedHead + 1;
    this.index = new ChannelIndex({
      channelId: id,
      partition: context.id,
      generation: host.searchGeneration,
      store: host.store,
      write: (writes) => host.committer.commit(writes),
      nextVersion: () => channel.ownRecords.nextVersion(),
      alive: () => context.alive,
      events: (from, to) => this.indexable(from, to),
      pause: () => host.spareTime.wait(this.behind > BEHIND_MAX),
      lost: (segment) => this.lost(segment),
    });
    this.takenBack = new TakenBackWords(channel, this.index);
  }

  private get behind(): number {
    return this.channel.committedHead - this.index.indexedSeq;
  }

  /** What was erased or edited meanwhile has no words, though its text may still be in memory, or in the log. */
  private async indexable(from: number, to: number): Promise<readonly v1.Event[]> {
    const events = await this.written(from, to);
    if (!this.channel.state.hasForms) return events;
    const forms = await this.channel.forms.read(from, to);
    const isGone = async ({ seq, edited }: v1.Event): Promise<boolean> => {
      const form = edited ? await this.channel.forms.of(edited.seq ?? 0) : forms.get(seq);
      return form !== undefined && isTakenBack(form, seq);
    };
    const gone = await Promise.all(events.map(isGone));
    return events.map((event, at) => (gone[at] ? v1.Event.create({ ...event, deleted: true }) : event));
  }

  private async written(from: number, to: number): Promise<readonly v1.Event[]> {
    return (await this.channel.events(from, to)).map((event) => event.value);
  }

  get waits(): boolean {
    return this.takenBack.waits;
  }

  /** The log has grown: what makes a segment is written, in time. */
  grown(): void {
    if (this.channel.committedHead < this.lookAtSeq || this.keepingUp) return;
    if (this.channel.host.clock.monotonic() < this.notBeforeMs) return;
    this.keepingUp = true;
    this.keepUp()
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.keepingUp = false;
      });
  }

  /** Segment by segment, each in its turn among the channels of the process. */
  private async keepUp(): Promise<void> {
    const head = (): number => this.channel.committedHead;
    do {
      await this.channel.host.indexing.run(async () => {
        if (!this.index.over) await this.index.catchUp(head, 1);
      });
    } while (!this.index.over && this.index.lacksSegment(head()));
    this.lookAtSeq = this.index.indexedSeq + SEGMENT_EVENTS;
  }

  private lost({ firstSeq, lastSeq }: SegmentEntry): void {
    const { id: actor, host } = this.channel;
    if (this.index.over) return;
    host.logger.error(
      { actor, firstSeq, lastSeq },
      'a segment of the search index is gone: it is built anew from there on',
    );
    this.lookAtSeq = 0;
    this.grown();
  }

  /** Nothing is lost: the log has it all. */
  private failed(error: unknown): void {
    if (this.index.over) return;
    this.channel.host.logger.warn({ err: error, actor: this.channel.id }, 'the search index waits');
    if (isProgrammersError(error)) this.channel.context.crash(error);
    else this.notBeforeMs = this.channel.host.clock.monotonic() + AGAIN_MS;
  }

  async answer(reader: UserId, request: v1.Search, hidden: HiddenRanges): Promise<v1.ISearchResults> {
    const { hits, next } = await searchChannel(this.index, this.logFor(reader, hidden), {
      query: parseQuery(request.words),
      from: request.from,
      sinceMs: request.since.toNumber(),
      untilMs: request.until.toNumber(),
      before: request.before.isZero() ? undefined : request.before,
      limit: request.limit || LIMIT_DEFAULT,
    });
    this.grown();
    return { hits: hits.map(hitView), next: next ?? Long.UZERO };
  }

  private logFor(reader: UserId, hidden: HiddenRanges): SearchedLog {
    return {
      head: this.channel.committedHead,
      events: (from, to) => this.written(from, to),
      current: async (events) =>
        hidden.length === 0 && !this.channel.state.hasForms
          ? events
          : (await shownEvents(this.channel, events.map(EncodedEvent.of), reader, hidden)).map(({ value }) => value),
    };
  }

  /** Resolves when nothing of it writes any more. */
  end(): Promise<void> {
    return this.index.end();
  }
}
