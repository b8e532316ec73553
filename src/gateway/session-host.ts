import type { AccessClaims } from '../core/access-token.js';
import { ParleyError, toParleyError, unreachable } from '../core/errors.js';
import { type UserId, userActor } from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import { randomName } from '../core/random.js';
import { noTracing, type Tracing } from '../core/trace.js';
import type { Caller, EdgeEnvelope } from '../protocol/bus-messages.js';
import type { FanoutEvents } from '../protocol/frames.js';
import { Long, v1 } from '../protocol/wire.js';
import { DeliveryTraces } from './delivery-traces.js';
import { FanoutHub, type FanoutPublisher } from './fanout.js';
import type { GatewayDeps } from './gateway.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { Link, type LinkObserver, type SessionFate } from './link.js';
import { Notices } from './notices.js';
import { ReAnnouncement } from './re-announcement.js';
import { callerOf, perform } from './requests.js';
import { Session } from './session.js';
import type { Transport } from './transport.js';
import { Turn } from './turn.js';
import { WaitingRoom } from './waiting-room.js';

const SESSION_ID_CHARACTERS = 20;

const SESSION_LIMITS: v1.ILimits = {
  messageBytesMax: LIMITS.messageBytesMax,
  frameBytesMax: LIMITS.frameBytesMax,
  sendsPerSecond: LIMITS.sessionFramesPerSecond,
  resumeWindowMs: LIMITS.sessionResumeMs,
  unsettledSendsMax: LIMITS.unsettledSendsMax,
};

/** Envelopes for one session; those of a session that is about to open wait for it. */
type SessionEnvelope = Extract<EdgeEnvelope, { sessionId: string }>;

/** Keeps the sessions of this gateway: opens and ends them, and brings each what the bus has for it. */
export class SessionHost implements LinkObserver {
  readonly deps: GatewayDeps;
  readonly turn: Turn;
  readonly fanout: FanoutHub;
  readonly metrics: GatewayMetrics;
  readonly tracing: Tracing;
  readonly deliveryTraces: DeliveryTraces;
  readonly sessions = new Map<string, Session>();
  readonly notices: Notices;
  /** Links that have not said hello yet. */
  readonly unauthenticated = new WaitingRoom();
  /** Under way or over, those that were called off aside. */
  drains = 0;
  private readonly opening = new Map<string, SessionEnvelope[]>();
  /** How often shards have moved. */
  private moves = 0;

  constructor(deps: GatewayDeps, publish: FanoutPublisher) {
    this.deps = deps;
    this.turn = new Turn(deps.clock);
    this.metrics = new GatewayMetrics(deps.metrics);
    this.notices = new Notices(deps.notices, deps.clock, this.sessions);
    this.tracing = deps.tracing ?? noTracing;
    this.deliveryTraces = new DeliveryTraces(this.tracing);
    this.fanout = new FanoutHub(deps.bus, () => this.nowMs(), publish, deps.logger);
    deps.bus.onEnvelope((envelope) => this.receive(envelope));
    const announcement = new ReAnnouncement(deps.clock, this.sessions, (session) => this.announce(session));
    deps.bus.onMoved((moved) => {
      this.moves += 1;
      const shards = new Set(moved);
      announcement.moved(shards);
      this.fanout.moved(shards);
    });
    deps.metrics.gauge(
      'parley_gateway_sessions',
      'Sessions, attached or waiting to be resumed.',
      () => this.sessions.size,
    );
  }

  /** Monotonic, whole milliseconds. */
  nowMs(): number {
    return Math.trunc(this.deps.clock.monotonic());
  }

  /** A link for a transport whose user is known. */
  link(transport: Transport, address: string): Link {
    return new Link(transport, address, this.turn, this, this.nowMs());
  }

  /** A link for a new transport; it waits for a hello. */
  connect(transport: Transport, address: string): Link {
    const link = this.link(transport, address);
    this.unauthenticated.add(link);
    return link;
  }

  get draining(): boolean {
    return this.drains > 0;
  }

  refuseWhileDraining(): void {
    if (this.draining) throw new ParleyError('draining');
  }

  // ---- from the bus ----------------------------------------------------------------------------------------------

  receive(envelope: EdgeEnvelope): void {
    if (envelope.type === 'fanout') this.publish(envelope.events);
    else if (envelope.type !== 'answer' && envelope.type !== 'refusal') this.receiveForSession(envelope);
  }

