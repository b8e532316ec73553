/**
 * Push for one user: what no active device acknowledges in a few seconds becomes a job for the push role, one a channel,
 * and stays here until that role says that it is done. The watermark (everything up to it is settled) and the shard's
 * active set hold the promise that no crash loses one: both are written with the first message of a busy period, and
 * after a crash what is above the watermark is decided again.
 */
import type { ActorHost } from '../../cluster/actor-host.js';
import type { ChannelId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { UserFacts } from '../../core/people.js';
import { type AnyPush, nameAfter, orderOf, type PushJob } from '../../core/push.js';
import type { StoreWrite } from '../../core/store.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { mentionsUser } from '../../protocol/mentions.js';
import { previewOf } from '../../protocol/preview.js';
import { stored } from '../../protocol/stored.js';
import type { v1 } from '../../protocol/wire.js';
import type { ActorContext } from '../runtime/actor.js';
import type { Inbox } from './inbox.js';
import { isAddressed, isMentioned, mayNotify, wantsPush } from './push-decision.js';
import { type PushCandidate, PushQueue } from './push-queue.js';
import { isFanout, type UserChannelState } from './state.js';

const PUSH_KEY = 'push';
/** How long the entry in the active set lingers after the last work, milliseconds. */
const ACTIVE_LINGER_MS = 60_000;
const RECOVER_PAGE = 200;
const NO_WRITES: readonly StoreWrite[] = [];

const shownOf = ({ text }: v1.IMessageBody): string => previewOf(text ?? '', LIMITS.pushPreviewCharacters);

export class Pushes {
  private readonly host: ActorHost;
  private readonly context: ActorContext;
  private readonly inbox: Inbox;
  private readonly queue = new PushQueue();
  /** Whether the active set lists this user, and the watermark says that something may be owed. */
  private listed = false;
  private lastWorkMs = 0;

  private constructor(host: ActorHost, context: ActorContext, inbox: Inbox) {
    this.host = host;
    this.context = context;
    this.inbox = inbox;
  }

  /** Takes up again what an earlier owner may have left undecided. */
  static async open(host: ActorHost, context: ActorContext, inbox: Inbox, facts: UserFacts | undefined) {
    const pushes = new Pushes(host, context, inbox);
    if (facts?.push === undefined) return pushes;
    const record = await host.store.readRecord(context.id, PUSH_KEY);
    const { inboxSeq = 0, open = false } = record === undefined ? {} : stored.PushWatermark.decode(record.value);
    if (!open) return pushes;
    await pushes.recover(inboxSeq, facts);
    await host.committer.commit(pushes.list(inboxSeq));
    return pushes;
  }

  private async recover(watermark: number, facts: UserFacts): Promise<void> {
    const head = this.inbox.log.committedHead;
    for (let seq = watermark; seq < head; ) {
      const entries = await this.inbox.log.read(seq + 1, head + 1, RECOVER_PAGE);
      for (const entry of entries) {
        // Whether anybody was online then is not known any more.
        this.take(entry.seq, EncodedEvent.fromBytes(entry.body).value, facts, true, LIMITS.pushRecoveredDelayMs);
      }
      seq = entries.at(-1)?.seq ?? head;
    }
  }

  /** Whether something waits for time, or for the push role. */
  get pending(): boolean {
    return !this.queue.isEmpty;
  }

  // ---- the inbox grows -------------------------------------------------------------------------------------------

  /** What is written with the entry about to be appended: the first of a busy period lists the user. */
  beside(event: v1.Event, facts: UserFacts | undefined): readonly StoreWrite[] {
    if (this.listed || facts?.push === undefined || !mayNotify(event, this.inbox.userId)) return NO_WRITES;
    return this.list(this.inbox.head);
  }

  private list(watermark: number): StoreWrite[] {
    this.listed = true;
    this.lastWorkMs = this.host.clock.monotonic();
    this.context.requestTick();
    return [this.host.activeEntry(this.context, this.inbox.ownRecords.nextCounter()), this.watermark(watermark, true)];
  }

  private watermark(inboxSeq: number, open: boolean): StoreWrite {
    return this.inbox.ownRecords.write(PUSH_KEY, stored.PushWatermark.encode({ inboxSeq, open }).finish());
  }

  /** `online`: whether the user has a device that is. */
  appended(inboxSeq: number, event: v1.Event, facts: UserFacts | undefined, online: boolean): void {
    if (facts?.push !== undefined) this.take(inboxSeq, event, facts, online, LIMITS.pushDelayMs);
  }

  private take(inboxSeq: number, event: v1.Event, facts: UserFacts, online: boolean, delayMs: number): void {
    const { channelId, edited, erased } = event;
    if (erased) this.erased(channelId, erased.seq ?? 0);
    if (event.left?.userId === this.inbox.userId) this.read(channelId, event.seq, '');
    if (edited?.message) {
      const { message } = edited;
      const mentions = mentionsUser({ ...event, message }, this.inbox.userId);
      this.queue.edited(channelId, edited.seq ?? 0, shownOf(message), mentions);
    }
    this.consider(inboxSeq, event, facts, online, delayMs);
  }

  private consider(inboxSeq: number, event: v1.Event, facts: UserFacts, online: boolean, delayMs: number): void {
    if (!mayNotify(event, this.inbox.userId) || facts.blocked.has(event.from)) return;
    const channel = this.inbox.channels.get(event.channelId);
    if (channel === undefined || channel.left || event.seq <= channel.readSeq) return;
    this.lastWorkMs = this.host.clock.monotonic();
    const mentioned = isMentioned(event, this.inbox.userId, online);
    this.queue.add(event.channelId, {
      inboxSeq,
      seq: event.seq,
      messageId: event.messageId.toString(),
      from: event.from,
      text: shownOf(event.message ?? {}),
      mentioned,
      addressed: isAddressed(event.channelId, mentioned),
      createdAtMs: event.createdAt.toNumber(),
      dueAtMs: this.lastWorkMs + delayMs,
    });
    this.context.requestTick();
  }

  // ---- somebody has seen it --------------------------------------------------------------------------------------

  /** An active device holds the inbox up to here. */
  acknowledged(inboxSeq: number): void {
    this.queue.acknowledged(inboxSeq);
  }

  /** Read at the device `readAt` ('': unknown): what other devices may show of it is taken back. */
  read(channelId: ChannelId, upTo: number, readAt: string): void {
    const channel = this.inbox.channels.get(channelId);
    if (channel === undefined) return;
    const isAllRead = channel.unread.length === 0;
    const seq = isAllRead ? Math.max(upTo, channel.lastSeq) : upTo;
    const isShown = channel.pushedSeq !== 0 && channel.pushedSeq <= seq;
    const wasOpen = this.queue.read(channelId, seq, isShown);
    // Devices count what is unread elsewhere, too: also a channel whose messages they were not pushed, once nothing of it is left.
    if (isShown || (isAllRead && this.isBadgeOld(channel))) this.takeBack(channelId, channel, seq, readAt);
    if (wasOpen) this.settled();
  }

  /** What devices show, or are about to, is no longer there to be read. */
  erased(channelId: ChannelId, seq: number): void {
    const channel = this.inbox.channels.get(channelId);
    if (channel === undefined) return;
    const isShown = channel.pushedSeq === seq;
    const wasOpen = this.queue.erased(channelId, seq, isShown);
    if (isShown || this.isBadgeOld(channel)) this.takeBack(channelId, channel, seq, '');
    if (wasOpen) this.settled();
  }

  /** Fewer are unread than devices were told. Where they show a message of the channel, a take-back would close it: the next push tells them. */
  private isBadgeOld({ pushedSeq }: UserChannelState): boolean {
    return pushedSeq === 0 && this.badge < this.inbox.saved.badgeTold;
  }

  private takeBack(channelId: ChannelId, channel: UserChannelState, upTo: number, readAt: string): void {
    const { seq } = this.name(channel, { type: 'read', seq: upTo });
    channel.pushedSeq = 0;
    const { userId } = this.inbox;
    const [now, createdAtMs] = [this.host.clock.monotonic(), this.host.clock.now()];
    this.queue.takeBack({ type: 'read', userId, channelId, seq, badge: this.badge, readAt, createdAtMs }, now);
    this.ask(now, false);
    this.context.requestTick();
  }

  /** Whatever is told of a channel comes after all that was told of it before: the push role drops what does not. */
  private name<Name extends Pick<AnyPush, 'seq' | 'type'>>(channel: UserChannelState, wanted: Name): Name {
    const name = nameAfter(channel.pushOrder, wanted);
    channel.pushOrder = orderOf(name);
    this.inbox.markDirty();
    return name;
  }

  /** What is shown already is decided again after a crash: it keeps its name, by which the push role knows it. */
  private nameMessage(channel: UserChannelState, seq: number): number {
    if (channel.pushedSeq === seq) return Math.floor(channel.pushOrder / 2);
    channel.pushedSeq = seq;
    return this.name(channel, { type: 'message', seq }).seq;
  }

  private ask(nowMs: number, quiet: boolean): void {
    for (const asked of this.queue.takeAsks(nowMs, quiet)) {
      const job = this.countedNow(asked);
      this.inbox.saved.badgeTold = job.badge;
      this.inbox.markDirty();
      this.host.toPushRole(job.type === 'read' ? { type: 'push_read', job } : { type: 'push_job', job });
    }
  }

  /** What is told again hours later says what is unread then. */
  private countedNow(job: AnyPush): AnyPush {
    const { badge } = this;
    if (job.type === 'read') return { ...job, badge };
    return { ...job, badge, unread: this.inbox.channels.get(job.channelId)?.unread.length ?? job.unread };
  }

  done(channelId: ChannelId, upTo: Pick<AnyPush, 'seq' | 'type'>): void {
    const job = this.queue.done(channelId, upTo);
    if (job?.type === 'message') this.settled();
  }

  /** A job is done with: should this process die now, it is not sent again. */
  private settled(): void {
    const { committedHead } = this.inbox.log;
    this.behind(this.host.committer.commit([this.watermark(this.queue.settledUpTo(committedHead), true)]));
  }

  // ---- time ------------------------------------------------------------------------------------------------------

  /** Once a second while there is work. `undisturbed`: nothing is to be told now. */
  tick(facts: UserFacts | undefined, undisturbed: boolean): boolean {
    const now = this.host.clock.monotonic();
    if (this.pending) this.lastWorkMs = now;
    const head = this.inbox.log.committedHead;
    this.queue.takeDue(now, head, (channelId, candidates) =>
      undisturbed ? undefined : this.decide(channelId, candidates, facts),
    );
    if (this.queue.expire(this.host.clock.now() - LIMITS.pushKeepMs) > 0) {
      this.host.logger.warn(
        { actor: this.context.id },
        'pushes were given up: nobody of the push role took them in time',
      );
    }
    if (this.queue.drop((job) => this.isWanted(job, facts))) this.settled();
    this.ask(now, undisturbed);
    if (this.listed && !this.pending && now - this.lastWorkMs >= ACTIVE_LINGER_MS) this.behind(this.leaveActiveSet());
    return this.listed || this.pending;
  }

  /** By the settings as they are now. */
  private isWanted({ channelId, mentioned }: PushJob, facts: UserFacts | undefined): boolean {
    const settings = facts?.push;
    if (settings === undefined) return facts === undefined; // unknown for now
    return wantsPush(settings, channelId, isAddressed(channelId, mentioned), this.host.clock.now());
  }

  /** One job for all that is due of a channel, by the settings as they are now. */
  private decide(
    channelId: ChannelId,
    candidates: readonly PushCandidate[],
    facts: UserFacts | undefined,
  ): PushJob | undefined {
    const settings = facts?.push;
    const channel = this.inbox.channels.get(channelId);
    if (settings === undefined || channel === undefined || channel.left) return undefined;
    const now = this.host.clock.now();
    const wanted = candidates.filter(
      ({ addressed, createdAtMs }) =>
        createdAtMs >= now - LIMITS.pushKeepMs && wantsPush(settings, channelId, addressed, now),
    );
    const newest = wanted.at(-1);
    if (newest === undefined) return undefined;
    const { messageId, from, text, createdAtMs } = newest;
    const seq = this.nameMessage(channel, newest.seq);
    return {
      ...{ type: 'message', userId: this.inbox.userId, channelId, seq, messageId, from, text, createdAtMs },
      channelName: channel.name,
      mentioned: wanted.some(({ mentioned }) => mentioned),
      unread: channel.unread.length,
      badge: this.badge,
    };
  }

  /** Unread messages of all conversations of the inbox tier. */
  private get badge(): number {
    let badge = 0;
    for (const channel of this.inbox.channels.values()) if (!isFanout(channel)) badge += channel.unread.length;
    return badge;
  }

  /** The watermark first: once off the list, nobody looks for what is owed. Also at a stop, where what is owed stays listed. */
  async leaveActiveSet(): Promise<void> {
    if (!this.listed || !this.inbox.log.settled) return;
    const { committedHead } = this.inbox.log;
    const owes = this.pending;
    const writes = [this.watermark(this.queue.settledUpTo(committedHead), owes)];
    if (!owes) writes.push(this.host.inactiveEntry(this.context, this.inbox.ownRecords.nextCounter()));
    this.listed = owes;
    await this.host.committer.commit(writes).catch((cause: unknown) => {
      this.listed = true;
      throw cause;
    });
  }

  private behind(work: Promise<void>): void {
    work.catch((cause: unknown) => {
      this.host.logger.warn({ err: cause, actor: this.context.id }, 'the push watermark waits for the store');
    });
  }
}
