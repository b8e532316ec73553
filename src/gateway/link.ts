import { CLOSE, type CloseReason, type ParleyError } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import { errorBody } from '../protocol/error-frame.js';
import type { ClientFrame, ServerFrame } from '../protocol/frames.js';
import type { Outlet } from './outlet.js';
import type { Session } from './session.js';
import type { Encoded, Transport } from './transport.js';
import type { Turn } from './turn.js';

/** Whether a session stays for a while after its link, to be resumed. */
export type SessionFate = 'kept' | 'ended';

/** What a link tells of itself. */
export interface LinkObserver {
  /** The link has closed; called once. `session` is the one it had. */
  closed(link: Link, session: Session | undefined, fate: SessionFate): void;
  /** The socket has taken all or much of what it was given. */
  flushed(session: Session): void;
  /** The link is about to close, since its socket takes its data too slowly. */
  tooSlow(session: Session): void;
}

/** Closes after which the same session may be resumed. */
const RESUMABLE: ReadonlySet<CloseReason> = new Set(['slow_reader', 'heartbeat_missed', 'unavailable', 'overloaded']);
/** WebSocket close codes by which a client says goodbye: normal closure, and going away (a page left). */
const GOODBYE: ReadonlySet<number> = new Set([1000, 1001]);

/**
 * One connection, with a session or not yet. Collects the frames of a turn of the event loop and writes them at its
 * end, together. Once closed it swallows what it is given.
 */
export class Link implements Outlet {
  readonly transport: Transport;
  /** Where it comes from, for limits by address. */
  readonly address: string;
  session: Session | undefined;
  heardAtMs: number;
  closed = false;
  undecodableFrames = 0;
  /** Frames that wait for the answer to a hello; undefined when none is under way. */
  waitingFrames: ClientFrame[] | undefined;
  private readonly turn: Turn;
  private queue: Encoded[] | undefined;
  private dirty = false;
  private readonly observer: LinkObserver;

  constructor(transport: Transport, address: string, turn: Turn, observer: LinkObserver, nowMs: number) {
    this.transport = transport;
    this.address = address;
    this.turn = turn;
    this.heardAtMs = nowMs;
    this.observer = observer;
  }

  send(frame: ServerFrame): void {
    this.enqueue(this.transport.encode(frame));
  }

  sendError(requestId: number, error: ParleyError): void {
    this.send({ requestId, sessionSeq: 0, body: errorBody(error) });
  }

  enqueue(frame: Encoded, patient = false): void {
    if (this.closed) return;
    if (this.queue === undefined) this.queue = [frame];
    else this.queue.push(frame);
    if (!patient) this.wake();
  }

  get hasWaiting(): boolean {
    return this.queue !== undefined;
  }

  wake(): void {
    if (this.dirty || this.closed) return;
    this.dirty = true;
    this.turn.add(this);
  }

  flush(): void {
    if (this.closed) return;
    const session = this.session;
    this.dirty = true; // so that what is sealed now does not ask for another flush
    session?.seal(this);
    this.dirty = false;
    if (!this.write()) this.close('slow_reader');
    else if (session !== undefined) this.observer.flushed(session);
  }

  /** The transport's buffer has emptied. */
  drained(): void {
    if (this.session !== undefined) this.observer.flushed(this.session);
  }

  private write(): boolean {
    const frames = this.queue;
    if (frames === undefined) return true;
    this.queue = undefined;
    if (this.transport.bufferedBytes() > LIMITS.sessionSendBytesMax) return false;
    return this.transport.write(frames) === 'taken';
  }

  close(reason: CloseReason, sentence: string = reason): void {
    if (this.closed) return;
    this.closed = true;
    if (reason !== 'slow_reader') this.write();
    this.queue = undefined;
    this.transport.end(CLOSE[reason], sentence);
    if (reason === 'slow_reader' && this.session !== undefined) this.observer.tooSlow(this.session);
    this.settle(RESUMABLE.has(reason) && this.transport.resumable ? 'kept' : 'ended');
  }

  release(): void {
    this.session = undefined;
  }

  /** Tells the error, then closes. */
  closeWithError(requestId: number, error: ParleyError, reason: CloseReason): void {
    this.sendError(requestId, error);
    this.close(reason, error.message);
  }

  /** The other side or the network ended the connection; `code` is 1006 when nobody said goodbye. */
  lost(code: number): void {
    if (this.closed) return;
    this.closed = true;
    this.queue = undefined;
    this.settle(GOODBYE.has(code) || !this.transport.resumable ? 'ended' : 'kept');
  }

  private settle(fate: SessionFate): void {
    const session = this.session;
    this.session = undefined;
    this.observer.closed(this, session, fate);
  }
}

/** The close that fits an error after which a connection cannot go on. */
export function closeReasonFor(error: ParleyError): CloseReason {
  switch (error.kind) {
    case 'unauthenticated':
    case 'forbidden':
    case 'user_not_found':
      return 'unauthenticated';
    case 'token_expired':
    case 'session_revoked':
    case 'draining':
    case 'overloaded':
    case 'rate_limited':
    case 'slow_reader':
      return error.kind;
    default:
      return error.retry === 'never' ? 'bad_frame' : 'unavailable';
  }
}
