/**
 * What a channel's events bring its members by inbox: delivers, remembers what is not confirmed (lag.ts), and sends that
 * again until it is.
 */
import type { ActorHost } from '../../cluster/actor-host.js';
import { type BackoffSpan, backoffMs } from '../../core/backoff.js';
import { type ChannelId, type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { EncodedEvent } from '../../protocol/encoded-event.js';
import type { ActorContext } from '../runtime/actor.js';
import { firstDue, type Lags } from './lag.js';

const RESEND_AFTER: BackoffSpan = { firstMs: 2_000, mostMs: 10_000 };
const RESEND_EVENTS_MAX = 100;
/** Positions that one page of them is read from: in a large channel only mentions are due, and they lie far apart. */
const RESEND_SPAN = 512;
/** Every event above a gap says that something is lacking: it is sent once in this time, milliseconds. */
const LACKING_PAUSE_MS = 100;

/** The channel whose events they are. */
interface Source {
  readonly id: ChannelId;
  readonly host: ActorHost;
  readonly context: ActorContext;
  readonly committedHead: number;
  /** Committed events with from ≤ seq < to. */
  events(from: number, to: number): Promise<readonly EncodedEvent[]>;
}

export class Deliveries {
  readonly lags: Lags;
  private readonly channel: Source;

  constructor(channel: Source, lags: Lags) {
    this.channel = channel;
    this.lags = lags;
  }

  /** Monotonic, whole milliseconds. */
  private nowMs(): number {
    return Math.trunc(this.channel.host.clock.monotonic());
  }

  /** Recipients that have not confirmed everything they are due. */
  get lagging(): number {
    return this.lags.size;
  }

  /** The first seq that a recipient is due and has not confirmed; 0: none. */
  owedFrom(userId: UserId): number {
    return this.lags.of(userId)?.due[0] ?? 0;
  }

  /** An earlier activation may have sent it or not. */
  owe(due: readonly UserId[], seq: number): void {
    for (const userId of due) this.lags.add(userId, seq, 0);
  }

  /** Sends a committed event to those who are due it. */
  send(event: EncodedEvent, due: readonly UserId[], senderSession: string): void {
    const now = this.nowMs();
    const { seq } = event.value;
    let left = event.trace === undefined ? due.length : Math.min(due.length, LIMITS.tracedRecipientsMax);
    event.handTo(left);
    const untraced = event.tracedBy(undefined);
    if (untraced !== event) untraced.handTo(due.length - left);
    for (const userId of due) {
      const previousSeq = this.lags.add(userId, seq, now);
      this.deliver(userId, previousSeq, left-- > 0 ? event : untraced, senderSession);
    }
  }

  private deliver(userId: UserId, previousSeq: number, event: EncodedEvent, senderSession: string): void {
    const { host, id: channelId } = this.channel;
    host.tell(userActor(userId), { type: 'deliver', channelId, previousSeq, event, senderSession });
  }

  /**
   * A recipient holds everything up to `seq`. `lacking`: and misses what follows. One that is far behind gets page after
   * page, each when it has the one before.
   */
  confirm(userId: UserId, seq: number, lacking: boolean): void {
    this.lags.confirm(userId, seq);
    const lag = this.lags.of(userId);
    if (lag === undefined) return;
    lag.attempts = 0;
    const now = this.nowMs();
    const isPageTaken = lag.pageEnd !== 0 && seq >= lag.pageEnd;
    if (!isPageTaken && (!lacking || now - lag.lackedAtMs < LACKING_PAUSE_MS)) return;
    lag.lackedAtMs = now;
    void this.sendAgainTo(userId);
  }

  /** Sends again what is due for long enough, each time after a longer pause. */
  sendAgain(): void {
    if (this.lagging === 0) return;
    const now = this.nowMs();
    for (const [userId, lag] of this.lags.entries()) {
      const patienceMs = backoffMs(RESEND_AFTER, lag.attempts);
      if (lag.sentAtMs === 0 || now - lag.sentAtMs >= patienceMs) void this.sendAgainTo(userId);
    }
  }

  private async sendAgainTo(userId: UserId): Promise<void> {
    const { channel } = this;
    const lag = this.lags.of(userId);
    if (lag === undefined) return;
    lag.sentAtMs = this.nowMs() || 1;
    lag.attempts++;
    const [first] = lag.due;
    if (first === undefined || first > channel.committedHead) return;
    const end = Math.min(channel.committedHead + 1, first + RESEND_SPAN);
    const seqs = firstDue(lag.due, RESEND_EVENTS_MAX).filter((seq) => seq < end);
    const events = await channel.events(first, (seqs.at(-1) ?? first) + 1).catch(() => []);
    if (!channel.context.alive) return;
    let previousSeq = 0;
    for (const seq of seqs) {
      const event = events[seq - first];
      if (event === undefined) return;
      this.deliver(userId, previousSeq, event, '');
      previousSeq = seq;
    }
    const left = this.lags.of(userId);
    if (left !== undefined) left.pageEnd = (left.due.at(-1) ?? 0) > previousSeq ? previousSeq : 0;
  }
}
