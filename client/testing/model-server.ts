/**
 * A server that keeps its promises over a network that keeps none: a model of channels, one user's inbox and sessions,
 * with lost answers, cut connections, late and doubled frames, lost publications, changes of owner and a short memory.
 */
import { EncodedEvent, encodeServerFrame, protobufCodec } from '../../src/protocol/codec.js';
import type { ClientFrame, Delivery, ServerBody } from '../../src/protocol/frames.js';
import { Reader, v1 } from '../../src/protocol/wire.js';
import type { ClientRandom } from '../clock.js';
import type { StoredCursor } from '../storage.js';
import type { SocketHandlers, WebSocketFactory } from '../transport.js';
import type { FakeClock } from './fake-clock.js';
import { messageEvent } from './scripted-gateway.js';

const CODEC = protobufCodec((data) => Reader.create(data));
const CLOSE_CODES = [1006, 4100, 4200, 4202];
/** How far back sends are remembered, in positions. */
const REACH = 30;
const PAGE = 7;

interface InboxEntry {
  readonly cursor: StoredCursor;
  readonly event: v1.Event;
  readonly senderSession: string;
}

interface Session {
  readonly id: string;
  /** Sent frames by their session_seq − 1. */
  readonly sent: ServerBody[];
  /** Inbox entries below this index were pushed. */
  pushed: number;
  socket: ModelSocket | undefined;
}

class ModelSocket {
  readonly handlers: SocketHandlers;
  open = true;
  session: Session | undefined;
  /** Nothing arrives before what was sent earlier: by stream. */
  readonly lastArrival = { answers: 0, session: 0, up: 0 };

  constructor(handlers: SocketHandlers) {
    this.handlers = handlers;
  }
}

const before = (a: StoredCursor, b: StoredCursor): boolean =>
  a.term - b.term !== 0 ? a.term < b.term : a.inboxSeq < b.inboxSeq;

export class ModelServer {
  readonly logs = new Map<string, v1.Event[]>();
  /** Chance of each fault; 0: the network is calm. */
  faults = 0.1;
  private readonly clock: FakeClock;
  private readonly random: ClientRandom;
  private readonly fanoutChannels: ReadonlySet<string>;
  private readonly inbox: InboxEntry[] = [];
  private readonly sessions = new Map<string, Session>();
  private readonly lastAppend = new Map<string, number>();
  private socket: ModelSocket | undefined;
  private term = 1;

  constructor(clock: FakeClock, random: ClientRandom, fanoutChannels: readonly string[]) {
    this.clock = clock;
    this.random = random;
    this.fanoutChannels = new Set(fanoutChannels);
  }

  readonly factory: WebSocketFactory = (_url, _subprotocol, handlers) => {
    const socket = new ModelSocket(handlers);
    this.socket = socket;
    this.clock.after(5, () => (this.unlucky() ? this.end(socket, 1006) : socket.open && handlers.onOpen()));
    return {
      send: (data) => this.arrive(socket, data as Uint8Array),
      close: (code = 1000) => this.end(socket, code),
    };
  };

  say(channelId: string, text: string): void {
    this.commit(channelId, messageEvent(channelId, this.log(channelId).length + 1, 'bob', text), '');
  }

  cut(): void {
    if (this.socket !== undefined) this.end(this.socket, this.pick(CLOSE_CODES));
  }

  /** Another owner of the user's inbox: its sessions are gone. */
  changeOwner(): void {
    this.term += 1;
    this.sessions.clear();
    this.cut();
  }

  private log(channelId: string): v1.Event[] {
    const log = this.logs.get(channelId) ?? [];
    this.logs.set(channelId, log);
    return log;
  }

  private unlucky(): boolean {
    return this.random.fraction() < this.faults;
  }

  private pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.random.fraction() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  private end(socket: ModelSocket, code: number): void {
    if (!socket.open) return;
    socket.open = false;
    if (socket.session?.socket === socket) socket.session.socket = undefined;
    socket.handlers.onClose(code, '');
  }

