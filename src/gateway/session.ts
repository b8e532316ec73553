import { ParleyError } from '../core/errors.js';
import { type ActorId, hashOfSet, userActor } from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import type { Caller, SessionConfirmation } from '../protocol/bus-messages.js';
import type { Delivery, ServerBody, SessionEvent } from '../protocol/frames.js';
import type { v1 } from '../protocol/wire.js';
import { compareCursors, DeliveryStream, type Push } from './delivery-stream.js';
import type { Outlet } from './outlet.js';
import { ResumeRing } from './resume-ring.js';
import type { Encoded, FrameEncoder } from './transport.js';

/** Buffered bytes below which a socket has taken what it was given, so that more may be asked for. */
const DRAINED_BYTES = 64 * 1024;
/** Buffered bytes above which receipts and presence are dropped. */
const PRESSURE_BYTES = LIMITS.sessionSendBytesMax / 2;
const bringsEvent = ({ event }: Delivery): boolean => event !== undefined;

/** Three renewals may be lost before the user actor gives the session up. */
const LEASE_RENEWAL_MS = LIMITS.sessionLeaseMs / 3;

/**
 * One session of one device, pure but for the link it writes to. Attached to a link it puts on the socket what the
 * user actor hands it; detached it keeps what the device may not have got, until it is resumed or ended. Idle ones
 * are many: what is not always needed is made when it is.
 */
export class Session {
  readonly caller: Caller;
  readonly stream: DeliveryStream;
  /** Undefined while detached. */
  link: Outlet | undefined;
  /** When the last link was lost, monotonic milliseconds. */
  detachedAtMs = 0;
  /** The token bucket of its frames, and how many were refused since it last had a token. */
  bucket = 0;
  refusedFrames = 0;
  requestsInFlight = 0;
  /** Nobody is at the device, as it said last: told to a user actor that takes the session over. */
  idle = false;
  /** Whom the device watches, as it asked last: an actor that takes the session over is asked for it again. */
  watching: readonly string[] | undefined;
  /** The last typing that was passed on and not stopped: where, and when. */
  typedIn = '';
  typedAtMs = 0;
  /**
   * The fan-out channels that its user's actor has it follow. 0; or, as long as the actor has not heard of it, the seq of the
   * event by which the user left: it follows that one no more.
   */
  fanoutChannels: Map<string, number> | undefined;
  private encode: FrameEncoder;
  private sessionSeq = 0;
  private ring: ResumeRing | undefined;
  private acknowledged: v1.ICursor | undefined;
  private confirmedPut: v1.ICursor | undefined;
  private confirmedAcknowledged: v1.ICursor | undefined;
  private confirmedAtMs: number;
  /** When the user actor was last told what the session follows. */
  private followingToldAtMs: number;
  private confirmSoon = false;
  private lacking = false;

  /** `held` is the cursor that the device came with: it has processed its inbox up to there. */
  constructor(caller: Caller, start: v1.ICursor, held: v1.ICursor | undefined, link: Outlet) {
    this.caller = caller;
    this.stream = new DeliveryStream(start);
    this.acknowledged = held;
    this.confirmedPut = start;
    this.confirmedAtMs = link.heardAtMs;
    this.followingToldAtMs = link.heardAtMs;
    this.encode = link.transport.encode;
    this.link = link;
  }

  get id(): string {
    return this.caller.sessionId;
  }

  get actor(): ActorId {
    return userActor(this.caller.userId);
  }

  /**
   * Takes a push, or drops it when it does not follow on what came before or nobody is attached. What was dropped is
   * answered by a confirmation of where the session really is, so that the user actor sends again from there. Says whether
   * it was taken.
   */
  push(push: Push & { readonly confirmNow: boolean }): boolean {
    const link = this.link;
    if (link === undefined) return false;
    const outcome = this.stream.offer(push);
    if (outcome === 'accepted') this.confirmSoon ||= push.confirmNow;
    else this.confirmAgain(outcome === 'ahead');
    if (this.confirmSoon || push.items.some(bringsEvent)) link.wake();
    return outcome === 'accepted';
  }

  /**
   * Puts a session event on the socket, or in the ring while detached. Under pressure what can be spared is dropped.
   * Receipts are told once a second of each channel: they wait for another frame, and share its write.
   */
  event(event: SessionEvent): void {
    if (event.type === 'typing') return this.passing(event);
    const patient = event.type === 'receipts';
    const spare = patient || event.type === 'presence';
    if (spare && this.isPressed()) return;
    if (this.link !== undefined) this.seal(this.link, patient);
    this.emit(event, patient);
    if (event.type === 'limited' && event.value.cursor && !event.value.more) this.stream.moveTo(event.value.cursor);
  }

