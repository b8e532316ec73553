/** A device of a user, as the SDK and a gateway's session together behave. */

import type { HistoryChecker } from '../../checker/checker.js';
import type { ActorClient, EdgeBus } from '../../src/cluster/actor-client.js';
import { ERRORS, ParleyError } from '../../src/core/errors.js';
import { channelActor, userActor } from '../../src/core/ids.js';
import type { FakeClock } from '../../src/core/testing/fake-clock.js';
import { DeliveryStream } from '../../src/gateway/delivery-stream.js';
import type { EdgeEnvelope } from '../../src/protocol/bus-messages.js';
import type { Delivery } from '../../src/protocol/frames.js';
import { v1 } from '../../src/protocol/wire.js';
import type { Faults } from './faults.js';
import { Sayings } from './sayings.js';

/** The gateway that a device is connected to. */
export interface DeviceGateway {
  readonly edge: EdgeBus & ActorClient;
  /** What its sessions get, by session id. */
  readonly sessions: Map<string, (envelope: EdgeEnvelope) => void>;
  readonly dead: boolean;
  /** How often actors have had new owners, as far as it knows: then it announces its sessions again. */
  readonly moves: number;
}

const PIPELINED_MAX = 3;
const OPEN_MS = 3_000;

interface Pending {
  readonly clientMessageId: string;
  readonly content: v1.ISend;
  readonly base: number;
  notBeforeMs: number;
  asking: number;
}

interface Session {
  readonly id: string;
  readonly process: DeviceGateway;
  readonly stream: DeliveryStream;
  confirmedMs: number;
  changed: boolean;
  moves: number;
}

export interface DeviceDeps {
  readonly clock: FakeClock;
  readonly faults: Faults;
  readonly checker: HistoryChecker;
  /** What a device must never meet. */
  readonly failed: (error: unknown) => void;
  /** Whether it also edits, deletes, answers and reacts; else it writes messages alone. */
  readonly saysAll?: boolean;
}

/** What somebody is refused for good who speaks of a message while another device deletes it. */
const DELETED_MEANWHILE: ReadonlySet<string> = new Set(['message_erased']);

export class Device {
  readonly userId: string;
  readonly deviceId: string;
  readonly sayings: Sayings;
  private readonly deps: DeviceDeps;
  private cursor: v1.ICursor = { term: 0, sub: 0, inboxSeq: 0 };
  private session: Session | undefined;
  private opening = 0;
  /** One attempt to open a session after the other, as the SDK makes them. */
  private openingUntilMs = 0;
  private sessions = 0;
  private orders = 0;
  private readonly outbox = new Map<string, Pending[]>();
  /** The last seq handed to the application, and the highest known, by channel. */
  private readonly handed = new Map<string, number>();
  private readonly heads = new Map<string, number>();

  constructor(userId: string, deviceId: string, deps: DeviceDeps) {
    this.userId = userId;
    this.deviceId = deviceId;
    this.deps = deps;
    this.sayings = new Sayings(userId, deps.faults);
  }

  get unsettled(): number {
    let count = 0;
    for (const pending of this.outbox.values()) count += pending.length;
    return count;
  }

  get process(): DeviceGateway | undefined {
    return this.session?.process;
  }

  /** Whether the channel is known from its events, or is a direct one. */
  knows(channelId: string): boolean {
    return channelId.includes('~') || this.heads.has(channelId);
  }

  // ---- sending ---------------------------------------------------------------------------------------------------

  write(channelId: string): void {
    const { clock, checker } = this.deps;
    const clientMessageId = `${this.deviceId}-${++this.orders}`;
    const { userId, deviceId } = this;
    checker.sent({ channelId, userId, deviceId, clientMessageId, order: this.orders });
    const queue = this.outbox.get(channelId) ?? [];
    this.outbox.set(channelId, queue);
    const base = this.heads.get(channelId) ?? 0;
    const text = clientMessageId;
    const content = this.deps.saysAll === true ? this.sayings.next(channelId, text) : { message: { text } };
    queue.push({ clientMessageId, content, base, notBeforeMs: clock.monotonic(), asking: 0 });
  }

  /** Sends what is due, and confirms what was taken: to be called often. */
  step(): void {
    const { session } = this;
    if (session === undefined) return;
    if (session.process.dead) return this.lost();
    const now = this.deps.clock.monotonic();
    for (const [channelId, queue] of this.outbox) {
      for (const [index, pending] of queue.slice(0, PIPELINED_MAX).entries()) {
        if (pending.asking !== 0 || pending.notBeforeMs > now) continue;
        const after = queue[index - 1]?.clientMessageId ?? '';
        this.attempt(channelId, pending, after).catch(this.deps.failed);
      }
    }
    if (session.moves !== session.process.moves) {
      session.moves = session.process.moves;
      this.confirm();
    }
    if ((session.changed && now - session.confirmedMs >= 1_000) || now - session.confirmedMs >= 20_000) this.confirm();
  }

