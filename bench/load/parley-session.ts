import { type Clock, systemClock } from '../../src/core/clock.js';
import { reconnectionFor } from '../../src/core/errors.js';
import { directChannelId } from '../../src/core/ids.js';
import { systemRandom } from '../../src/core/random.js';
import { decodeServerFrame } from '../../src/protocol/codec.js';
import type { Long, v1 } from '../../src/protocol/wire.js';
import { Answers } from './answers.js';
import { BACKOFF_MIN_MS, backoffMs } from './backoff.js';
import type { Connection, ConnectionHandlers, Place, Traffic } from './connection.js';
import { Conversation, type Recipient } from './conversation.js';
import { FrameScanner, type ScannedEvent, type ScanSink } from './frame-scanner.js';
import { numberOf } from './message-body.js';
import type { Cursor } from './orders.js';
import { Outbox } from './outbox.js';
import { RequestError } from './request-error.js';
import type { LoadObserver, LoadSession } from './session.js';

const HISTORY_PAGE = 200;
/** One that does not come back repeats a refused send for so long; a steady one until its run ends. */
export const REPEAT_FOR_MS = 30_000;

export interface ParleyUser {
  readonly user: number;
  readonly userId: string;
  readonly token: string;
  /** Whom `sendDirect` goes to. */
  readonly peerId: string;
  /** It comes back after a loss, and repeats there what is not settled, as an application's client does. */
  readonly steady: boolean;
  readonly places: readonly Place[];
  readonly open: (place: Place, handlers: ConnectionHandlers, token: string) => Promise<Connection>;
}

/** A device of Parley: the client protocol with as little of a client as keeps the rules. It outlives its connections. */
export class ParleySession implements LoadSession, ScanSink {
  readonly user: number;
  readonly direct: Conversation;
  /** Where `publish` goes to. */
  channel: Conversation | undefined;
  heartbeatMs = 25_000;
  private readonly account: ParleyUser;
  private readonly observer: LoadObserver;
  private readonly clock: Clock;
  private readonly scanner: FrameScanner;
  private readonly conversations = new Map<string, Conversation>();
  private latest: Conversation;
  private readonly answers: Answers;
  private readonly outbox: Outbox;
  private connection: Connection | undefined;
  /** The connection that the server welcomed. */
  private welcomed: Connection | undefined;
  private wanted = false;
  private attempts = 0;
  private comingBack = false;
  /** When it began to be without a connection, as it wants one. */
  private awaySinceMs = 0;
  private readonly spent: Traffic = { requests: 0, bytesOut: 0, bytesIn: 0 };
  private requestId = 0;
  private sessionSeqSeen = 0;
  private term = 0;
  private sub = 0;
  private inboxSeq = 0;
  private known = false;
  private inboxSeqAcknowledged = 0;

  constructor(account: ParleyUser, observer: LoadObserver, clock: Clock = systemClock) {
    this.user = account.user;
    this.account = account;
    this.observer = observer;
    this.clock = clock;
    this.scanner = new FrameScanner(this);
    this.answers = new Answers(clock);
    this.outbox = new Outbox({
      userId: account.userId,
      clock,
      random: systemRandom,
      observer,
      post: (send) => this.post({ send }),
      steady: account.steady,
      repeatForMs: account.steady ? Number.POSITIVE_INFINITY : REPEAT_FOR_MS,
    });
    this.direct = this.converse({ userId: account.peerId }, directChannelId(account.userId, account.peerId));
    this.latest = this.direct;
  }

  get token(): string {
    return this.account.token;
  }

  get isConnected(): boolean {
    return this.connection !== undefined;
  }

  /** It is connected, and the server took its hello. */
  get isWelcome(): boolean {
    return this.connection !== undefined && this.connection === this.welcomed;
  }

  /** It wants to be connected, and does not come back: the server said so. */
  get hasGivenUp(): boolean {
    return this.wanted && this.connection === undefined && !this.comingBack;
  }

  /** It means to be connected, and is or comes back. */
  get isWanted(): boolean {
    return this.wanted;
  }

  get unsettledCount(): number {
    let count = 0;
    for (const { unsettled } of this.conversations.values()) count += unsettled.size;
    return count;
  }

  /** Channels whose gaps it reads from history now. */
  get catchingUpCount(): number {
    let count = 0;
    for (const { catchingUp } of this.conversations.values()) if (catchingUp) count++;
    return count;
  }

  /** The highest position of a channel that it was given. */
  givenIn(channelId: string): number {
    return this.conversations.get(channelId)?.given ?? 0;
  }

