import { type Clock, systemClock } from '../../../src/core/clock.js';
import { directChannelId } from '../../../src/core/ids.js';
import { type Random, systemRandom } from '../../../src/core/random.js';
import { decodeServerFrame } from '../../../src/protocol/codec.js';
import type { v1 } from '../../../src/protocol/wire.js';
import type { Connection, ConnectionHandlers, Place, Traffic } from '../transport/connection.js';
import { Answers } from './answers.js';
import { Arrival } from './arrival.js';
import { CatchUp } from './catch-up.js';
import { Conversation, type Recipient } from './conversation.js';
import { FrameScanner, type ScannedEvent, type ScanSink } from './frame-scanner.js';
import { type Cursor, InboxPlace } from './inbox-place.js';
import { Outbox } from './outbox.js';
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
  private readonly conversations = new Map<string, Conversation>();
  private latest: Conversation;
  private readonly answers: Answers;
  private readonly outbox: Outbox;
  private readonly arrival: Arrival;
  private readonly catchUp: CatchUp;
  private readonly inbox = new InboxPlace();
  private requestId = 0;
  private sessionSeqSeen = 0;

  constructor(account: ParleyUser, observer: LoadObserver, clock: Clock = systemClock, random: Random = systemRandom) {
    this.user = account.user;
    this.account = account;
    this.observer = observer;
    this.clock = clock;
    this.answers = new Answers(clock);
    const { user, userId, token, steady, places, open } = account;
    const scanner = new FrameScanner(this);
    this.arrival = new Arrival({
      ...{ user, steady, places, observer, clock, random },
      open: (place, handlers) => open(place, handlers, token),
      onFrame: (buffer, start, end) => scanner.scan(buffer, start, end),
      sayHello: () => this.sayHello(),
      onWelcome: (welcome) => this.goOn(welcome),
      onLost: () => this.forget(),
    });
    this.outbox = new Outbox({
      ...{ userId, steady, observer, clock, random },
      post: (send) => this.post({ send }),
      repeatForMs: steady ? Number.POSITIVE_INFINITY : REPEAT_FOR_MS,
    });
    this.catchUp = new CatchUp({
      ...{ user, steady, observer },
      readHistory: async (channelId, afterSeq) =>
        (await this.request({ readHistory: { channelId, afterSeq, limit: HISTORY_PAGE } })).history,
    });
    this.direct = this.converse({ userId: account.peerId }, directChannelId(account.userId, account.peerId));
    this.latest = this.direct;
  }

  get token(): string {
    return this.account.token;
  }

  get isConnected(): boolean {
    return this.arrival.connection !== undefined;
  }

  get isWelcome(): boolean {
    return this.arrival.isWelcome;
  }

  get hasGivenUp(): boolean {
    return this.arrival.hasGivenUp;
  }

  get isWanted(): boolean {
    return this.arrival.isWanted;
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
  connect(dueMs = this.clock.monotonic()): Promise<void> {
    return this.arrival.connect(dueMs);
  }

  /** Connects, and if that fails, goes on trying. */
  arrive(dueMs = this.clock.monotonic()): Promise<void> {
    return this.arrival.arrive(dueMs);
  }

  /** Any request by the codec; rejects when it is refused, the connection closes, or no answer comes in time. */
  request(body: v1.IClientFrame): Promise<v1.ServerFrame> {
    const requestId = ++this.requestId;
    const answer = this.answers.wait(requestId);
    const { connection } = this.arrival;
    if (connection === undefined) this.forget();
    else connection.send({ requestId, ...body });
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
    if (this.inbox.isKnown) this.arrival.connection?.send({ heartbeat: { cursor: this.inbox.cursor } });
  }

  /** Tells the server what was processed, if that changed. */
  acknowledgeCursor(): void {
    const cursor = this.inbox.takeUnacknowledged();
    if (cursor !== undefined)
      this.arrival.connection?.send({ acknowledge: { cursor, sessionSeq: this.sessionSeqSeen } });
  }

  cursorNow(): Cursor {
    return this.inbox.cursor;
  }

  traffic(): Traffic {
    return this.arrival.traffic();
  }

  /** Leaves, until it connects again. */
  close(): void {
    this.arrival.leave();
  }

  /** Loses its connection, and comes back if it is steady. */
  cut(): void {
    this.arrival.cut();
  }

  /** Reads what fan-out channels have beyond what was given, up to their heads. */
  catchUpAll(): void {
    for (const conversation of this.conversations.values()) if (conversation.byFanout) this.catchUp.start(conversation);
  }

  // ---- ScanSink: called while the socket is read

  acknowledged(requestId: number, event: ScannedEvent): void {
    this.outbox.acknowledged(requestId, event);
  }

  event(buffer: Buffer, event: ScannedEvent): void {
    const conversation = this.conversationAt(buffer, event);
    if (event.byFanout) conversation.byFanout = true;
    if (event.seq <= conversation.given) this.observer.cameAgain();
    this.catchUp.give(conversation, event.messageNumber, event.seq, event.idHigh, event.idLow);
  }

  head(buffer: Buffer, event: ScannedEvent, head: number): void {
    const conversation = this.conversationAt(buffer, event);
    conversation.byFanout = true;
    if (head > conversation.given && conversation.given > 0) this.catchUp.start(conversation);
  }

  cursor(term: number, sub: number, inboxSeq: number): void {
    if (!this.inbox.advance(term, sub, inboxSeq)) this.observer.cursorWentBack(this.user);
  }

  sessionSeq(sessionSeq: number): void {
    this.sessionSeqSeen = sessionSeq;
  }

  other(bytes: Buffer): void {
    const frame = decodeServerFrame(bytes);
    if (frame.welcome) this.inbox.startFrom(frame.welcome.cursor ?? {});
    if (frame.presence) this.observer.presence(frame.presence.items?.length ?? 0);
    if (this.outbox.refused(frame.requestId, frame.error)) return;
    this.answers.heard(frame.requestId, frame);
  }

  // ----

  private async sayHello(): Promise<v1.IWelcome | null | undefined> {
    const cursor = this.inbox.isKnown ? { cursor: this.inbox.cursor } : {};
    return (await this.request({ hello: { token: this.token, clientName: 'bench', ...cursor } })).welcome;
  }

  /** With what is not settled, and what came meanwhile. */
  private goOn(welcome: v1.IWelcome | null | undefined): void {
    // Polls have none, and say 0.
    this.heartbeatMs = welcome?.heartbeatMs || this.heartbeatMs;
    for (const conversation of this.conversations.values()) {
      this.outbox.repeat(conversation);
      if (conversation.byFanout) this.catchUp.start(conversation);
    }
  }

  private conversationAt(buffer: Buffer, { channelStart, channelEnd }: ScannedEvent): Conversation {
    if (!this.latest.isNamed(buffer, channelStart, channelEnd)) {
      const channelId = buffer.toString('latin1', channelStart, channelEnd);
      this.latest = this.converse({ channelId }, channelId);
    }
    return this.latest;
  }

  private post(body: v1.IClientFrame): number | undefined {
    const { connection } = this.arrival;
    if (connection === undefined) return undefined;
    const requestId = ++this.requestId;
    connection.send({ requestId, ...body });
    return requestId;
  }

  private forget(): void {
    this.outbox.forget();
    this.answers.forget();
  }
}
