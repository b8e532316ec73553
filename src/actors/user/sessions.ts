/**
 * The sessions of one user: each gets the inbox from where its device stopped, then live, without gap or overlap. What a
 * gateway does not confirm is pushed again.
 */
import type { ActorHost } from '../../cluster/actor-host.js';
import { confirmationWanted } from '../../cluster/confirmation-wanted.js';
import { LONG_AGO_MS } from '../../core/clock.js';
import type { UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { Caller, SessionConfirmation } from '../../protocol/bus-messages.js';
import type { EncodedEvent } from '../../protocol/encoded-event.js';
import type { Delivery, SessionEvent } from '../../protocol/frames.js';
import type { v1 } from '../../protocol/wire.js';
import type { ActorContext } from '../runtime/actor.js';
import { resumeByGateway } from './cursor.js';
import type { Inbox } from './inbox.js';
import { limitedFrames } from './limited.js';

/** Pushed and not confirmed, at most, while live; beyond that the session catches up by pages. */
const LIVE_WINDOW = 1_000;
const PUSH_AGAIN_MS = 4_000;
/** A gateway that says more often that it lacks something waits for the next tick. */
const LACKING_PAUSE_MS = 100;
/** How long a gateway that is registered no more may take to speak of a session, and how often it is asked to. */
const DEPARTED_ANSWER_MS = 5_000;
const DEPARTED_ASK_MS = 30_000;
/** See Session.followsAfter. */
export const NOT_WAITING = -1;

export interface Session {
  readonly caller: Caller;
  readonly gateway: string;
  readonly visible: boolean;
  /** Where this activation took the session over. */
  readonly from: number;
  /** Inbox positions: pushed, and put on the socket. */
  sent: number;
  put: number;
  /** The inbox position that is to be on the socket before the session is told what to follow; NOT_WAITING: it was told. */
  followsAfter: number;
  /** Up to where the device has its inbox, by what it said since this activation has the session. What began at the head says nothing. */
  acknowledged: number;
  pumping: boolean;
  /** Monotonic milliseconds: the last confirmation; the last push since everything was confirmed. */
  confirmedAtMs: number;
  pushedAtMs: number;
  /** When it was last pushed again at once, since its gateway lacked something, monotonic milliseconds. */
  lackedAtMs: number;
  /** When a gateway that is registered no more was asked about it, monotonic milliseconds. */
  askedAtMs: number;
  watching: ReadonlySet<UserId> | undefined;
  /** Presences that wait for the next batch, and when the last one went, monotonic milliseconds. */
  presences: Map<UserId, v1.IPresence> | undefined;
  presencesAtMs: number;
  /** Nobody is at the device, as it says. */
  idle: boolean;
}

export class Sessions {
  private readonly host: ActorHost;
  private readonly context: ActorContext;
  private readonly inbox: Inbox;
  private sessions: Session[] = [];

  constructor(host: ActorHost, context: ActorContext, inbox: Inbox) {
    this.host = host;
    this.context = context;
    this.inbox = inbox;
  }

  /** Monotonic, whole milliseconds. */
  private nowMs(): number {
    return Math.trunc(this.host.clock.monotonic());
  }

  get size(): number {
    return this.sessions.length;
  }

  get visible(): boolean {
    return this.sessions.some((session) => session.visible);
  }

  /** Whether there are visible sessions, all of them idle. */
  get idle(): boolean {
    return this.visible && this.sessions.every((session) => session.idle || !session.visible);
  }

  /** When a gateway last spoke of a visible session, monotonic milliseconds. */
  get heardAtMs(): number {
    return Math.max(...this.sessions.map((session) => (session.visible ? session.confirmedAtMs : 0)));
  }

  all(): readonly Session[] {
    return this.sessions;
  }

  find(sessionId: string): Session | undefined {
    for (const session of this.sessions) if (session.caller.sessionId === sessionId) return session;
    return undefined;
  }

  open(caller: Caller, gateway: string, visible: boolean, after: number): Session {
    this.close(caller.sessionId);
    const now = this.nowMs();
    const session: Session = {
      caller,
      gateway,
      visible,
      from: after,
      sent: after,
      put: after,
      followsAfter: NOT_WAITING,
      acknowledged: 0,
      pumping: false,
      confirmedAtMs: now,
      pushedAtMs: now,
      lackedAtMs: LONG_AGO_MS,
      askedAtMs: LONG_AGO_MS,
      watching: undefined,
      presences: undefined,
      presencesAtMs: LONG_AGO_MS,
      idle: false,
    };
    // One that fits: a list that grows has room for 17, and most users have one session.
    this.sessions = this.sessions.concat(session);
    this.context.requestTick();
    return session;
  }

  close(sessionId: string): void {
    const at = this.sessions.findIndex((session) => session.caller.sessionId === sessionId);
    if (at >= 0) this.sessions.splice(at, 1);
  }

  end(session: Session, reason: 'session_revoked' | 'owner_changed'): void {
    const { sessionId } = session.caller;
    this.host.push(session.gateway, { type: 'session_end', sessionId, reason });
    this.close(sessionId);
  }

  /** A new inbox entry: to every session that is up to date; the others come to it by their pages. */
  live(inboxSeq: number, event: EncodedEvent, senderSession: string, confirmNow: boolean): void {
    for (const session of this.sessions) {
      if (session.sent !== inboxSeq - 1 || session.pumping || inboxSeq - session.put > LIVE_WINDOW) continue;
      const own = senderSession !== '' && session.caller.sessionId === senderSession;
      this.push(session, [this.inbox.deliveryOf(inboxSeq, event, own)], confirmNow);
    }
  }

  /**
   * Sends what the session lacks, a page at a time: the next one when this one is on the socket. Never rejects: what the
   * store refuses is tried again by the next tick.
   */
  async pump(session: Session): Promise<void> {
    if (session.pumping || session.sent >= this.inbox.head || session.sent > session.put) return;
    session.pumping = true;
    try {
      const events = await this.inbox.page(session.sent, LIMITS.deliveryPageItems);
      if (!this.context.alive) return;
      if (events === undefined) return this.limit(session);
      if (events.length === 0) return;
      const items = events.map((event, index) => this.inbox.deliveryOf(session.sent + index + 1, event));
      this.push(session, items, true);
    } catch (cause) {
      this.host.logger.warn({ err: cause, actor: this.context.id }, 'a page of the inbox waits for the store');
    } finally {
      session.pumping = false;
    }
  }

  /** The inbox no longer reaches back to where the session is: it goes on at the head, and its client asks the channels. */
  private limit(session: Session): void {
    const { channels, head } = this.inbox;
    session.sent = head;
    session.put = head;
    for (const value of limitedFrames(channels, this.inbox.cursorAt(head)))
      this.tell(session, { type: 'limited', value });
  }

  private push(session: Session, items: readonly Delivery[], confirmNow: boolean): void {
    const afterSeq = session.sent;
    if (session.sent === session.put) session.pushedAtMs = this.nowMs();
    session.sent += items.length;
    const { epoch, startSeq } = this.inbox.log;
    this.host.push(session.gateway, {
      type: 'push',
      sessionId: session.caller.sessionId,
      epoch,
      afterSeq,
      sharedUpTo: session.from,
      ownFrom: startSeq <= session.from ? startSeq : 0,
      items,
      confirmNow,
    });
  }

  /**
   * Whether the session is further along here than at its gateway, by the gateway's word. An open that is asked again is
   * answered once: the gateway may stand where an earlier owner said, and nothing that is pushed from here follows on that.
   */
  isAhead(session: Session, { put, lacking }: SessionConfirmation): boolean {
    const { term, sub } = this.inbox.log.epoch;
    // What was pushed from here may be on its way.
    if (!lacking && put.term === term && put.sub === sub) return false;
    const from = resumeByGateway(put, this.inbox.extent);
    return from !== undefined && (from.type === 'limited' || from.seq < session.put);
  }

  /** A gateway's word on the session. */
  confirm(session: Session, confirmation: SessionConfirmation): void {
    const now = this.nowMs();
    session.confirmedAtMs = now;
    const put = this.positionOf(confirmation.put);
    if (put > session.put) {
      session.put = Math.min(put, session.sent);
      session.pushedAtMs = now;
    }
    if (confirmation.lacking && !session.pumping) this.goBack(session, now);
    if (session.sent === session.put && session.sent < this.inbox.head) void this.pump(session);
  }

  /** What was pushed did not follow on what the gateway has: it is pushed again, at once or at the next tick. */
  private goBack(session: Session, now: number): void {
    if (now - session.lackedAtMs < LACKING_PAUSE_MS) {
      session.pushedAtMs = now - PUSH_AGAIN_MS - 1;
      return;
    }
    session.lackedAtMs = now;
    session.sent = session.put;
  }

  /** A position of this epoch; what an earlier owner pushed counts for nothing here. */
  private positionOf(cursor: SessionConfirmation['put']): number {
    const { term, sub } = this.inbox.log.epoch;
    return cursor.term === term && cursor.sub === sub ? (cursor.inboxSeq ?? 0) : 0;
  }

  broadcast(event: SessionEvent): void {
    for (const session of this.sessions) this.tell(session, event);
  }

  tell(session: Session, event: SessionEvent): void {
    this.host.push(session.gateway, { type: 'session_event', sessionId: session.caller.sessionId, event });
  }

  /** Pushes again what was not confirmed, and forgets sessions whose gateway is silent. */
  tick(): void {
    const now = this.nowMs();
    for (const session of [...this.sessions]) {
      if (now - session.confirmedAtMs > LIMITS.sessionLeaseMs || this.isForsaken(session, now))
        this.close(session.caller.sessionId);
      else if (session.sent > session.put && now - session.pushedAtMs > PUSH_AGAIN_MS) {
        session.sent = session.put;
        void this.pump(session);
      } else if (session.sent === session.put && session.sent < this.inbox.head) void this.pump(session);
    }
  }

  /** Its gateway is registered no more, was asked about it, and is silent: it need not be waited for until the lease ends. */
  private isForsaken(session: Session, now: number): boolean {
    if (!this.host.hasDeparted(session.gateway)) return false;
    if (session.confirmedAtMs < session.askedAtMs) return now - session.askedAtMs >= DEPARTED_ANSWER_MS;
    if (now - session.askedAtMs >= DEPARTED_ASK_MS) this.askAbout(session, now);
    return false;
  }

  private askAbout(session: Session, now: number): void {
    session.askedAtMs = now;
    this.host.push(session.gateway, confirmationWanted(session.caller.sessionId));
  }

  /** This activation has ended: the next knows of them what their gateways tell it. */
  askAboutAll(): void {
    for (const session of this.sessions) this.askAbout(session, this.nowMs());
  }
}