  /** A moment within 40 ms, not before what went the same way earlier. */
  private later(socket: ModelSocket, stream: keyof ModelSocket['lastArrival'], callback: () => void): void {
    const at = Math.max(socket.lastArrival[stream], this.clock.now() + this.random.fraction() * 40);
    socket.lastArrival[stream] = at;
    this.clock.after(at - this.clock.now(), callback);
  }

  private transmit(socket: ModelSocket, requestId: number, sessionSeq: number, body: ServerBody): void {
    const frame = encodeServerFrame({ requestId, sessionSeq, body });
    this.later(socket, sessionSeq === 0 ? 'answers' : 'session', () => {
      if (socket.open) socket.handlers.onMessage(frame);
    });
  }

  // ---- what the client sends

  private arrive(socket: ModelSocket, data: Uint8Array): void {
    const frame = CODEC.decode(data);
    this.later(socket, 'up', () => {
      // A frame of a connection that has ended may still be on its way to the owner.
      if (socket.open || this.random.fraction() < 0.5) this.handle(socket, frame);
    });
  }

  private handle(socket: ModelSocket, { requestId, body }: ClientFrame): void {
    if (this.unlucky() && body.type !== 'hello') {
      const refusal = { code: 7003, name: 'timeout', retry: v1.Retry.BACKOFF, sentence: '', retryAfterMs: 0 };
      if (requestId !== 0) this.transmit(socket, requestId, 0, { type: 'error', value: refusal });
      if (this.random.fraction() < 0.5) return;
    }
    const answer = this.answer(socket, body);
    if (answer !== undefined && !this.unlucky()) this.transmit(socket, requestId, 0, answer);
    if (body.type === 'hello') this.begin(socket, body.value);
  }

  private answer(socket: ModelSocket, body: ClientFrame['body']): ServerBody | undefined {
    switch (body.type) {
      case 'send':
        return this.take(socket, body.value);
      case 'readHistory': {
        const { channelId, afterSeq } = body.value;
        const log = this.log(channelId);
        const events = log.slice(afterSeq ?? 0, (afterSeq ?? 0) + PAGE);
        return { type: 'history', value: { channelId, events, head: log.length, floor: 0 } };
      }
      case 'getChannel':
        return {
          type: 'channel',
          value: { channelId: body.value.channelId, head: this.log(body.value.channelId).length },
        };
      case 'heartbeat':
        return { type: 'heartbeat', value: { cursor: this.inbox.at(-1)?.cursor ?? { term: 1, sub: 0, inboxSeq: 0 } } };
      default:
        return undefined;
    }
  }

  private refusal(name: string, retry: v1.Retry): ServerBody {
    return { type: 'error', value: { code: 1, name, retry, sentence: '', retryAfterMs: 0 } };
  }

  private take(socket: ModelSocket, send: v1.Send): ServerBody {
    const { channelId, clientMessageId, base, after } = send;
    const log = this.log(channelId);
    const text = send.message?.text ?? '';
    if (text.startsWith('bad')) return this.refusal('message_too_large', v1.Retry.NEVER);
    if (log.length - base > REACH) return this.refusal('expired', v1.Retry.NEVER);
    // A server that remembers nothing looks no further back than the first attempt.
    let event = log.slice(base).find((other) => other.clientMessageId === clientMessageId);
    if (event === undefined) {
      if (after !== '' && !log.some((other) => other.clientMessageId === after))
        return this.refusal('out_of_order', v1.Retry.BACKOFF);
      event = messageEvent(channelId, log.length + 1, 'alice', text, clientMessageId);
      this.commit(channelId, event, socket.session?.id ?? '');
    }
    const { seq, messageId, createdAt } = event;
    return { type: 'sendAck', value: { channelId, clientMessageId, seq, messageId, createdAt } };
  }

  // ---- what the server sends