  private async attempt(channelId: string, pending: Pending, after: string): Promise<void> {
    const { session } = this;
    if (session === undefined) return;
    const attempt = ++this.orders;
    pending.asking = attempt;
    const { clientMessageId, base, content } = pending;
    const value = v1.Send.create({ channelId, clientMessageId, base, after, ...content });
    const caller = { userId: this.userId, deviceId: this.deviceId, sessionId: session.id };
    try {
      const budgetMs = 10_000;
      const answer = await session.process.edge.ask(
        channelActor(channelId),
        { type: 'request', caller, body: { type: 'send', value } },
        budgetMs,
      );
      if (answer.type !== 'sendAck') throw new Error(`${clientMessageId} was answered by ${answer.type}`);
      this.acknowledged(channelId, pending, answer.value);
    } catch (error) {
      if (error instanceof ParleyError && DELETED_MEANWHILE.has(error.kind)) return this.settled(channelId, pending);
      if (!(error instanceof ParleyError) || ERRORS[error.kind].retry === 'never') throw error;
      if (pending.asking === attempt) pending.asking = 0;
      pending.notBeforeMs = this.deps.clock.monotonic() + 50 + this.deps.faults.below(500);
    }
  }

  private acknowledged(channelId: string, pending: Pending, ack: v1.ISendAck): void {
    const { userId, deviceId } = this;
    const { clientMessageId } = pending;
    const seq = ack.seq ?? 0;
    this.settled(channelId, pending);
    if (seq === 0) return; // a reaction that was there
    this.sayings.said(pending.content, ack);
    this.deps.checker.acknowledged({
      ...{ channelId, userId, deviceId, clientMessageId, seq },
      messageId: ack.messageId?.toString() ?? '',
    });
    this.heads.set(channelId, Math.max(this.heads.get(channelId) ?? 0, seq));
  }

  private settled(channelId: string, pending: Pending): void {
    const queue = this.outbox.get(channelId) ?? [];
    const at = queue.indexOf(pending);
    if (at >= 0) queue.splice(at, 1);
  }

  // ---- receiving -------------------------------------------------------------------------------------------------

  async connect(process: DeviceGateway): Promise<void> {
    const now = this.deps.clock.monotonic();
    if (now < this.openingUntilMs) return;
    this.openingUntilMs = now + OPEN_MS;
    this.disconnect();
    const id = `${this.userId}/${this.deviceId}/${++this.sessions}`;
    const opening = ++this.opening;
    const early: EdgeEnvelope[] = [];
    process.sessions.set(id, (envelope) => early.push(envelope));
    const caller = { userId: this.userId, deviceId: this.deviceId, sessionId: id };
    const { cursor } = this;
    try {
      const answer = await process.edge.ask(
        userActor(this.userId),
        { type: 'session_open', caller, gateway: process.edge.address, cursor, visible: true },
        OPEN_MS,
      );
      if (answer.type !== 'session_opened') throw new Error(answer.type);
      if (opening !== this.opening || process.dead) return;
      const stream = new DeliveryStream(answer.value.cursor);
      const session: Session = {
        id,
        process,
        stream,
        confirmedMs: this.deps.clock.monotonic(),
        changed: false,
        moves: process.moves,
      };
      this.session = session;
      process.sessions.set(id, (envelope) => this.receive(session, envelope));
      for (const envelope of early) this.receive(session, envelope);
    } catch (error) {
      if (!(error instanceof ParleyError) || ERRORS[error.kind].retry === 'never') throw error;
      process.sessions.delete(id);
    }
    if (opening === this.opening) this.openingUntilMs = 0;
  }

  disconnect(): void {
    const { session } = this;
    if (session === undefined) return;
    session.process.sessions.delete(session.id);
    session.process.edge.tell(userActor(this.userId), { type: 'session_close', sessionId: session.id });
    this.lost();
  }

  private lost(): void {
    this.session = undefined;
    this.opening++;
    for (const queue of this.outbox.values()) for (const pending of queue) pending.asking = 0;
  }

  private receive(session: Session, envelope: EdgeEnvelope): void {
    if (session !== this.session) return;
    if (envelope.type === 'session_end') return this.lost();
    if (envelope.type !== 'push') return;
    const outcome = session.stream.offer(envelope);
    for (const page of session.stream.take()) for (const item of page) this.hand(item);
    session.changed = true;
    if (outcome !== 'accepted' || envelope.confirmNow) this.confirm(outcome === 'ahead');
  }

  private confirm(lacking = false): void {
    const { session } = this;
    if (session === undefined) return;
    session.confirmedMs = this.deps.clock.monotonic();
    session.changed = false;
    const { put } = session.stream;
    session.process.edge.tell(userActor(this.userId), {
      type: 'session_confirm',
      confirmation: { sessionId: session.id, put, acknowledged: put, lacking },
      caller: { userId: this.userId, deviceId: this.deviceId, sessionId: session.id },
      gateway: session.process.edge.address,
      visible: true,
    });
  }

  /** To the application: each event once, in the order of its channel. */
  private hand({ cursor, event }: Delivery): void {
    this.cursor = cursor;
    if (event === undefined) return;
    const { channelId, seq, messageId, from, clientMessageId } = event.value;
    this.heads.set(channelId, Math.max(this.heads.get(channelId) ?? 0, seq));
    if (seq <= (this.handed.get(channelId) ?? 0)) return;
    this.handed.set(channelId, seq);
    this.sayings.take(event.value);
    const { userId, deviceId } = this;
    this.deps.checker.seen({
      ...{ channelId, userId, deviceId, seq, from, clientMessageId },
      messageId: messageId.toString(),
    });
  }
}