  /**
   * Connects and says hello, from where it was; resolves at the welcome, rejects with what the server said instead.
   * How long it took counts from `dueMs`, when it was to connect, unless it has been trying already.
   */
  async connect(dueMs = this.clock.monotonic()): Promise<void> {
    if (!this.wanted) {
      this.awaySinceMs = dueMs;
      this.observer.returning(this.user, dueMs);
    }
    this.wanted = true;
    try {
      await this.sayHello();
    } catch (thrown) {
      if (this.wanted)
        this.observer.connectFailed(this.user, thrown instanceof Error ? thrown.message : String(thrown));
      // After a refusal the server closes, and its code says whether to come back; one that is silent does not.
      if (thrown instanceof RequestError && thrown.errorName === 'timeout') this.connection?.close();
      throw thrown;
    }
  }

  private async sayHello(): Promise<void> {
    const { places, open, token } = this.account;
    const place = places[(this.user + this.attempts) % places.length];
    if (place === undefined) throw new Error('there is no address to connect to');
    const handlers: ConnectionHandlers = {
      onFrame: (buffer, start, end) => this.scanner.scan(buffer, start, end),
      onClose: (code) => this.onClose(connection, code),
    };
    const connection: Connection = await open(place, handlers, token);
    // It left while this was under way, or came by another: two at once would bring everything twice.
    if (!this.wanted || this.connection !== undefined) return connection.close();
    this.connection = connection;
    const cursor = this.known ? { cursor: this.cursorNow() } : {};
    const { welcome } = await this.request({ hello: { token, clientName: 'bench', ...cursor } });
    this.welcomed = connection;
    this.known = true;
    this.attempts = 0;
    this.observer.connected(this.user, this.clock.monotonic() - this.awaySinceMs);
    // Polls have none, and say 0.
    this.heartbeatMs = welcome?.heartbeatMs || this.heartbeatMs;
    for (const conversation of this.conversations.values()) {
      this.outbox.repeat(conversation);
      if (conversation.byFanout) this.catchUp(conversation);
    }
  }

  /** Connects, and if that fails, goes on trying. */
  arrive(dueMs = this.clock.monotonic()): Promise<void> {
    return this.connect(dueMs).catch(() => {
      if (this.connection === undefined) this.comeBack(false);
    });
  }

  /** Any request by the codec; rejects when it is refused, the connection closes, or no answer comes in time. */
  request(body: v1.IClientFrame): Promise<v1.ServerFrame> {
    const requestId = ++this.requestId;
    const answer = this.answers.wait(requestId);
    if (this.connection === undefined) this.forget();
    else this.connection.send({ requestId, ...body });
    return answer;
  }

  /** The conversation in a channel, made when there is none. */
  converse(to: Recipient, channelId: string): Conversation {
    let conversation = this.conversations.get(channelId);
    if (conversation === undefined) {
      conversation = new Conversation(to, channelId, this.observer.place(channelId));
      this.conversations.set(channelId, conversation);
    }
    return conversation;
  }

  sendDirect(messageNumber: number): void {
    this.send(this.direct, messageNumber);
  }

  publish(messageNumber: number): void {
    if (this.channel !== undefined) this.send(this.channel, messageNumber);
  }

  send(to: Conversation, messageNumber: number): void {
    this.outbox.send(to, messageNumber);
  }

  heartbeat(): void {
    if (this.known) this.connection?.send({ heartbeat: { cursor: this.cursorNow() } });
  }

  /** Tells the server what was processed, if that changed. */
  acknowledgeCursor(): void {
    if (this.inboxSeq === this.inboxSeqAcknowledged) return;
    this.inboxSeqAcknowledged = this.inboxSeq;
    this.connection?.send({ acknowledge: { cursor: this.cursorNow(), sessionSeq: this.sessionSeqSeen } });
  }

  cursorNow(): Cursor {
    return { term: this.term, sub: this.sub, inboxSeq: this.inboxSeq };
  }

  traffic(): Traffic {
    const now = this.connection?.traffic() ?? { requests: 0, bytesOut: 0, bytesIn: 0 };
    return {
      requests: this.spent.requests + now.requests,
      bytesOut: this.spent.bytesOut + now.bytesOut,
      bytesIn: this.spent.bytesIn + now.bytesIn,
    };
  }

  /** Leaves, until it connects again. */
  close(): void {
    this.wanted = false;
    this.connection?.close();
  }

  /** Loses its connection, and comes back if it is steady. */
  cut(): void {
    this.connection?.close();
  }

  /** Reads what fan-out channels have beyond what was given, up to their heads. */
  catchUpAll(): void {
    for (const conversation of this.conversations.values()) if (conversation.byFanout) this.catchUp(conversation);
  }

  // ---- ScanSink: called while the socket is read

  acknowledged(requestId: number, event: ScannedEvent): void {
    this.outbox.acknowledged(requestId, event);
  }

  event(buffer: Buffer, event: ScannedEvent): void {
    const conversation = this.conversationAt(buffer, event);
    if (event.byFanout) conversation.byFanout = true;
    if (event.seq <= conversation.given) this.observer.cameAgain();
    this.give(conversation, event.messageNumber, event.seq, event.idHigh, event.idLow);
  }

