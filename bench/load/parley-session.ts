import { decodeServerFrame, encodeClientFrame } from '../../src/protocol/codec.js';
import type { v1 } from '../../src/protocol/wire.js';
import { FrameScanner, NUMBER_PREFIX, type ScannedEvent, type ScanSink } from './frame-scanner.js';
import type { Cursor } from './orders.js';
import { BODY_TEXT, type LoadObserver, type LoadSession } from './session.js';
import { LoadWebSocket } from './websocket.js';

const MESSAGE = { text: BODY_TEXT };

export interface ParleyUser {
  readonly user: number;
  readonly userId: string;
  readonly token: string;
  /** Whom `sendDirect` goes to. */
  readonly peerId: string;
  /** Where this device stopped when it was here before. */
  readonly cursor: Cursor | undefined;
}

type Answer = (frame: v1.ServerFrame) => void;

/** A user of Parley: the client protocol with as little of a client as keeps the server's rules. */
export class ParleySession implements LoadSession, ScanSink {
  readonly user: number;
  /** Of the channel that `publish` goes to. */
  broadcastChannelId = '';
  private readonly account: ParleyUser;
  private readonly observer: LoadObserver;
  private readonly scanner: FrameScanner;
  private readonly answers = new Map<number, Answer>();
  /** Request id → message number, of sends that are not settled, in the order sent. */
  private readonly unsettled = new Map<number, number>();
  private socket: LoadWebSocket | undefined;
  private leaving = false;
  private requestId = 0;
  private head = 0;
  private lastUnsettled = '';
  private sessionSeqSeen = 0;
  private term = 0;
  private sub = 0;
  private inboxSeq = 0;
  private inboxSeqAcknowledged = 0;

  private constructor(account: ParleyUser, observer: LoadObserver) {
    this.user = account.user;
    this.account = account;
    this.observer = observer;
    this.scanner = new FrameScanner(this);
  }

  /** Connects and says hello; resolves at the welcome, rejects with what the server said instead. */
  static async open(
    target: { readonly port: number; readonly path: string; readonly fromAddress: string },
    account: ParleyUser,
    observer: LoadObserver,
  ): Promise<{ readonly session: ParleySession; readonly heartbeatMs: number }> {
    const session = new ParleySession(account, observer);
    session.socket = await LoadWebSocket.open(
      { ...target, subprotocol: 'parley.v1.protobuf' },
      {
        onMessage: (buffer, start, end) => session.scanner.scan(buffer, start, end),
        onClose: (code) => session.onClose(code),
      },
    );
    const { welcome } = await session.request({
      hello: { token: account.token, clientName: 'bench', ...(account.cursor && { cursor: account.cursor }) },
    });
    const { cursor } = welcome ?? {};
    session.cursor(cursor?.term ?? 0, cursor?.sub ?? 0, cursor?.inboxSeq ?? 0);
    session.inboxSeqAcknowledged = session.inboxSeq;
    return { session, heartbeatMs: welcome?.heartbeatMs ?? 25_000 };
  }

  /** Any request by the codec; rejects when it is refused or the connection closes. */
  request(body: v1.IClientFrame): Promise<v1.ServerFrame> {
    const requestId = ++this.requestId;
    return new Promise((resolve, reject) => {
      this.answers.set(requestId, (frame) => {
        if (frame.error === undefined || frame.error === null) resolve(frame);
        else reject(new Error(`${frame.error.name}: ${frame.error.sentence}`));
      });
      this.socket?.send(encodeClientFrame({ requestId, ...body }));
    });
  }

  sendDirect(messageNumber: number): void {
    this.send({ userId: this.account.peerId }, messageNumber);
  }

  publish(messageNumber: number): void {
    this.send({ channelId: this.broadcastChannelId }, messageNumber);
  }

  heartbeat(): void {
    this.socket?.send(encodeClientFrame({ heartbeat: { cursor: this.cursorNow() } }));
  }

  /** Tells the server what was processed, if that changed. */
  acknowledgeCursor(): void {
    if (this.inboxSeq === this.inboxSeqAcknowledged) return;
    this.inboxSeqAcknowledged = this.inboxSeq;
    this.socket?.send(
      encodeClientFrame({ acknowledge: { cursor: this.cursorNow(), sessionSeq: this.sessionSeqSeen } }),
    );
  }

  cursorNow(): Cursor {
    return { term: this.term, sub: this.sub, inboxSeq: this.inboxSeq };
  }

  close(): void {
    this.leaving = true;
    this.socket?.close();
  }

  // ---- ScanSink: called while the socket is read

  acknowledged(requestId: number, { seq, idHigh, idLow, messageNumber }: ScannedEvent): void {
    this.settle(requestId);
    if (seq > this.head) this.head = seq;
    this.observer.acknowledged(messageNumber, seq, idHigh, idLow);
  }

  event(_buffer: Buffer, { seq, idHigh, idLow, messageNumber }: ScannedEvent): void {
    if (seq > this.head) this.head = seq;
    this.observer.delivered(this.user, messageNumber, seq, idHigh, idLow);
  }

  cursor(term: number, sub: number, inboxSeq: number): void {
    this.term = term;
    this.sub = sub;
    this.inboxSeq = inboxSeq;
  }

  sessionSeq(sessionSeq: number): void {
    this.sessionSeqSeen = sessionSeq;
  }

  other(bytes: Buffer): void {
    const frame = decodeServerFrame(bytes);
    const messageNumber = this.unsettled.get(frame.requestId);
    if (messageNumber !== undefined) {
      this.settle(frame.requestId);
      this.observer.refused(messageNumber, frame.error?.code ?? 0);
      return;
    }
    const answer = this.answers.get(frame.requestId);
    this.answers.delete(frame.requestId);
    answer?.(frame);
  }

  // ----

  private send(to: { readonly userId: string } | { readonly channelId: string }, messageNumber: number): void {
    const requestId = ++this.requestId;
    const clientMessageId = `${NUMBER_PREFIX}${messageNumber}`;
    const after = this.unsettled.size > 0 ? this.lastUnsettled : '';
    this.unsettled.set(requestId, messageNumber);
    this.lastUnsettled = clientMessageId;
    this.socket?.send(
      encodeClientFrame({ requestId, send: { ...to, clientMessageId, base: this.head, after, message: MESSAGE } }),
    );
  }

  private settle(requestId: number): void {
    this.unsettled.delete(requestId);
  }

  private onClose(code: number): void {
    const error = { name: `closed ${code}`, sentence: 'The connection was closed.' };
    for (const answer of this.answers.values()) answer({ error } as v1.ServerFrame);
    this.answers.clear();
    if (!this.leaving) this.observer.closed(this.user, code);
  }
}
