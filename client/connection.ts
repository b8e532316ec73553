/**
 * Keeps one device connected: gateways best first, the next one after a failure, discovery anew once all have failed;
 * reconnects as the close code's range says, with a jittered exponential backoff; gets a new token when the old one is
 * about to expire; moves when a gateway is about to go.
 */
import { CLOSE, ParleyError, reconnectionFor, toParleyError } from '../src/core/errors.js';
import type { Subprotocol } from '../src/protocol/version.js';
import type { v1 } from '../src/protocol/wire.js';
import type { Renewal } from './account.js';
import { backoffMs } from './backoff.js';
import type { ClientClock, ClientRandom } from './clock.js';
import { GatewaySession, type SessionEnd, type SessionPosition } from './gateway-session.js';
import type { StoredCursor } from './storage.js';
import type { WebSocketFactory } from './transport.js';
import type { AuthSession, ConnectionState } from './types.js';

const RESUME_WINDOW_DEFAULT_MS = 30_000;
/** A connection that ends sooner than this counts as a failure, whatever its close code. */
const STEADY_MS = 5_000;

export interface ConnectionPorts {
  readonly clock: ClientClock;
  readonly random: ClientRandom;
  readonly webSocket: WebSocketFactory;
  readonly subprotocol: Subprotocol;
  readonly clientName: string;
  /** A login whose token is good for a while, renewed as asked. */
  readonly credentials: (renewal: Renewal) => Promise<AuthSession>;
  readonly cursor: () => StoredCursor | undefined;
  /** The server does not know the cursor and never will: its data is another's than before. */
  readonly onCursorRefused: () => void;
  readonly onOnline: (welcome: v1.IWelcome) => void;
  readonly onFrame: (frame: v1.ServerFrame) => void;
  readonly onOffline: () => void;
  readonly onState: (state: ConnectionState) => void;
}

export class Connection {
  state: ConnectionState = { type: 'offline' };
  private readonly ports: ConnectionPorts;
  private session: GatewaySession | undefined;
  private url = '';
  /** What a gateway that is about to go told us to try first. */
  private moveTo: readonly string[] = [];
  private candidate = 0;
  private failures = 0;
  private renewToken = false;
  private renewGateways = false;
  private refusedTokens = 0;
  private onlineSince = 0;
  private resume: (SessionPosition & { readonly until: number }) | undefined;
  private resumeWindowMs = RESUME_WINDOW_DEFAULT_MS;
  private cancelRetry: () => void = () => {};
  private cancelMove: () => void = () => {};
  /** Grows with each attempt: what an older one was waiting for is of no interest. */
  private attempts = 0;

  constructor(ports: ConnectionPorts) {
    this.ports = ports;
  }

  start(): void {
    if (this.state.type === 'offline') this.attempt();
  }

  stop(error?: ParleyError): void {
    if (this.state.type === 'closed') return;
    this.attempts += 1;
    this.cancelRetry();
    this.cancelMove();
    const { session } = this;
    const wasOnline = session?.isOnline ?? false;
    this.session = undefined;
    session?.end({ code: 1000, error: undefined });
    if (wasOnline) this.ports.onOffline();
    this.become({ type: 'closed', error });
  }

  send(frame: v1.IClientFrame): boolean {
    return this.session?.send(frame) ?? false;
  }

  /** The last session event that came; 0: none. */
  get sessionSeq(): number {
    return this.session?.position()?.sessionSeq ?? 0;
  }

  /** The connection is of no use: starts another from the cursor. */
  restart(): void {
    this.session?.end({ code: CLOSE.unavailable, error: undefined });
    this.resume = undefined;
  }

  /** Tries at once when waiting; when online, makes sure of it. */
  retryNow(): void {
    if (this.state.type === 'waiting') this.attempt();
    else this.session?.probe();
  }

  private become(state: ConnectionState): void {
    this.state = state;
    this.ports.onState(state);
  }

  private attempt(): void {
    this.cancelRetry();
    this.attempts += 1;
    const attempt = this.attempts;
    this.ports.credentials({ token: this.renewToken, gateways: this.renewGateways }).then(
      (session) => {
        if (attempt === this.attempts) this.open(session);
      },
      (thrown: unknown) => {
        if (attempt !== this.attempts) return;
        const error = toParleyError(thrown);
        if (error.retry === 'never') this.stop(error);
        else this.retryLater(error);
      },
    );
  }

