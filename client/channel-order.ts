/**
 * Exactly once, in order: whatever way an event comes (inbox, acknowledgement, fan-out, history), however often, it is
 * handed on once, after all those before it in its channel. What is ahead of a gap waits; a gap that does not close by
 * itself soon is filled from history. What waits is bounded: beyond that it is left to history.
 *
 * A channel starts for this device at the first event that the inbox or a fan-out brings, or above the head that a
 * fan-out told before any event, or that was known when the device first sent to it.
 */
import { ParleyError, toParleyError } from '../src/core/errors.js';
import { backoffMs } from './backoff.js';
import type { ClientClock, ClientRandom } from './clock.js';
import type { ChannelEvent, EventContext } from './types.js';

const WAITING_MAX = 500;
const GAP_WAIT_MS = 300;
const FILLS_MAX = 4;

export interface HistoryRead {
  /** Ascending, the oldest above what was asked for. */
  readonly events: readonly ChannelEvent[];
  readonly head: number;
}

export interface ChannelOrderPorts {
  readonly clock: ClientClock;
  readonly random: ClientRandom;
  readonly me: () => string;
  readonly handOn: (event: ChannelEvent, context: EventContext) => void;
  /** The events above `seq`, a page of them. Rejects with a ParleyError. */
  readonly readAfter: (channelId: string, seq: number) => Promise<HistoryRead>;
}

interface Held {
  readonly event: ChannelEvent;
  readonly context: EventContext;
}

interface Channel {
  readonly id: string;
  /** Handed on up to here; undefined: the channel has not started for this device. */
  last: number | undefined;
  /**
   * `last` is a head that was told, and nothing was handed on yet: the inbox may still bring something older that is
   * on its way, and decides where the channel starts if it comes soon.
   */
  tentative: boolean;
  /** The highest head heard of. */
  head: number;
  /** History must be read up to here. */
  target: number;
  waiting: Map<number, Held> | undefined;
  handing: boolean;
  filling: boolean;
  /** Fills that failed in a row. */
  failures: number;
}

const CONTEXTS = {
  acknowledgement: { source: 'acknowledgement', unread: undefined },
  fanout: { source: 'fanout', unread: undefined },
  history: { source: 'history', unread: undefined },
} as const satisfies Record<string, EventContext>;

export class ChannelOrder {
  private readonly ports: ChannelOrderPorts;
  private readonly channels = new Map<string, Channel>();
  private fills = 0;
  private readonly fillQueue: Channel[] = [];
  private stopped = false;

  constructor(ports: ChannelOrderPorts) {
    this.ports = ports;
  }

  /** Continues where an earlier run stopped, and reads from history what it still held. */
  restore(heads: Readonly<Record<string, number>>, behind: Readonly<Record<string, number>>): void {
    for (const [channelId, last] of Object.entries(heads)) this.channel(channelId).last ??= last;
    for (const [channelId, head] of Object.entries(behind)) this.require(this.channel(channelId), head, GAP_WAIT_MS);
  }

  heads(): Record<string, number> {
    const heads: Record<string, number> = {};
    for (const { id, last } of this.channels.values()) if (last !== undefined) heads[id] = last;
    return heads;
  }

  /** Channels that hold events ahead of a gap, with the last of these: the cursor may already be past them. */
  behind(): Record<string, number> {
    const behind: Record<string, number> = {};
    for (const channel of this.channels.values())
      if (this.isBehind(channel)) behind[channel.id] = Math.max(channel.target, ...(channel.waiting?.keys() ?? []));
    return behind;
  }

  /** The server's logs are others than before: every channel starts again at its first event. */
  forget(): void {
    for (const channel of this.channels.values()) {
      // What is under way for it ends without handing anything on.
      channel.last = Number.POSITIVE_INFINITY;
      channel.waiting = undefined;
    }
    this.channels.clear();
  }

  stop(): void {
    this.stopped = true;
  }

  /** Whether everything up to `seq` was handed on (or is not to be had). */
  isHandedOn(channelId: string, seq: number): boolean {
    return (this.channels.get(channelId)?.last ?? 0) >= seq;
  }