  private publish(events: FanoutEvents): void {
    this.fanout.deliver(events);
    this.deliveryTraces.published(events);
  }

  private receiveForSession(envelope: SessionEnvelope): void {
    const session = this.sessions.get(envelope.sessionId);
    if (session === undefined) this.opening.get(envelope.sessionId)?.push(envelope);
    else this.hand(session, envelope);
  }

  private hand(session: Session, envelope: SessionEnvelope): void {
    switch (envelope.type) {
      case 'push':
        if (session.push(envelope)) this.deliveryTraces.pushed(session, envelope.items);
        break;
      case 'session_event':
        session.event(envelope.event);
        break;
      case 'fanout_interest':
        this.fanout.add(session, envelope.add, envelope.seqs);
        this.fanout.remove(session, envelope.remove);
        break;
      case 'session_end':
        this.close(session, envelope.reason);
        break;
      case 'session_adopted':
        this.watchAgain(session);
        break;
      default:
        unreachable(envelope);
    }
  }

  /** Nobody waits for it: should it fail, the actor's next activation says again that it took the session over. */
  private watchAgain({ watching = [], caller }: Session): void {
    if (watching.length === 0) return;
    const value = v1.WatchPresence.create({ userIds: [...watching] });
    perform(this.deps.bus.actors, caller, { type: 'watchPresence', value }).catch((error: unknown) =>
      this.deps.logger.warn({ err: error, session: caller.sessionId }, 'presence is not watched again'),
    );
  }

  /** Ends a session that its actor knows no more. */
  private close(session: Session, reason: Extract<EdgeEnvelope, { type: 'session_end' }>['reason']): void {
    const link = session.link;
    this.forget(session);
    link?.close(reason);
  }

  // ---- opening and resuming --------------------------------------------------------------------------------------

  /**
   * Opens a session on `link` with the user actor, from `cursor` (undefined: from the head), and welcomes it; a link that
   * closed meanwhile gets none. Rejects with a ParleyError.
   */
  async open(link: Link, claims: AccessClaims, cursor: v1.ICursor | undefined, requestId = 0): Promise<void> {
    const sessionId = randomName(this.deps.random, SESSION_ID_CHARACTERS);
    const caller = callerOf(claims, sessionId);
    const early: SessionEnvelope[] = [];
    this.opening.set(sessionId, early);
    const { moves } = this;
    try {
      const opened = await this.askForRoom(caller, cursor);
      if (link.closed) return this.tellClosed(caller);
      const session = new Session(caller, opened.cursor, cursor, link);
      this.sessions.set(sessionId, session);
      this.welcome(session, link, requestId, false);
      this.notices.begun(session);
      this.fanout.add(session, opened.fanoutChannels);
      if (this.moves !== moves) this.announce(session); // an owner after the one who answered may have opened it, too
    } catch (error) {
      this.tellClosed(caller); // it may have been opened all the same
      throw error;
    } finally {
      this.opening.delete(sessionId);
    }
    for (const envelope of early) this.receive(envelope);
  }

  /** Where the user has as many sessions as may be, one that waits to be resumed here makes room. */
  private async askForRoom(caller: Caller, cursor: v1.ICursor | undefined) {
    try {
      return await this.askToOpen(caller, cursor);
    } catch (error) {
      const waiting = toParleyError(error).kind === 'overloaded' ? this.longestDetached(caller) : undefined;
      if (waiting === undefined) throw error;
      this.end(waiting);
      return this.askToOpen(caller, cursor);
    }
  }

  /** Of the user's sessions here; of the same device, if it has any. */
  private longestDetached({ userId, deviceId }: Caller): Session | undefined {
    let found: Session | undefined;
    const isBefore = (one: Session, other: Session): boolean => {
      const [mine, its] = [one, other].map(({ caller }) => caller.deviceId === deviceId);
      return mine === its ? one.detachedAtMs < other.detachedAtMs : mine === true;
    };
    for (const session of this.sessions.values()) {
      if (session.link !== undefined || session.caller.userId !== userId) continue;
      if (found === undefined || isBefore(session, found)) found = session;
    }
    return found;
  }

  private async askToOpen(caller: Caller, cursor: v1.ICursor | undefined) {
    const gateway = this.deps.bus.address;
    const answer = await this.deps.bus.actors.ask(userActor(caller.userId), {
      type: 'session_open',
      caller,
      gateway,
      cursor,
      visible: true,
    });
    if (answer.type !== 'session_opened') throw new ParleyError('internal');
    return answer.value;
  }