  private open(auth: AuthSession): void {
    this.renewToken = false;
    this.renewGateways = false;
    const candidates = [...this.moveTo, ...auth.gateways];
    this.url = candidates[this.candidate % Math.max(1, candidates.length)] ?? '';
    if (this.url === '') {
      this.renewGateways = true;
      this.retryLater(new ParleyError('unavailable', { sentence: 'No gateway is known.' }));
      return;
    }
    this.become({ type: 'connecting', url: this.url });
    const { clock, random, webSocket, subprotocol, cursor } = this.ports;
    const session: GatewaySession = new GatewaySession({
      clock,
      random,
      webSocket,
      subprotocol,
      cursor,
      url: this.url,
      hello: this.hello(auth),
      onWelcome: (welcome) => this.online(welcome),
      onFrame: (frame) => this.receive(frame),
      onEnd: (end) => {
        if (this.session === session) this.ended(session, end, candidates.length);
      },
    });
    this.session = session;
    session.open();
  }

  private hello(auth: AuthSession): v1.IHello {
    const hello: v1.IHello = {
      token: auth.accessToken,
      deviceId: auth.deviceId,
      clientName: this.ports.clientName,
    };
    const cursor = this.ports.cursor();
    if (cursor !== undefined) hello.cursor = cursor;
    const { resume } = this;
    if (resume !== undefined && resume.until > this.ports.clock.now())
      hello.resume = { sessionId: resume.sessionId, sessionSeq: resume.sessionSeq };
    return hello;
  }

  private online(welcome: v1.IWelcome): void {
    this.onlineSince = this.ports.clock.now();
    this.refusedTokens = 0;
    this.moveTo = [];
    this.candidate = 0;
    this.resume = undefined;
    this.resumeWindowMs = welcome.limits?.resumeWindowMs || RESUME_WINDOW_DEFAULT_MS;
    this.become({ type: 'online', url: this.url, resumed: welcome.resumed ?? false });
    this.ports.onOnline(welcome);
  }

  private receive(frame: v1.ServerFrame): void {
    const { reconnect } = frame;
    if (!reconnect) {
      this.ports.onFrame(frame);
      return;
    }
    const spreadMs = Math.min(reconnect.spreadMs ?? 0, reconnect.deadlineMs || Number.POSITIVE_INFINITY);
    this.cancelMove();
    this.cancelMove = this.ports.clock.after(this.ports.random.fraction() * spreadMs, () => {
      this.moveTo = [...(reconnect.to ?? [])];
      this.renewGateways = this.moveTo.length === 0;
      this.session?.end({ code: CLOSE.draining, error: undefined });
    });
  }

  private ended(session: GatewaySession, end: SessionEnd, candidates: number): void {
    const wasOnline = this.state.type === 'online';
    const position = session.position();
    this.session = undefined;
    this.cancelMove();
    if (wasOnline) this.ports.onOffline();
    if (position !== undefined) this.resume = { ...position, until: this.ports.clock.now() + this.resumeWindowMs };
    else if (wasOnline) this.resume = undefined;
    const steady = wasOnline && this.ports.clock.now() - this.onlineSince >= STEADY_MS;
    if (steady) this.failures = 0;
    if (!wasOnline) this.nextCandidate(candidates);
    if (!wasOnline && end.error?.kind === 'cursor_invalid') {
      this.ports.onCursorRefused();
      this.retryLater(end.error);
    } else this.decide(end, steady);
  }

  private nextCandidate(candidates: number): void {
    this.candidate += 1;
    if (this.candidate < candidates) return;
    this.candidate = 0;
    this.moveTo = [];
    this.renewGateways = true; // all have failed: ask discovery anew
  }

  private decide(end: SessionEnd, steady: boolean): void {
    const { code } = end;
    const error = end.error ?? new ParleyError('unavailable', { sentence: `The connection ended (${code}).` });
    if (code === CLOSE.token_expired || error.kind === 'token_expired') this.renewToken = true;
    if (reconnectionFor(code) === 'never') {
      // A token that is refused may be one of before a change of keys: one new token is worth a try.
      this.refusedTokens += 1;
      if (code !== CLOSE.unauthenticated || this.refusedTokens > 1) {
        this.stop(end.error ?? closeError(code));
        return;
      }
      this.renewToken = true;
    }
    if (reconnectionFor(code) === 'now' && (steady || this.failures === 0)) {
      this.failures += steady ? 0 : 1;
      this.become({ type: 'waiting', retryAt: new Date(this.ports.clock.now()), error });
      this.attempt();
      return;
    }
    this.retryLater(error);
  }

  private retryLater(error: ParleyError): void {
    const { clock, random } = this.ports;
    const delayMs = backoffMs(this.failures, random, error.retryAfterMs);
    this.failures += 1;
    this.become({ type: 'waiting', retryAt: new Date(clock.now() + delayMs), error });
    this.cancelRetry();
    this.cancelRetry = clock.after(delayMs, () => this.attempt());
  }
}

function closeError(code: number): ParleyError {
  if (code === CLOSE.session_revoked) return new ParleyError('session_revoked');
  if (code === CLOSE.unauthenticated) return new ParleyError('unauthenticated');
  return new ParleyError('forbidden', { sentence: `The server refused the connection for good (${code}).` });
}
