/**
 * One connection to one gateway: opens the socket, says hello, keeps the heartbeat, checks that session events come
 * without a gap, and ends once, saying why. What to do after the end is the caller's business.
 */
import { CLOSE, type ParleyError } from '../src/core/errors.js';
import { decodeServerFrame, decodeServerFrameJson } from '../src/protocol/codec.js';
import type { Subprotocol } from '../src/protocol/version.js';
import type { v1 } from '../src/protocol/wire.js';
import type { ClientClock, ClientRandom } from './clock.js';
import { encodeFrame } from './frame-encoder.js';
import { errorOf } from './from-wire.js';
import type { StoredCursor } from './storage.js';
import type { Socket, WebSocketFactory } from './transport.js';

const WELCOME_WAIT_MS = 10_000;
const HEARTBEAT_GRACE_MS = 10_000;
const HELLO_REQUEST_ID = 0xffffffff;
const ABNORMAL_CLOSE = 1006;
const NORMAL_CLOSE = 1000;

/** Where a session stopped, for `resume`. */
export interface SessionPosition {
  readonly sessionId: string;
  readonly sessionSeq: number;
}

export interface SessionEnd {
  /** A WebSocket close code; its range says what to do. */
  readonly code: number;
  /** What the server said before. */
  readonly error: ParleyError | undefined;
}

export interface GatewaySessionOptions {
  readonly clock: ClientClock;
  readonly random: ClientRandom;
  readonly webSocket: WebSocketFactory;
  readonly subprotocol: Subprotocol;
  readonly url: string;
  readonly hello: v1.IHello;
  /** The cursor that heartbeats carry. */
  readonly cursor: () => StoredCursor | undefined;
  readonly onWelcome: (welcome: v1.IWelcome) => void;
  /** Every frame after the welcome, heartbeats too. */
  readonly onFrame: (frame: v1.ServerFrame) => void;
  /** Called once; nothing follows. */
  readonly onEnd: (end: SessionEnd) => void;
}

export class GatewaySession {
  private readonly options: GatewaySessionOptions;
  private socket: Socket | undefined;
  private phase: 'opening' | 'greeted' | 'online' | 'ended' = 'opening';
  private sessionId = '';
  private sessionSeq = 0;
  /** What the newest frame refused to the connection itself, not to a request: a close that follows comes of it. */
  private refusal: ParleyError | undefined;
  private heard = false;
  private heartbeatMs = HEARTBEAT_GRACE_MS;
  private frameBytesMax: number | undefined;
  private cancelTimer: () => void;

  constructor(options: GatewaySessionOptions) {
    this.options = options;
    this.cancelTimer = options.clock.after(WELCOME_WAIT_MS, () => this.end({ code: ABNORMAL_CLOSE, error: undefined }));
  }

  open(): void {
    const { webSocket, url, subprotocol } = this.options;
    try {
      this.socket = webSocket(url, subprotocol, {
        onOpen: () => this.greet(),
        onMessage: (data) => this.receive(data),
        onClose: (code) => this.end({ code, error: this.refusal }),
      });
    } catch {
      this.end({ code: ABNORMAL_CLOSE, error: undefined });
      return;
    }
    // A socket that was open (or had ended) before its factory returned.
    if (this.phase === 'greeted') this.say();
  }

  get isOnline(): boolean {
    return this.phase === 'online';
  }

  /** Where to resume; undefined when the session never began. */
  position(): SessionPosition | undefined {
    return this.sessionId === '' ? undefined : { sessionId: this.sessionId, sessionSeq: this.sessionSeq };
  }

  /** False: not online. Throws what cannot be said: see `encodeFrame`. */
  send(frame: v1.IClientFrame): boolean {
    if (this.phase !== 'online') return false;
    this.transmit(frame);
    return true;
  }

  /** Ends the connection from this side; `onEnd` is told `code`. */
  end(end: SessionEnd): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    this.cancelTimer();
    this.socket?.close(NORMAL_CLOSE);
    this.options.onEnd(end);
  }

  /** A heartbeat now: a connection that is dead shows soon. */
  probe(): void {
    if (this.phase === 'online') this.beat();
  }

  private transmit(frame: v1.IClientFrame): void {
    this.socket?.send(encodeFrame(frame, this.options.subprotocol, this.frameBytesMax));
  }

  private greet(): void {
    if (this.phase !== 'opening') return;
    this.phase = 'greeted';
    if (this.socket !== undefined) this.say();
  }

  private say(): void {
    this.transmit({ requestId: HELLO_REQUEST_ID, hello: this.options.hello });
  }

  private receive(data: Uint8Array | string): void {
    if (this.phase === 'ended') return;
    this.heard = true;
    let frame: v1.ServerFrame;
    try {
      frame = typeof data === 'string' ? decodeServerFrameJson(data) : decodeServerFrame(data);
    } catch {
      this.end({ code: ABNORMAL_CLOSE, error: undefined });
      return;
    }
    const ofRequest = frame.requestId !== 0 && frame.requestId !== HELLO_REQUEST_ID;
    this.refusal = frame.error && !ofRequest ? errorOf(frame.error) : undefined;
    if (frame.welcome) this.welcome(frame.welcome);
    else if (this.phase === 'online') this.accept(frame);
  }

  private welcome(welcome: v1.IWelcome): void {
    if (this.phase === 'online') return;
    this.phase = 'online';
    const resume = this.options.hello.resume;
    this.sessionId = welcome.sessionId ?? '';
    this.sessionSeq = welcome.resumed ? (resume?.sessionSeq ?? 0) : 0;
    this.heartbeatMs = Math.max(1000, welcome.heartbeatMs ?? 0);
    this.frameBytesMax = welcome.limits?.frameBytesMax || undefined;
    this.beatAfter(this.options.random.fraction() * this.heartbeatMs);
    this.options.onWelcome(welcome);
  }

  private accept(frame: v1.ServerFrame): void {
    const { sessionSeq } = frame;
    if (sessionSeq !== 0) {
      if (sessionSeq <= this.sessionSeq) return; // sent again by a resume
      if (sessionSeq > this.sessionSeq + 1) {
        // A hole: this session's position is worth nothing; the cursor brings what is missing.
        this.sessionId = '';
        this.end({ code: CLOSE.unavailable, error: undefined });
        return;
      }
      this.sessionSeq = sessionSeq;
    }
    this.options.onFrame(frame);
  }

  private beatAfter(delayMs: number): void {
    this.cancelTimer();
    this.cancelTimer = this.options.clock.after(delayMs, () => this.beat());
  }

  private beat(): void {
    const cursor = this.options.cursor();
    this.heard = false;
    this.transmit({ requestId: 0, heartbeat: cursor === undefined ? {} : { cursor } });
    const graceMs = Math.min(HEARTBEAT_GRACE_MS, this.heartbeatMs);
    this.cancelTimer();
    this.cancelTimer = this.options.clock.after(graceMs, () => {
      if (this.heard) this.beatAfter(this.heartbeatMs - graceMs);
      else this.end({ code: CLOSE.heartbeat_missed, error: undefined });
    });
  }
}