  head(buffer: Buffer, event: ScannedEvent, head: number): void {
    const conversation = this.conversationAt(buffer, event);
    conversation.byFanout = true;
    if (head > conversation.given && conversation.given > 0) this.catchUp(conversation);
  }

  cursor(term: number, sub: number, inboxSeq: number): void {
    if ((term - this.term || sub - this.sub || inboxSeq - this.inboxSeq) > 0) this.moveTo(term, sub, inboxSeq);
    else this.observer.cursorWentBack(this.user);
  }

  sessionSeq(sessionSeq: number): void {
    this.sessionSeqSeen = sessionSeq;
  }

  other(bytes: Buffer): void {
    const frame = decodeServerFrame(bytes);
    if (frame.welcome) this.startFrom(frame.welcome.cursor ?? {});
    if (frame.presence) this.observer.presence(frame.presence.items?.length ?? 0);
    if (this.outbox.refused(frame.requestId, frame.error)) return;
    this.answers.heard(frame.requestId, frame);
  }

  // ----

  private moveTo(term: number, sub: number, inboxSeq: number): void {
    this.term = term;
    this.sub = sub;
    this.inboxSeq = inboxSeq;
  }

  /** A connection goes on where its welcome says, also behind what came before; deliveries may follow in the same bytes. */
  private startFrom({ term, sub, inboxSeq }: v1.ICursor): void {
    this.moveTo(term ?? 0, sub ?? 0, inboxSeq ?? 0);
    this.inboxSeqAcknowledged = this.inboxSeq;
  }

  private conversationAt(buffer: Buffer, { channelStart, channelEnd }: ScannedEvent): Conversation {
    if (!this.latest.isNamed(buffer, channelStart, channelEnd)) {
      const channelId = buffer.toString('latin1', channelStart, channelEnd);
      this.latest = this.converse({ channelId }, channelId);
    }
    return this.latest;
  }

  /** Hands an event on, once and in order. */
  private give(to: Conversation, messageNumber: number, seq: number, idHigh: number, idLow: number): void {
    if (seq > to.head) to.head = seq;
    if (seq <= to.given && this.account.steady) return;
    if (to.byFanout && to.given > 0 && seq > to.given + 1 && this.account.steady) {
      if (seq > to.gapTo) to.gapTo = seq;
      this.catchUp(to);
      return;
    }
    if (seq > to.given) to.given = seq;
    this.observer.delivered(this.user, messageNumber, to.place, seq, idHigh, idLow);
  }

  private catchUp(to: Conversation): void {
    if (to.catchingUp || !this.account.steady) return;
    to.catchingUp = true;
    this.readOn(to).then(
      () => {
        to.catchingUp = false;
        if (to.gapTo > to.given) this.catchUp(to);
      },
      // The next head or connection tells of the gap again.
      () => {
        to.catchingUp = false;
      },
    );
  }

  private async readOn(to: Conversation): Promise<void> {
    for (let head = Number.POSITIVE_INFINITY; to.given < head; ) {
      const { channelId, given } = to;
      const { history } = await this.request({ readHistory: { channelId, afterSeq: given, limit: HISTORY_PAGE } });
      head = history?.head ?? 0;
      const events = history?.events ?? [];
      if (events.length === 0) return;
      for (const event of events) this.giveRead(to, event);
    }
  }

  private giveRead(to: Conversation, event: v1.IEvent): void {
    const { seq, messageId } = event;
    const { high, low } = messageId as Long;
    this.give(to, numberOf(event), seq ?? 0, high >>> 0, low >>> 0);
  }

  private post(body: v1.IClientFrame): number | undefined {
    if (this.connection === undefined) return undefined;
    const requestId = ++this.requestId;
    this.connection.send({ requestId, ...body });
    return requestId;
  }

  private forget(): void {
    this.outbox.forget();
    this.answers.forget();
  }

  private onClose(connection: Connection, code: number): void {
    if (this.connection !== connection) return;
    const { requests, bytesOut, bytesIn } = connection.traffic();
    this.spent.requests += requests;
    this.spent.bytesOut += bytesOut;
    this.spent.bytesIn += bytesIn;
    this.connection = undefined;
    this.forget();
    if (!this.wanted) return;
    this.awaySinceMs = this.clock.monotonic();
    this.observer.closed(this.user, code);
    if (this.account.steady && reconnectionFor(code) !== 'never') this.comeBack(reconnectionFor(code) === 'now');
  }

  private comeBack(now: boolean): void {
    if (this.comingBack) return;
    this.comingBack = true;
    const delayMs =
      now && this.attempts === 0 ? Math.random() * BACKOFF_MIN_MS : backoffMs(this.attempts, systemRandom);
    this.attempts++;
    this.clock.after(delayMs, async () => {
      // A refused hello is followed by a close, which brings back what is still wanted.
      if (this.wanted && this.connection === undefined) await this.connect().catch(() => {});
      this.comingBack = false;
      if (this.wanted && this.connection === undefined) this.comeBack(false);
    });
  }
}