  /**
   * The newest seq heard of, above which a channel that has not started for this device now does; undefined: nothing
   * was heard of the channel.
   */
  headForSend(channelId: string): number | undefined {
    const channel = this.channels.get(channelId);
    if (channel === undefined || (channel.last === undefined && channel.head === 0)) return undefined;
    this.begin(channel, channel.head);
    return Math.max(channel.head, channel.last ?? 0);
  }

  /** A head was told, by a list or a page: nothing is read because of it. */
  noteHead(channelId: string, head: number): void {
    const channel = this.channel(channelId);
    channel.head = Math.max(channel.head, head);
  }

  /** A channel that has not started yet starts above `head`. */
  startAbove(channelId: string, head: number): void {
    this.noteHead(channelId, head);
    this.begin(this.channel(channelId), head);
  }

  fromInbox(event: ChannelEvent, unread: number): void {
    const channel = this.channel(event.channelId);
    if (channel.tentative) this.startAt(channel, event.seq);
    if (this.startsAnew(event) && channel.last !== undefined) this.skipTo(channel, event.seq - 1);
    this.offer(channel, event, { source: 'inbox', unread });
  }

  fromAcknowledgement(event: ChannelEvent): void {
    this.offer(this.channel(event.channelId), event, CONTEXTS.acknowledgement);
  }

  fromFanout(channelId: string, head: number, events: readonly ChannelEvent[]): void {
    const channel = this.channel(channelId);
    const [first] = events;
    if (first === undefined) this.begin(channel, head);
    else if (channel.tentative) this.startAt(channel, first.seq);
    for (const event of events) this.offer(channel, event, CONTEXTS.fanout);
    this.require(channel, head, GAP_WAIT_MS);
  }

  /** The inbox will not bring what is missing up to `head`: reads it from history, from the start if need be. */
  catchUp(channelId: string, head: number): void {
    const channel = this.channel(channelId);
    channel.last ??= 0;
    this.require(channel, head, 0);
  }

  private begin(channel: Channel, head: number): void {
    if (channel.last !== undefined) return;
    channel.last = head;
    channel.tentative = head > 0;
  }

  private startAt(channel: Channel, seq: number): void {
    channel.tentative = false;
    channel.last = Math.min(channel.last ?? 0, seq - 1);
    this.drain(channel);
    this.require(channel, channel.target, GAP_WAIT_MS);
  }

  private channel(id: string): Channel {
    let channel = this.channels.get(id);
    if (channel === undefined) {
      channel = {
        id,
        last: undefined,
        tentative: false,
        head: 0,
        target: 0,
        waiting: undefined,
        handing: false,
        filling: false,
        failures: 0,
      };
      this.channels.set(id, channel);
    }
    return channel;
  }

  /** The inbox tells everything a member is due: before one's own (new) membership there is nothing to wait for. */
  private startsAnew(event: ChannelEvent): boolean {
    return event.type === 'created' || (event.type === 'joined' && event.userIds.includes(this.ports.me()));
  }

  private offer(channel: Channel, event: ChannelEvent, context: EventContext): void {
    const { seq } = event;
    channel.last ??= seq - 1;
    if (seq > channel.head) channel.head = seq;
    if (seq <= channel.last) return;
    if (seq === channel.last + 1 && !channel.handing && !channel.tentative) {
      this.hand(channel, event, context);
      if (channel.waiting !== undefined) this.drain(channel);
      return;
    }
    channel.waiting ??= new Map();
    if (channel.waiting.size < WAITING_MAX) {
      if (!channel.waiting.has(seq)) channel.waiting.set(seq, { event, context });
    } else channel.target = Math.max(channel.target, seq);
    if (!channel.handing) this.fillLater(channel, GAP_WAIT_MS);
  }

  private hand(channel: Channel, event: ChannelEvent, context: EventContext): void {
    channel.last = event.seq;
    channel.handing = true;
    try {
      this.ports.handOn(event, context);
    } finally {
      channel.handing = false;
    }
  }

