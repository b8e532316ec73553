/**
 * One inbox, looked over beside the logs of its channels: dense, each event once and in its channel's order, the event that the
 * channel holds at that position (G2), none that the member was not due, and none lacking (G3). No I/O.
 */
import { type ChannelId, isChannelId, type UserId, userActor } from '../../core/ids.js';
import type { LogId } from '../../core/store.js';
import type { LogPage } from '../../protocol/bus-messages.js';
import type { v1 } from '../../protocol/wire.js';
import type { ChannelJudge } from './channel-judge.js';
import { type Findings, positions } from './findings.js';
import { append, includes, type Ranges, within, without } from './ranges.js';

/** What the inbox holds of one channel. */
interface Held {
  readonly inOrder: Ranges;
  /** What came after something later. */
  readonly late: Set<number>;
}

export class InboxJudge {
  readonly userId: UserId;
  readonly log: LogId;
  /** Everything below it was looked at. */
  next = 1;
  private floor = 0;
  private keepsNothing = false;
  private readonly findings: Findings;
  private readonly held = new Map<ChannelId, Held>();

  constructor(userId: UserId, findings: Findings) {
    this.userId = userId;
    this.log = userActor(userId);
    this.findings = findings;
  }

  channels(): IterableIterator<ChannelId> {
    return this.held.keys();
  }

  /** The page that begins at `next`; `channelOf`: the channels of its rows, looked over up to what they hold there. */
  take(page: LogPage, channelOf: (id: ChannelId) => ChannelJudge | undefined): void {
    const { rows, nextSeq, head, floor } = page;
    this.floor = floor;
    this.keepsNothing = page.keepsNothing ?? false;
    this.next = Math.max(this.next, floor + 1);
    for (const { seq, event } of rows) {
      this.missing(seq);
      this.row(seq, event, channelOf);
      this.next = seq + 1;
    }
    const end = Math.min(nextSeq, head + 1);
    this.missing(end);
    this.next = Math.max(this.next, end);
  }

  /** What the channel owes that the inbox does not hold, of what it cannot have let go of: what came since `youngFromMs`. */
  lacking(channel: ChannelJudge, youngFromMs: number): Ranges {
    const from = this.floor === 0 ? 1 : channel.firstSince(youngFromMs);
    if (from === Number.POSITIVE_INFINITY) return [];
    return this.notHeld(channel, within(channel.dueTo(this.userId), from, channel.next - 1));
  }

  /** What of `wanted` the inbox does not hold. */
  notHeld(channel: ChannelJudge, wanted: readonly number[]): Ranges {
    if (this.keepsNothing) return [];
    const held = this.held.get(channel.id);
    if (held === undefined) return [...wanted];
    const late = [...held.late].sort((a, b) => a - b).flatMap((seq) => [seq, seq]);
    return without(without(wanted, held.inOrder), late);
  }

  private missing(before: number): void {
    if (before <= this.next) return;
    this.findings.add('G3', this.log, this.next, `The inbox lacks its ${positions(this.next, before - 1)}.`);
  }

  private row(at: number, event: v1.Event | undefined, channelOf: (id: ChannelId) => ChannelJudge | undefined): void {
    const { findings, log } = this;
    if (event === undefined || !isChannelId(event.channelId))
      return findings.add('G3', log, at, `Position ${at} of the inbox cannot be read.`);
    const { channelId, seq } = event;
    const what = `position ${seq} of ${channelId}`;
    this.hold(at, event, what);
    const channel = channelOf(channelId);
    if (channel === undefined) return;
    if (seq >= channel.next) findings.add('G1', log, at, `The inbox holds ${what}, whose log ends before it.`);
    else if (channel.contradicts(event))
      findings.add('G2', log, at, `The inbox holds another event as ${what} than the channel.`);
    // Whom a deleted message mentioned is not known any more. The copy may keep its text for a moment longer.
    else if (!event.deleted && !channel.isDeleted(seq) && !includes(channel.dueTo(this.userId), seq))
      findings.add('G3', log, at, `The inbox holds ${what}, which was not due to ${this.userId}.`);
  }

  private hold(at: number, { channelId, seq }: v1.Event, what: string): void {
    const held = this.held.get(channelId) ?? { inOrder: [], late: new Set<number>() };
    this.held.set(channelId, held);
    const last = held.inOrder.at(-1) ?? 0;
    if (seq > last) append(held.inOrder, seq, seq);
    else if (held.late.has(seq) || includes(held.inOrder, seq))
      this.findings.add('G3', this.log, at, `The inbox holds ${what} once more.`);
    else {
      held.late.add(seq);
      this.findings.add('G3', this.log, at, `The inbox holds ${what} after position ${last}.`);
    }
  }
}