  /** What is worth nothing later: not kept for a resume, and the first to go when the socket does not take all at once. */
  private passing(body: SessionEvent): void {
    const { link } = this;
    if (link === undefined || link.transport.bufferedBytes() > DRAINED_BYTES) return;
    link.send({ requestId: 0, sessionSeq: 0, body });
  }

  private isPressed(): boolean {
    if (this.link === undefined) return (this.ring?.bytes ?? 0) > LIMITS.sessionResumeBytesMax / 2;
    return this.link.transport.bufferedBytes() > PRESSURE_BYTES;
  }

  private emit(body: ServerBody, patient = false): void {
    this.sessionSeq += 1;
    const frame = this.encode({ requestId: 0, sessionSeq: this.sessionSeq, body });
    if (this.link === undefined || this.link.transport.resumable) {
      this.ring ??= new ResumeRing(this.sessionSeq);
      this.ring.push(frame);
    }
    this.link?.enqueue(frame, patient);
  }

  /** Turns the deliveries that wait into frames on the link, joined. */
  seal(link: Outlet, patient = false): void {
    if (link !== this.link || !this.stream.hasWaiting) return;
    for (const value of this.stream.take()) this.emit({ type: 'deliveries', value }, patient);
  }

  /** The device has processed its inbox up to `cursor`. Throws `cursor_invalid` for what it was never given. */
  acknowledge(cursor: v1.ICursor | null | undefined, sessionSeq: number): void {
    this.ring?.acknowledge(Math.min(sessionSeq, this.sessionSeq));
    if (this.ring?.isEmpty) this.ring = undefined;
    if (!cursor) return;
    if (compareCursors(cursor, this.stream.put) > 0) throw new ParleyError('cursor_invalid');
    if (this.acknowledged === undefined || compareCursors(cursor, this.acknowledged) > 0) this.acknowledged = cursor;
  }

  // ---- confirmations to the user actor ---------------------------------------------------------------------------

  /** Has the next confirmation made soon and even when nothing changed. */
  confirmAgain(lacking: boolean): void {
    this.lacking ||= lacking;
    this.confirmedPut = undefined;
    this.confirmSoon = true;
  }

  /** Whether a confirmation is due before the next sweep: it was asked for, and the socket has taken what it was given. */
  isConfirmationDue(): boolean {
    return this.confirmSoon && this.link !== undefined && this.link.transport.bufferedBytes() <= DRAINED_BYTES;
  }

  /**
   * What was put and acknowledged, when it changed since the last confirmation or the session's lease is to be renewed;
   * else, and while nobody is attached, undefined.
   */
  takeConfirmation(nowMs: number): SessionConfirmation | undefined {
    const { put } = this.stream;
    const changed = put !== this.confirmedPut || this.acknowledged !== this.confirmedAcknowledged;
    const due = changed || nowMs - this.confirmedAtMs >= LEASE_RENEWAL_MS;
    if (!due || this.link === undefined) return undefined;
    const following = this.takeFollowing(nowMs);
    this.confirmSoon = false;
    this.confirmedAtMs = nowMs;
    this.confirmedPut = put;
    this.confirmedAcknowledged = this.acknowledged;
    const lacking = this.lacking;
    this.lacking = false;
    const { id: sessionId, acknowledged, idle } = this;
    return { sessionId, put, acknowledged, lacking, idle, ...(following === undefined ? {} : { following }) };
  }

  /** Said as often as the lease is renewed, and whenever all is to be confirmed again. */
  private takeFollowing(nowMs: number): number | undefined {
    if (this.confirmedPut !== undefined && nowMs - this.followingToldAtMs < LEASE_RENEWAL_MS) return undefined;
    this.followingToldAtMs = nowMs;
    return hashOfSet([...(this.fanoutChannels ?? [])].flatMap(([id, leftAt]) => (leftAt === 0 ? [id] : [])));
  }

  // ---- losing a link and coming back -----------------------------------------------------------------------------

  detach(nowMs: number): void {
    this.link = undefined;
    this.detachedAtMs = nowMs;
    this.stream.rewind();
  }

  /** What a device that has all up to `sessionSeq` lacks; undefined when it is not all here any more. */
  framesAfter(sessionSeq: number): readonly Encoded[] | undefined {
    if (sessionSeq === this.sessionSeq) return [];
    return this.ring?.after(sessionSeq);
  }

  /** Whether frames kept for resume are in the form that `link` speaks. */
  speaks(link: Outlet): boolean {
    return this.encode === link.transport.encode && link.transport.resumable;
  }

  attach(link: Outlet): void {
    this.link = link;
    this.confirmAgain(true);
    link.wake();
  }
}