  private drain(channel: Channel): void {
    const { waiting } = channel;
    while (waiting !== undefined && waiting.size > 0) {
      const next = (channel.last ?? 0) + 1;
      const held = waiting.get(next);
      if (held === undefined) break;
      waiting.delete(next);
      this.hand(channel, held.event, held.context);
    }
    if (waiting?.size === 0) channel.waiting = undefined;
    else if (waiting !== undefined) this.fillLater(channel, GAP_WAIT_MS);
  }

  /** What is missing up to `seq` is not to be had: goes on after it. */
  private skipTo(channel: Channel, seq: number): void {
    const below = [...(channel.waiting?.keys() ?? [])].filter((waiting) => waiting <= seq).sort((a, b) => a - b);
    for (const held of below) {
      const item = channel.waiting?.get(held);
      channel.waiting?.delete(held);
      if (item !== undefined && held > (channel.last ?? 0)) this.hand(channel, item.event, item.context);
    }
    channel.last = Math.max(channel.last ?? 0, seq);
    this.drain(channel);
  }

  private require(channel: Channel, head: number, waitMs: number): void {
    channel.head = Math.max(channel.head, head);
    channel.target = Math.max(channel.target, head);
    if (head <= (channel.last ?? 0)) return;
    this.fillLater(channel, waitMs);
  }

  private isBehind(channel: Channel): boolean {
    return channel.waiting !== undefined || (channel.last ?? 0) < channel.target;
  }

  /** Fills after a while, unless the gap moves by itself: then it gets another while. */
  private fillLater(channel: Channel, delayMs: number): void {
    if (channel.filling) return;
    channel.filling = true;
    const seen = channel.last;
    // Jitter: a lost publication is missed by many clients at once.
    this.ports.clock.after(delayMs * (0.75 + this.ports.random.fraction() / 2), () => {
      channel.filling = false;
      if (this.stopped) return;
      if (channel.tentative) {
        channel.tentative = false;
        this.drain(channel);
      }
      if (channel.filling || !this.isBehind(channel)) return;
      if (delayMs > 0 && channel.failures === 0 && channel.last !== seen) {
        this.fillLater(channel, delayMs);
        return;
      }
      channel.filling = true;
      this.fillQueue.push(channel);
      this.startFills();
    });
  }

  private startFills(): void {
    while (this.fills < FILLS_MAX) {
      const channel = this.fillQueue.shift();
      if (channel === undefined) return;
      this.fills += 1;
      void this.fill(channel).finally(() => {
        this.fills -= 1;
        this.startFills();
      });
    }
  }

  /** Never rejects. */
  private async fill(channel: Channel): Promise<void> {
    try {
      while (!this.stopped && this.isBehind(channel)) await this.fillPage(channel);
      channel.failures = 0;
      channel.filling = false;
    } catch (thrown) {
      channel.filling = false;
      if (!this.stopped) this.failed(channel, toParleyError(thrown));
    }
  }

  private async fillPage(channel: Channel): Promise<void> {
    const from = channel.last ?? 0;
    const page = await this.ports.readAfter(channel.id, from);
    channel.head = Math.max(channel.head, page.head);
    const first = page.events[0];
    if (first !== undefined && first.seq > (channel.last ?? 0) + 1) this.skipTo(channel, first.seq - 1);
    for (const event of page.events) this.offer(channel, event, CONTEXTS.history);
    if ((channel.last ?? 0) > from) return;
    if (page.head < this.wanted(channel)) throw new ParleyError('unavailable'); // a read from before what we know of
    this.skipTo(channel, this.wanted(channel));
  }

  /** Up to where the gap reaches. */
  private wanted(channel: Channel): number {
    const waiting = channel.waiting === undefined ? [] : [...channel.waiting.keys()];
    return waiting.length > 0 ? Math.min(...waiting) - 1 : channel.target;
  }

  private failed(channel: Channel, error: ParleyError): void {
    if (error.retry !== 'never') {
      channel.failures += 1;
      this.fillLater(channel, backoffMs(channel.failures, this.ports.random, error.retryAfterMs));
      return;
    }
    // The log is closed to us (removed, say): what waits is all there will be.
    channel.failures = 0;
    while (this.isBehind(channel)) this.skipTo(channel, this.wanted(channel));
  }
}