  private commit(channelId: string, event: v1.Event, senderSession: string): void {
    const log = this.log(channelId);
    log.push(event);
    if (this.fanoutChannels.has(channelId)) {
      if (!this.unlucky()) this.publish(channelId, log.length, [event]);
      return;
    }
    const at = Math.max(this.lastAppend.get(channelId) ?? 0, this.clock.now() + this.random.fraction() * 80);
    this.lastAppend.set(channelId, at);
    this.clock.after(at - this.clock.now(), () => {
      const cursor = { term: this.term, sub: 0, inboxSeq: this.inbox.length + 1 };
      this.inbox.push({ cursor, event, senderSession });
      for (const session of this.sessions.values()) this.push(session);
    });
  }

  /** Heads are told again now and then. */
  publishHeads(): void {
    for (const channelId of this.fanoutChannels) this.publish(channelId, this.log(channelId).length, []);
  }

  private publish(channelId: string, head: number, events: v1.Event[]): void {
    const value = { channelId, head, events: events.map((event) => EncodedEvent.of(event)) };
    if (this.socket?.session !== undefined) this.transmit(this.socket, 0, 0, { type: 'fanout', value });
  }

  private push(session: Session): void {
    if (session.socket === undefined) return;
    const items = this.inbox.slice(session.pushed, session.pushed + PAGE).map((entry): Delivery => {
      const own = entry.senderSession === session.id;
      return { cursor: entry.cursor, event: own ? undefined : EncodedEvent.of(entry.event), unread: 0 };
    });
    if (items.length === 0) return;
    session.pushed += items.length;
    this.number(session, { type: 'deliveries', value: items });
    this.push(session);
  }

  private number(session: Session, body: ServerBody): void {
    session.sent.push(body);
    // A frame lost inside a connection: the client must notice.
    if (session.socket !== undefined && !(this.faults > 0 && this.random.fraction() < 0.02))
      this.transmit(session.socket, 0, session.sent.length, body);
  }

  private begin(socket: ModelSocket, hello: v1.Hello): void {
    if (!socket.open) return;
    const known = this.sessions.get(hello.resume?.sessionId ?? '');
    const session = known ?? { id: `session-${this.random.fraction()}`, sent: [], pushed: 0, socket };
    session.socket = socket;
    socket.session = session;
    this.sessions.set(session.id, session);
    const start = hello.cursor ? (hello.cursor as StoredCursor) : this.inbox.at(-1)?.cursor;
    const cursor = start ?? { term: 1, sub: 0, inboxSeq: 0 };
    this.transmit(socket, 0xffffffff, 0, {
      type: 'welcome',
      value: {
        sessionId: session.id,
        resumed: known !== undefined,
        heartbeatMs: 25_000,
        limits: { unsettledSendsMax: 4, resumeWindowMs: 30_000 },
        cursor,
      },
    });
    // After the welcome: both streams start together.
    socket.lastArrival.session = socket.lastArrival.answers;
    if (known !== undefined) this.replay(session, socket, hello.resume?.sessionSeq ?? 0);
    else this.startAt(session, cursor);
    this.publishHeads();
    this.push(session);
  }

  private replay(session: Session, socket: ModelSocket, sessionSeq: number): void {
    const from = Math.max(0, sessionSeq - (this.unlucky() ? 2 : 0)); // some of it twice
    session.sent.slice(from).forEach((body, index) => {
      this.transmit(socket, 0, from + index + 1, body);
    });
  }

  private startAt(session: Session, cursor: StoredCursor): void {
    const found = this.inbox.findIndex((entry) => before(cursor, entry.cursor));
    session.pushed = found < 0 ? this.inbox.length : found;
    if (session.pushed === this.inbox.length || !this.unlucky()) return;
    // The inbox was cut meanwhile.
    const floor = session.pushed + Math.ceil(this.random.fraction() * (this.inbox.length - session.pushed));
    const heads = new Map(this.inbox.slice(0, floor).map(({ event }) => [event.channelId, event.seq]));
    session.pushed = floor;
    const value = {
      heads: [...heads].map(([channelId, seq]) => ({ channelId, seq })),
      cursor: this.inbox[floor - 1]?.cursor ?? cursor,
      more: false,
    };
    this.number(session, { type: 'limited', value });
  }
}
