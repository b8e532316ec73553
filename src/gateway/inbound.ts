import { ParleyError, toParleyError } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import { rateOf, takeToken, tokenInMs } from '../core/rate.js';
import { RETRY_AFTER_MS } from '../core/retry-after.js';
import { RefusedFrame, type ServerCodec } from '../protocol/codec.js';
import type { Answer, ClientFrame, ClientRequest } from '../protocol/frames.js';
import type { v1 } from '../protocol/wire.js';
import { greet } from './handshake.js';
import type { Link } from './link.js';
import { isRequest, passTyping, performFor, type RequestWaiter } from './requests.js';
import type { Session } from './session.js';
import type { SessionHost } from './session-host.js';

const FRAME_RATE = rateOf(LIMITS.sessionFramesPerSecond, LIMITS.sessionFramesBurst);
/** Frames refused by the rate limit, without one passing in between, that end a session. */
const FLOOD_FRAMES = LIMITS.sessionFramesBurst;
const UNDECODABLE_FRAMES_MAX = 3;

/** Handles one frame as it came from a client. `data` is read before this returns, never after. */
export function receiveFrame(
  host: SessionHost,
  link: Link,
  codec: ServerCodec,
  data: Uint8Array,
  isBinary: boolean,
): void {
  if (link.closed) return;
  link.heardAtMs = host.nowMs();
  host.metrics.frames.add();
  const session = link.session;
  const refusal = session === undefined ? undefined : admit(session, link);
  if (session !== undefined && refusal !== undefined) {
    if (session.refusedFrames > FLOOD_FRAMES) link.closeWithError(0, refusal, 'flood');
    else link.sendError(requestIdOf(codec, data, isBinary), refusal);
    return;
  }
  const frame = decode(link, codec, data, isBinary);
  if (frame !== undefined) receive(host, link, frame);
}

/** Why the session may not send a frame now; undefined when it may. */
function admit(session: Session, link: Link): ParleyError | undefined {
  const bucket = takeToken(session.bucket, link.heardAtMs, FRAME_RATE);
  if (bucket !== undefined) {
    session.bucket = bucket;
    session.refusedFrames = 0;
    return undefined;
  }
  session.refusedFrames += 1;
  return new ParleyError('rate_limited', { retryAfterMs: tokenInMs(session.bucket, link.heardAtMs, FRAME_RATE) });
}

/** Of a frame in the other subprotocol's form nothing can be read. */
function requestIdOf(codec: ServerCodec, data: Uint8Array, isBinary: boolean): number {
  return isBinary === codec.binary ? codec.requestIdOf(data) : 0;
}

function decode(link: Link, codec: ServerCodec, data: Uint8Array, isBinary: boolean): ClientFrame | undefined {
  try {
    if (data.length > LIMITS.frameBytesMax) throw new ParleyError('frame_too_large');
    if (isBinary !== codec.binary) {
      const form = codec.binary ? 'binary' : 'text';
      throw new ParleyError('malformed_frame', { sentence: `Frames of this subprotocol are ${form} messages.` });
    }
    return codec.decode(data);
  } catch (thrown) {
    const error = toParleyError(thrown);
    // A request that got no answer would be waited for.
    const requestId = requestIdOf(codec, data, isBinary);
    // Within a session the answer to a request that is none; its rate is limited like that of any other.
    const isRead = error instanceof RefusedFrame && error.requestId !== 0;
    if (!isRead || link.session === undefined) link.undecodableFrames += 1;
    if (link.undecodableFrames > UNDECODABLE_FRAMES_MAX) link.closeWithError(requestId, error, 'bad_frame');
    else link.sendError(requestId, error);
    return undefined;
  }
}

function receive(host: SessionHost, link: Link, frame: ClientFrame): void {
  const session = link.session;
  if (session === undefined) return first(host, link, frame);
  const { requestId, body } = frame;
  try {
    if (isRequest(body)) request(host, link, session, frame, body);
    else if (body.type === 'heartbeat') heartbeat(host, link, session, body.value.cursor);
    else if (body.type === 'acknowledge') host.acknowledge(session, body.value.cursor, body.value.sessionSeq);
    else if (body.type === 'typing') typing(host, link, session, body.value);
    else throw new ParleyError('invalid_argument', { sentence: 'This connection has said hello before.' });
  } catch (thrown) {
    link.sendError(requestId, toParleyError(thrown));
  }
}

function first(host: SessionHost, link: Link, frame: ClientFrame): void {
  greet(host, link, frame, (next) => receive(host, link, next));
}

function heartbeat(
  host: SessionHost,
  link: Link,
  session: Session,
  cursor: Parameters<Session['acknowledge']>[0],
): void {
  link.send({ requestId: 0, sessionSeq: 0, body: { type: 'heartbeat', value: { cursor: session.stream.accepted } } });
  host.acknowledge(session, cursor, 0);
}

/** More often than every LIMITS.typingEveryMs says nothing new, nor does to stop what nobody shows. */
function typing(host: SessionHost, link: Link, session: Session, value: v1.Typing): void {
  const { channelId, stopped } = value;
  const withinMs = stopped ? LIMITS.typingShownMs : LIMITS.typingEveryMs;
  const known = channelId === session.typedIn && link.heardAtMs - session.typedAtMs < withinMs;
  if (known !== stopped) return;
  passTyping(host.deps.bus.actors, session.caller, value);
  session.typedIn = stopped ? '' : channelId;
  session.typedAtMs = link.heardAtMs;
}

function request(
  host: SessionHost,
  link: Link,
  session: Session,
  { requestId, traceparent }: ClientFrame,
  body: ClientRequest,
): void {
  if (requestId === 0) {
    throw new ParleyError('invalid_argument', { sentence: 'A request needs a request_id other than 0.' });
  }
  if (session.requestsInFlight >= LIMITS.requestsInFlightPerSessionMax)
    throw new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.queue });
  session.requestsInFlight += 1;
  if (body.type === 'send') session.typedIn = ''; // who goes on writing after it is news
  if (body.type === 'setPresence' && typeof body.value.idle === 'boolean') session.idle = body.value.idle;
  const span = host.tracing.request(traceparent, body.type, session.id);
  performFor(new OpenRequest(host, link, session, requestId, body), host.deps.bus.actors, session.caller, body, span);
}

/** A request of a session that waits for its answer. Thousands do at once: one object each, and no closure. */
class OpenRequest implements RequestWaiter {
  private readonly host: SessionHost;
  private readonly link: Link;
  private readonly session: Session;
  private readonly requestId: number;
  private readonly body: ClientRequest;
  private readonly startedMs: number;

  constructor(host: SessionHost, link: Link, session: Session, requestId: number, body: ClientRequest) {
    this.host = host;
    this.link = link;
    this.session = session;
    this.requestId = requestId;
    this.body = body;
    this.startedMs = host.deps.clock.monotonic();
  }

  answered(answer: Answer): void {
    const { host, session, body } = this;
    session.requestsInFlight -= 1;
    if (body.type === 'watchPresence') session.watching = body.value.userIds;
    host.metrics.answered(body.type, host.deps.clock.monotonic() - this.startedMs);
    this.link.send({ requestId: this.requestId, sessionSeq: 0, body: answer });
  }

  refused(error: ParleyError): void {
    this.session.requestsInFlight -= 1;
    this.host.metrics.refusals.add();
    this.link.sendError(this.requestId, told(this.host, error));
  }
}

function told(host: SessionHost, error: ParleyError): ParleyError {
  if (error.kind === 'internal') host.deps.logger.error({ cause: String(error.cause) }, 'A request failed.');
  return error;
}
