import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t, WebSocket } from 'uWebSockets.js';
import { toParleyError } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import type { ServerCodec } from '../protocol/codec.js';
import type { FanoutEvents, ServerFrame } from '../protocol/frames.js';
import { serverCodec } from '../protocol/strict-codec.js';
import { SUBPROTOCOLS } from '../protocol/version.js';
import { addressText, limitKey, type TrustedProxies } from './addresses.js';
import type { Admission } from './admission.js';
import { errorResponse, writeResponse } from './http/responses.js';
import { receiveFrame } from './inbound.js';
import type { Link } from './link.js';
import type { SessionHost } from './session-host.js';
import type { Encoded, FrameEncoder, Transport } from './transport.js';

export const CONNECT_PATH = '/v1/connect';
/** Longest sentence in a close frame: 125 bytes less the code. */
const CLOSE_SENTENCE_BYTES = 120;
/** Sent and not buffered; kept by uWebSockets.js until the socket drains; not taken at all. */
const SEND_STATUS = { buffered: 0, dropped: 2 } as const;

/** What uWebSockets.js keeps with each socket. */
interface SocketData {
  readonly codec: ServerCodec;
  readonly address: string;
  link: Link | undefined;
}

const topicOf = (codec: ServerCodec, channelId: string): string => `${codec.subprotocol}/${channelId}`;

/** A session's frames on a WebSocket. */
class SocketTransport implements Transport {
  readonly resumable = true;
  readonly encode: FrameEncoder;
  private readonly socket: WebSocket<SocketData>;
  private readonly codec: ServerCodec;
  private congested = false;
  private dropped = false;

  constructor(socket: WebSocket<SocketData>, codec: ServerCodec) {
    this.socket = socket;
    this.codec = codec;
    this.encode = codec.encode;
  }

  write(frames: readonly Encoded[]): 'taken' | 'dropped' {
    if (frames.length === 1) this.sendAll(frames);
    else this.sendTogether(frames);
    return this.dropped ? 'dropped' : 'taken';
  }

  private sendTogether(frames: readonly Encoded[]): void {
    this.socket.cork(() => this.sendAll(frames));
  }

  private sendAll(frames: readonly Encoded[]): void {
    for (const frame of frames) this.sendOne(frame);
  }

  private sendOne(frame: Encoded): void {
    if (this.dropped) return;
    const status = this.socket.send(frame, this.codec.binary);
    this.congested = status === SEND_STATUS.buffered;
    if (status === SEND_STATUS.dropped) this.dropped = true;
  }

  bufferedBytes(): number {
    return this.congested ? this.socket.getBufferedAmount() : 0;
  }

  keepAlive(): void {
    // The client's heartbeats do.
  }

  end(closeCode: number, sentence: string): void {
    if (this.dropped) this.socket.close();
    else this.socket.end(closeCode, sentence.slice(0, CLOSE_SENTENCE_BYTES));
  }

  follow(channelId: string): void {
    this.socket.subscribe(topicOf(this.codec, channelId));
  }

  unfollow(channelId: string): void {
    this.socket.unsubscribe(topicOf(this.codec, channelId));
  }
}

/** Publishes to all WebSockets that follow the channel, encoded once for each subprotocol that has any. */
export function publishToSockets(app: TemplatedApp, events: FanoutEvents): void {
  const frame: ServerFrame = { requestId: 0, sessionSeq: 0, body: { type: 'fanout', value: events } };
  for (const name of SUBPROTOCOLS) {
    const codec = serverCodec(name);
    const topic = topicOf(codec, events.channelId);
    if (app.numSubscribers(topic) > 0) app.publish(topic, codec.encode(frame), codec.binary);
  }
}

/** Takes WebSockets at CONNECT_PATH. */
export function serveWebSockets(
  app: TemplatedApp,
  host: SessionHost,
  admission: Admission,
  proxies: TrustedProxies,
): void {
  app.ws<SocketData>(CONNECT_PATH, {
    // A frame somewhat above the limit is told so; a larger one ends the connection before it is all here.
    maxPayloadLength: 2 * LIMITS.frameBytesMax,
    // The session's own budget closes first, with a code.
    maxBackpressure: 2 * LIMITS.sessionSendBytesMax,
    idleTimeout: 120,
    sendPingsAutomatically: false,
    upgrade: (res, req, context) => upgrade(res, req, context, admission, proxies),
    open(socket) {
      const data = socket.getUserData();
      data.link = host.connect(new SocketTransport(socket, data.codec), limitKey(data.address));
    },
    message(socket, message, isBinary) {
      const { link, codec } = socket.getUserData();
      if (link !== undefined) receiveFrame(host, link, codec, Buffer.from(message), isBinary);
    },
    drain: (socket) => socket.getUserData().link?.drained(),
    dropped(socket) {
      // Called from within a send: what closes the socket must wait for it to return.
      const { link } = socket.getUserData();
      if (link !== undefined) host.deps.clock.defer(() => link.close('slow_reader'));
    },
    close: (socket, code) => socket.getUserData().link?.lost(code),
  });
}

function upgrade(
  res: HttpResponse,
  req: HttpRequest,
  context: us_socket_context_t,
  admission: Admission,
  proxies: TrustedProxies,
): void {
  try {
    const peer = addressText(res.getRemoteAddress());
    const address = proxies.clientAddress(peer, req.getHeader('x-forwarded-for'));
    const subprotocol = admission.admit({
      address,
      origin: req.getHeader('origin'),
      host: req.getHeader('host'),
      subprotocols: req.getHeader('sec-websocket-protocol'),
    });
    const data: SocketData = { codec: serverCodec(subprotocol), address, link: undefined };
    const key = req.getHeader('sec-websocket-key');
    res.upgrade(data, key, subprotocol, req.getHeader('sec-websocket-extensions'), context);
  } catch (error) {
    writeResponse(res, errorResponse(toParleyError(error)), 'get');
  }
}