  /** Continues a detached (or not yet detached) session on `link`; false when it cannot be, and it is gone then. */
  resume(link: Link, claims: AccessClaims, resume: v1.IResume, requestId: number): boolean {
    const session = this.sessions.get(resume.sessionId ?? '');
    if (session === undefined) return false;
    if (session.caller.userId !== claims.userId || session.caller.deviceId !== claims.deviceId) return false;
    this.unlink(session);
    const frames = session.speaks(link) ? session.framesAfter(resume.sessionSeq ?? 0) : undefined;
    if (frames === undefined) {
      this.end(session);
      return false;
    }
    session.attach(link);
    this.welcome(session, link, requestId, true);
    for (const frame of frames) link.enqueue(frame);
    this.fanout.attach(session);
    return true;
  }

  /** Takes a session from a link that the server still believes in. */
  private unlink(session: Session): void {
    const old = session.link;
    if (old === undefined) return;
    this.fanout.detach(session);
    session.detach(this.nowMs());
    old.release();
    old.close('session_superseded');
  }

  private welcome(session: Session, link: Link, requestId: number, resumed: boolean): void {
    link.session = session;
    this.unauthenticated.delete(link);
    const { userId, deviceId, sessionId } = session.caller;
    const value: v1.IWelcome = {
      sessionId,
      userId,
      deviceId,
      resumed,
      heartbeatMs: LIMITS.heartbeatMs,
      serverTime: Long.fromNumber(this.deps.clock.now(), true),
      limits: SESSION_LIMITS,
      cursor: session.stream.put,
    };
    link.send({ requestId, sessionSeq: 0, body: { type: 'welcome', value } });
  }

  // ---- from the links --------------------------------------------------------------------------------------------

  /** The device has processed its inbox up to `cursor`; see Session.acknowledge. */
  acknowledge(session: Session, cursor: v1.ICursor | null | undefined, sessionSeq: number): void {
    session.acknowledge(cursor, sessionSeq);
    if (cursor) this.deliveryTraces.acknowledged(session, cursor);
  }

  flushed(session: Session): void {
    this.deliveryTraces.written(session);
    if (session.isConfirmationDue()) this.confirm(session);
  }

  tooSlow({ caller: { userId, sessionId } }: Session): void {
    this.deps.happened?.(
      'slow_reader',
      userId,
      `Its session ${sessionId} was cut off: the socket took its data too slowly.`,
    );
  }

  closed(link: Link, session: Session | undefined, fate: SessionFate): void {
    this.unauthenticated.delete(link);
    if (session === undefined || session.link !== link) return;
    if (fate === 'kept' && !this.draining) {
      session.detach(this.nowMs());
    } else {
      this.end(session);
    }
  }

  /** Tells the user actor what was put and acknowledged since the last time. */
  confirm(session: Session): void {
    const confirmation = session.takeConfirmation(this.nowMs());
    if (confirmation === undefined) return;
    const { caller, actor } = session;
    const gateway = this.deps.bus.address;
    this.deps.bus.actors.tell(actor, { type: 'session_confirm', confirmation, caller, gateway, visible: true });
  }

  /** Tells a user actor that may not know the session. */
  private announce(session: Session): void {
    session.confirmAgain(false);
    this.confirm(session);
  }

  /** Ends a session for good and tells its user actor. */
  end(session: Session): void {
    this.forget(session);
    this.tellClosed(session.caller);
  }

  /** See GatewayOperations. The user's actor ends them, too, should it be the first to hear of it. */
  revoke(userId: UserId, deviceId: string, atMs: number): void {
    for (const session of this.sessions.values()) {
      const { caller } = session;
      const named = caller.userId === userId && (deviceId === '' || caller.deviceId === deviceId);
      if (!named || (caller.issuedAtMs ?? 0) > atMs) continue;
      this.close(session, 'session_revoked');
      this.tellClosed(caller);
    }
  }

  private forget(session: Session): void {
    session.link = undefined;
    this.sessions.delete(session.id);
    this.deliveryTraces.forget(session);
    if (session.fanoutChannels !== undefined) this.fanout.remove(session, session.fanoutChannels.keys());
  }

  private tellClosed(caller: Caller): void {
    this.deps.bus.actors.tell(userActor(caller.userId), { type: 'session_close', sessionId: caller.sessionId });
  }
}
