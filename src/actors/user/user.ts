/** One active user: inbox, sessions, presence and cursors together. actor.ts takes the mailbox to it. */
import type { ActorHost, Ask } from '../../cluster/actor-host.js';
import { CommitSpans } from '../../cluster/commit-spans.js';
import { isProgrammersError, ParleyError } from '../../core/errors.js';
import { type ChannelId, channelActor, type UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { UserFacts } from '../../core/people.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import type { Span } from '../../core/trace.js';
import type { Caller, Notice, Question } from '../../protocol/bus-messages.js';
import type { EncodedEvent } from '../../protocol/encoded-event.js';
import { isSaid } from '../../protocol/erased-event.js';
import { factsOf } from '../../protocol/span-facts.js';
import type { v1 } from '../../protocol/wire.js';
import type { ActorContext } from '../runtime/actor.js';
import { AccountEnd } from './account-end.js';
import { AccountFacts } from './account-facts.js';
import { asSeen } from './as-seen.js';
import { resumeByGateway } from './cursor.js';
import { CursorReports } from './cursor-reports.js';
import { FanoutHeads } from './fanout-heads.js';
import { FanoutInterest } from './fanout-interest.js';
import type { Inbox } from './inbox.js';
import { InboxConfirmations } from './inbox-confirmations.js';
import { limitedFrames } from './limited.js';
import { OpenEntry } from './open-entry.js';
import { Presence, type Watch } from './presence.js';
import { PresenceWatches } from './presence-watches.js';
import { Pushes } from './pushes.js';
import { resumption, startOf } from './read-inbox.js';
import { Reading } from './reading.js';
import { RevokedDevices } from './revoked-devices.js';
import { type Session, Sessions } from './sessions.js';
import { broadcastOwnPresence, tellOwnPresence } from './set-presence.js';
import { decodeStanding, STANDING_KEY, type Standing } from './standing.js';

type Deliver = Extract<Notice, { type: 'deliver' }>;
type Confirm = Extract<Notice, { type: 'session_confirm' }>;

export class User {
  readonly id: UserId;
  readonly inbox: Inbox;
  readonly sessions: Sessions;
  readonly presence: Presence;
  readonly pushes: Pushes;
  private readonly host: ActorHost;
  private readonly context: ActorContext;
  readonly account: AccountFacts;
  readonly reports: CursorReports;
  private readonly confirmations: InboxConfirmations;
  // What most users have no use for is made when somebody wants it: there are many of them, and most are idle.
  private heads: FanoutHeads | undefined;
  private ending: AccountEnd | undefined;
  private reader: Reading | undefined;
  private watching: PresenceWatches | undefined;
  private revoked: RevokedDevices | undefined;

  private constructor(
    host: ActorHost,
    context: ActorContext,
    inbox: Inbox,
    pushes: Pushes,
    facts: UserFacts | undefined,
  ) {
    this.host = host;
    this.context = context;
    this.inbox = inbox;
    this.pushes = pushes;
    this.id = inbox.userId;
    this.account = new AccountFacts(host, context, this, facts);
    this.reports = new CursorReports(host, this);
    this.confirmations = new InboxConfirmations(host, inbox);
    this.sessions = new Sessions(host, context, inbox);
    this.revoked = RevokedDevices.ofRecord(inbox);
    // Somebody owned it under another term, and since then nothing was written down: nobody knows.
    const knownIn = inbox.saved.term || (inbox.log.epochs[0]?.epoch.term ?? context.epoch.term);
    const mayBeOnline = inbox.saved.online || knownIn !== context.epoch.term;
    const { standing, lastSeenMs } = decodeStanding(inbox.records.get(STANDING_KEY));
    const lastSeen = Math.max(lastSeenMs, inbox.saved.lastSeenMs);
    this.presence = new Presence(host, this.id, { lastSeenMs: lastSeen, mayBeOnline, standing });
    this.reports.activated(inbox, lastSeen, host.clock.now());
    if (this.presence.pending) context.requestTick();
  }

  static async activate(
    host: ActorHost,
    context: ActorContext,
    inbox: Inbox,
    facts: UserFacts | undefined,
  ): Promise<User> {
    return new User(host, context, inbox, await Pushes.open(host, context, inbox, facts), facts);
  }

  get fanoutHeads(): FanoutHeads {
    this.heads ??= new FanoutHeads(this.host, this.id);
    return this.heads;
  }

  get accountEnd(): AccountEnd {
    this.ending ??= new AccountEnd(this.host, this.context, this);
    return this.ending;
  }

  /** The account is deleted, and nothing is taken any more. */
  get hasEnded(): boolean {
    return this.ending?.begun ?? false;
  }

  get reading(): Reading {
    this.reader ??= new Reading(this.context, this);
    return this.reader;
  }

  get watches(): PresenceWatches {
    this.watching ??= new PresenceWatches(this.host, this.context, this.id, this.sessions);
    return this.watching;
  }

  /** Made each time it is wanted, which is rarely. */
  private get interest(): FanoutInterest {
    return new FanoutInterest(this.host, this.inbox);
  }

  /** As the directory told them last; undefined: it knows no such account. */
  get facts(): UserFacts | undefined {
    return this.account.current;
  }

  /** Throws `user_not_found` when there is no account. */
  checkExists(): void {
    if (this.facts === undefined) throw new ParleyError('user_not_found');
  }

  // ---- from channels ---------------------------------------------------------------------------------------------

  /** `span`: the event is traced, and this its time here. */
  deliver(notice: Deliver, span?: Span): void {
    const { channelId } = notice;
    const event = asSeen(notice.event, this.facts).tracedBy(span?.context);
    // Where it is another form, nobody here looks at the channel's any more.
    if (event !== notice.event) notice.event.looked();
    const offer = this.inbox.judge(notice.previousSeq, event.value);
    if (offer === 'due') return this.append(event, notice, span);
    span?.end({ ...factsOf(event.value), error: offer });
    if (offer === 'known') this.confirmations.again(channelId, event.value.seq);
    // It confirms what it names. What finds no room the channel sends again.
    else if (offer === 'lacking') this.host.lacking(channelId, this.id, this.inbox.durableSeq(channelId));
    event.looked();
  }

  private append(event: EncodedEvent, { senderSession }: Deliver, span: Span | undefined): void {
    const { value } = event;
    const { channelId, seq } = value;
    const hadUnread = (this.inbox.channels.get(channelId)?.unread.length ?? 0) > 0;
    const also = this.pushes.beside(value, this.facts);
    const open = new OpenEntry(this, event, span);
    const inboxSeq = this.inbox.append(event, also, open, span && new CommitSpans(span));
    const interest = isSaid(value) || value.hidden ? undefined : this.interest.changedBy(value);
    this.sessions.live(inboxSeq, event, senderSession, interest === 'follow');
    this.pushes.appended(inboxSeq, value, this.facts, this.presence.reachable);
    if (value.from !== this.id) this.reports.came(channelId, inboxSeq, seq);
    else if (hadUnread) this.reading.wrote(channelId, seq, senderSession);
    if (interest !== undefined) this.changeInterest(channelId, interest);
  }

  /** Called by an entry that was appended here, in order of position. */
  committed({ event, span }: OpenEntry): void {
    const { channelId, seq, erased } = event.value;
    // Should the store not take it, the next checkpoint asks again.
    if (erased != null) this.inbox.flushErasures().catch(() => undefined);
    if (!this.context.alive) return;
    span?.end(factsOf(event.value));
    event.looked();
    this.confirmations.durable(channelId, seq);
    if (this.inbox.checkpointDue) this.checkpointBehind();
  }

  refused(error: ParleyError): void {
    this.context.crash(error);
  }

  private changeInterest(channelId: ChannelId, change: 'follow' | 'unfollow'): void {
    if (change === 'unfollow') this.fanoutHeads.forget(channelId);
    for (const session of this.sessions.all()) {
      if (change === 'follow') this.interest.followLater(session);
      else this.interest.tell(session, [], [channelId]);
    }
  }

  // ---- sessions --------------------------------------------------------------------------------------------------

  openSession(ask: Ask, question: Extract<Question, { type: 'session_open' }>): void {
    this.checkExists();
    const from = resumption(this.inbox, question.cursor);
    const known = this.sessions.find(question.caller.sessionId);
    // Asked again: its gateway may have had the first answer, and stands where that said.
    if (known !== undefined && from.type === 'after') return this.answerOpened(ask, known);
    if (known === undefined && this.sessions.size >= LIMITS.sessionsPerUserMax) {
      throw new ParleyError('overloaded', {
        sentence: 'You have as many sessions as you can.',
        retryAfterMs: RETRY_AFTER_MS.room,
      });
    }
    const after = startOf(this.inbox, from);
    const session = this.sessions.open(question.caller, question.gateway, question.visible, after);
    const isLimited = from.type === 'limited';
    this.answerOpened(ask, session, isLimited ? limitedFrames(this.inbox.channels, this.inbox.cursorAt(after)) : []);
    if (question.visible) this.presence.here(this.facts, true);
    this.sessionsChanged();
    tellOwnPresence(this, session);
    void this.sessions.pump(session);
  }

  /** What it is to follow is in the answer, and more than that holds follows it, where the device has the whole inbox. */
  private answerOpened(ask: Ask, session: Session, limited: readonly v1.ILimited[] = []): void {
    const { interest } = this;
    const isAtHead = limited.length === 0 && session.from === this.inbox.head;
    const channels = interest.channels();
    const fanoutChannels = isAtHead ? channels.splice(0, LIMITS.channelsPerFrameMax) : [];
    const cursor = this.inbox.cursorAt(session.from);
    this.host.answer(ask, { type: 'session_opened', value: { cursor, fanoutChannels } });
    for (const value of limited) this.sessions.tell(session, { type: 'limited', value });
    if (isAtHead) interest.tell(session, channels, []);
    else if (channels.length > 0) interest.followLater(session);
  }

  closeSession(sessionId: string): void {
    const wasVisible = this.sessions.visible;
    this.sessions.close(sessionId);
    this.leaveIfGone(wasVisible);
  }

  /** Whether anybody is at a device may be another answer than before. */
  sessionsChanged(): void {
    this.presence.setIdle(this.sessions.idle, this.facts);
  }

  appear(standing: Standing): void {
    this.presence.choose(standing, this.facts);
    this.reports.tellDelivered();
  }

  /** `silentMs`: since the last session was heard of. */
  private leaveIfGone(wasVisible: boolean, silentMs = 0): void {
    if (!wasVisible) return;
    if (this.sessions.visible) return this.sessionsChanged();
    this.presence.away(this.host.clock.now() - silentMs);
    this.inbox.left(this.presence.lastSeenMs);
    this.context.requestTick();
  }

  confirmSession(notice: Confirm): void {
    const known = this.sessions.find(notice.confirmation.sessionId);
    const inStep = known !== undefined && !this.sessions.isAhead(known, notice.confirmation);
    if (inStep) this.sessions.confirm(known, notice.confirmation);
    const session = inStep ? known : this.adopt(notice);
    const { acknowledged, following } = notice.confirmation;
    if (session === undefined) return;
    this.interest.confirmed(session, following);
    const held = acknowledged && resumeByGateway(acknowledged, this.inbox.extent);
    if (held?.type !== 'after') return;
    session.acknowledged = Math.max(session.acknowledged, held.seq);
    this.reports.delivered(session.acknowledged);
    // A device that nobody sits at has told nobody.
    if (!session.idle) this.pushes.acknowledged(held.seq);
  }

  /** A session that is not known here, or not as it is: it goes on from what its gateway put on the socket. */
  private adopt(notice: Confirm): Session | undefined {
    if (this.isRevoked(notice.caller)) {
      const { sessionId } = notice.caller;
      this.host.push(notice.gateway, { type: 'session_end', sessionId, reason: 'session_revoked' });
      return undefined;
    }
    const from = resumeByGateway(notice.confirmation.put, this.inbox.extent);
    if (from === undefined) {
      this.endIfNobodys(notice);
      return undefined;
    }
    const after = startOf(this.inbox, from);
    const session = this.sessions.open(notice.caller, notice.gateway, notice.visible, after);
    if (from.type === 'limited') {
      this.sessions.end(session, 'owner_changed');
      return undefined;
    }
    void this.sessions.pump(session);
    this.host.push(notice.gateway, { type: 'session_adopted', sessionId: notice.caller.sessionId });
    if (notice.confirmation.following === undefined) this.interest.tellAll(session);
    session.idle = notice.confirmation.idle ?? false;
    if (notice.visible) this.presence.here(this.facts, true);
    this.sessionsChanged();
    return session;
  }

  /** A session of a later epoch is a later owner's; where there can be none, its client starts over from its cursor. */
  private endIfNobodys({ caller: { sessionId }, gateway }: Confirm): void {
    this.isNewest().then(
      (newest) => {
        if (newest) this.host.push(gateway, { type: 'session_end', sessionId, reason: 'owner_changed' });
      },
      () => undefined, // its gateway speaks of it again
    );
  }

  /**
   * Whether no later owner can exist: a fence read that started now says LIVE, and this activation has not ended. Then an
   * epoch after its own was never any owner's of this data: it was restored from a copy, or from nothing.
   */
  async isNewest(): Promise<boolean> {
    await this.host.committer.commit([]);
    return this.context.alive;
  }

  /** Whether the session is one of a device that was logged out. */
  isRevoked(caller: Caller): boolean {
    return this.revoked?.isRevoked(caller) ?? false;
  }

  /** Counts at once; resolves when it is remembered for good. Said again, it ends no session of a later login. */
  revoke(deviceId: string | undefined, atMs: number): Promise<void> {
    this.revoked ??= new RevokedDevices(this.inbox);
    const durable = this.revoked.revoke(deviceId, atMs);
    const wasVisible = this.sessions.visible;
    for (const session of [...this.sessions.all()]) {
      const { deviceId: own, issuedAtMs = atMs } = session.caller;
      if ((deviceId ?? own) === own && issuedAtMs <= atMs) this.sessions.end(session, 'session_revoked');
    }
    this.leaveIfGone(wasVisible);
    return durable;
  }

  // ---- requests --------------------------------------------------------------------------------------------------

  /** Somebody writes to a channel, or stopped: of who is blocked nothing is told, and of oneself nothing while one is invisible. */
  typing(notice: Extract<Notice, { type: 'typing' }>): void {
    const { channelId, userId, stopped } = notice;
    if (userId === this.id) {
      if (!this.presence.invisible) this.host.tell(channelActor(channelId), notice);
      return;
    }
    const channel = this.inbox.channels.get(channelId);
    if (channel === undefined || channel.left || this.facts?.blocked.has(userId)) return;
    this.sessions.broadcast({ type: 'typing', value: { channelId, userId, stopped } });
  }

  /** Of a device that asks instead of having a session. */
  asked(): void {
    if (this.sessions.visible) return;
    this.presence.here(this.facts, false);
    this.context.requestTick();
  }

  watched(watch: Watch): void {
    this.presence.watch(watch, this.facts);
    this.context.requestTick();
  }

  // ---- life ------------------------------------------------------------------------------------------------------

  get busy(): boolean {
    return !this.inbox.settled || this.sessions.size > 0 || this.presence.pending || this.pushes.pending;
  }

  tick(): boolean {
    const wasVisible = this.sessions.visible;
    const silentMs = this.host.clock.monotonic() - this.sessions.heardAtMs;
    this.sessions.tick();
    this.leaveIfGone(wasVisible, silentMs);
    const wasReachable = this.presence.reachable;
    if (this.presence.tick(this.facts)) broadcastOwnPresence(this);
    // Under this term it is known from here on, so that the next activation need not wait for sessions again.
    if (wasReachable && !this.presence.reachable) this.inbox.left(this.presence.lastSeenMs);
    this.watching?.tick();
    const pushes = this.pushes.tick(this.facts, this.presence.undisturbed);
    const stale = this.account.tick();
    return this.sessions.size > 0 || this.presence.pending || pushes || stale;
  }

  private checkpointBehind(): void {
    this.checkpoint().catch((cause: unknown) => {
      if (isProgrammersError(cause)) this.context.crash(cause);
      else this.host.logger.warn({ err: cause, actor: this.id }, 'a checkpoint waits');
    });
  }

  checkpoint(): Promise<boolean> {
    return this.inbox.checkpoint(this.presence.online);
  }
}
