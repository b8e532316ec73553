/** A gateway that says what a test tells it to, over sockets that are function calls. */
import {
  EncodedEvent,
  encodeServerFrame,
  encodeServerFrameJson,
  jsonCodec,
  protobufCodec,
} from '../../src/protocol/codec.js';
import type { ClientFrame, ServerFrame } from '../../src/protocol/frames.js';
import { Reader, v1 } from '../../src/protocol/wire.js';
import type { Socket, SocketHandlers, WebSocketFactory } from '../transport.js';

const CODECS = {
  'parley.v1.protobuf': protobufCodec((data) => Reader.create(data)),
  'parley.v1.json': jsonCodec((data) => new TextDecoder().decode(data)),
};

type BodyOf<Type extends ClientFrame['body']['type']> = Extract<ClientFrame['body'], { type: Type }>['value'];

export class ScriptedSocket implements Socket {
  readonly url: string;
  readonly subprotocol: keyof typeof CODECS;
  readonly frames: ClientFrame[] = [];
  closed = false;
  onFrame: ((frame: ClientFrame) => void) | undefined;
  private readonly handlers: SocketHandlers;
  private sessionSeq = 0;

  constructor(url: string, subprotocol: keyof typeof CODECS, handlers: SocketHandlers) {
    this.url = url;
    this.subprotocol = subprotocol;
    this.handlers = handlers;
  }

  // the client's side

  send(data: Uint8Array | string): void {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const frame = CODECS[this.subprotocol].decode(bytes);
    this.frames.push(frame);
    this.onFrame?.(frame);
  }

  close(code = 1000): void {
    if (this.closed) return;
    this.closed = true;
    this.handlers.onClose(code, '');
  }

  // the test's side

  open(): void {
    this.handlers.onOpen();
  }

  /** The bodies of that type which came, oldest first. */
  got<Type extends ClientFrame['body']['type']>(type: Type): BodyOf<Type>[] {
    return this.frames.filter(({ body }) => body.type === type).map(({ body }) => body.value as BodyOf<Type>);
  }

  /** The newest request of that type. */
  request(type: ClientFrame['body']['type']): number {
    const frame = this.frames.findLast(({ body }) => body.type === type);
    if (frame === undefined) throw new Error(`no ${type} came`);
    return frame.requestId;
  }

  welcome(given: Partial<v1.IWelcome> = {}): void {
    this.sessionSeq = given.resumed === true ? this.sessionSeq : 0;
    this.say({
      requestId: this.request('hello'),
      sessionSeq: 0,
      body: {
        type: 'welcome',
        value: {
          sessionId: 'session-1',
          userId: 'alice',
          deviceId: 'device-1',
          heartbeatMs: 25_000,
          limits: { unsettledSendsMax: 4, resumeWindowMs: 30_000 },
          cursor: { term: 1, sub: 0, inboxSeq: 0 },
          ...given,
        },
      },
    });
  }

  say(frame: ServerFrame): void {
    if (this.closed) return;
    const binary = this.subprotocol === 'parley.v1.protobuf';
    this.handlers.onMessage(binary ? encodeServerFrame(frame) : encodeServerFrameJson(frame));
  }

  answer(requestId: number, body: ServerFrame['body']): void {
    this.say({ requestId, sessionSeq: 0, body });
  }

  /** A session event, numbered. */
  push(body: ServerFrame['body'], sessionSeq = this.sessionSeq + 1): void {
    this.sessionSeq = sessionSeq;
    this.say({ requestId: 0, sessionSeq, body });
  }

  /** One inbox entry; without an event only the cursor moves. */
  deliver(inboxSeq: number, event?: v1.Event, epoch: { term: number; sub: number } = { term: 1, sub: 0 }): void {
    const item = { cursor: { ...epoch, inboxSeq }, event: event && EncodedEvent.of(event), unread: 1 };
    this.push({ type: 'deliveries', value: [item] });
  }

  fanout(channelId: string, head: number, events: v1.Event[] = []): void {
    const body = { channelId, head, events: events.map(EncodedEvent.of) };
    this.say({ requestId: 0, sessionSeq: 0, body: { type: 'fanout', value: body } });
  }

  acknowledge(requestId: number, send: v1.ISend, seq: number): void {
    const { channelId, clientMessageId } = send;
    this.answer(requestId, {
      type: 'sendAck',
      value: {
        channelId: channelId ?? '',
        clientMessageId: clientMessageId ?? '',
        seq,
        messageId: v1Long(seq),
        createdAt: v1Long(seq),
      },
    });
  }

  refuse(requestId: number, name: string, retry: v1.Retry, retryAfterMs = 0): void {
    this.answer(requestId, { type: 'error', value: { code: 1, name, retry, sentence: `${name}.`, retryAfterMs } });
  }

  /** The gateway closes, or the network breaks (1006). */
  cut(code = 1006): void {
    this.close(code);
  }
}

const v1Long = (value: number): v1.Event['messageId'] => messageEvent('x~y', value, '', '').messageId;

/** A message event as a server makes it; its id and time are its seq. */
export function messageEvent(
  channelId: string,
  seq: number,
  from: string,
  text: string,
  clientMessageId = '',
): v1.Event {
  return v1.Event.fromObject({
    channelId,
    seq,
    messageId: seq,
    createdAt: seq,
    from,
    clientMessageId,
    message: { text },
  });
}

export class ScriptedGateway {
  readonly sockets: ScriptedSocket[] = [];
  /** Whether a socket opens by itself. */
  accepts = true;

  readonly factory: WebSocketFactory = (url, subprotocol, handlers) => {
    const socket = new ScriptedSocket(url, subprotocol, handlers);
    this.sockets.push(socket);
    if (this.accepts) queueMicrotask(() => socket.open());
    return socket;
  };

  get socket(): ScriptedSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('nobody has connected');
    return socket;
  }
}
