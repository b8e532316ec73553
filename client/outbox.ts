/**
 * Sends until they are settled. Each keeps its id and its base on every attempt, so that the server stores it once;
 * `after` names the send before it in its channel while that is not settled, so that pipelined sends keep their order.
 * A send is failed only when it is surely not stored. One that a storage may hold as not tried is tried only once the
 * storage has its base: a restart must not try it as new.
 */
import { ParleyError, toParleyError } from '../src/core/errors.js';
import type { v1 } from '../src/protocol/wire.js';
import { backoffMs } from './backoff.js';
import type { ClientClock, ClientRandom } from './clock.js';
import { errorOf, sentOf } from './from-wire.js';
import { type OutboxRecord, recordOf, saidIn, sendOf } from './outbox-record.js';
import { Pending } from './pending.js';
import { randomId } from './random-id.js';
import { ReceiptTracker } from './receipt-tracker.js';
import type { AnswerHandler } from './requests.js';
import type { ChannelEvent, PendingMessage, Receipt, Said, SentMessage } from './types.js';

/** A send without an answer is repeated after this long. */
const ANSWER_WAIT_MS = 15_000;
const UNSETTLED_DEFAULT = 16;

export interface OutboxPorts {
  readonly clock: ClientClock;
  readonly random: ClientRandom;
  /** Throws what can never be sent. */
  readonly check: (body: v1.IClientFrame) => void;
  /** False: offline, and `handler` is never called. Throws as `check` does. */
  readonly attempt: (body: v1.IClientFrame, handler: AnswerHandler) => boolean;
  /** The channel's head as this client knows it; undefined: it must ask. */
  readonly headOf: (channelId: string) => number | undefined;
  /** Asks for the head of a channel it knows nothing of; 0 where there is no such channel (yet). */
  readonly askHead: (channelId: string) => Promise<number>;
  /** The own event of that id above `base`, if the channel's log holds it. */
  readonly find: (channelId: string, base: number, clientMessageId: string) => Promise<ChannelEvent | undefined>;
  /** A send has its position. */
  readonly sent: (message: PendingMessage, sent: SentMessage) => void;
  readonly changed: (message: PendingMessage) => void;
  /** What is kept has changed. */
  readonly dirty: () => void;
  /** Resolves when what is kept by now is saved, or is not going to be soon; undefined: there is nothing to wait for. */
  readonly saved: () => Promise<void> | undefined;
}

interface Entry {
  readonly message: Pending;
  base: number | undefined;
  /** A storage may hold it without its base, or by an id that it no longer has. */
  storedUntried: boolean;
  readonly deadlineAt: number | undefined;
  phase: 'queued' | 'flying' | 'resting';
  /** Goes out again only after the one before it did, or is settled. */
  behind: boolean;
  attempts: number;
  /** Times in a row that the server asked it to wait, on this connection. */
  refusals: number;
  flyingSince: number;
  settled: boolean;
}

interface Lane {
  readonly channelId: string;
  readonly entries: Entry[];
  asking: boolean;
  /** First attempts wait for the storage. */
  saving: boolean;
}

export class Outbox {
  private readonly ports: OutboxPorts;
  private readonly max: number;
  private readonly lanes = new Map<string, Lane>();
  private readonly receipts: ReceiptTracker;
  private count = 0;
  private unsettledMax = UNSETTLED_DEFAULT;
  private isOnline = false;
  private watching = false;

  constructor(ports: OutboxPorts, max: number) {
    this.ports = ports;
    this.max = max;
    this.receipts = new ReceiptTracker(ports.changed);
  }

  /** Sends of an earlier run, or of the outbox `before`; they go before what was queued since. They may have been tried. */
  restore(records: readonly OutboxRecord[], before: Outbox | undefined): void {
    const since = [...this.lanes.values()].map((lane) => ({ lane, entries: lane.entries.splice(0) }));
    for (const record of records) {
      const { clientMessageId: id, channelId } = record;
      const held = before?.lanes.get(channelId)?.entries.find(({ message }) => message.clientMessageId === id);
      const message = held?.message ?? new Pending(id, channelId, saidIn(record), new Date(record.queuedAt));
      if (!this.canBeSent(message)) continue;
      const entry = this.add(message, record.base, record.deadlineAt);
      if (record.base !== undefined) entry.attempts = 1;
      entry.storedUntried = record.base === undefined;
    }
    for (const { lane, entries } of since) lane.entries.push(...entries);
  }

  /** To be stored. */
  records(): OutboxRecord[] {
    const entries = [...this.lanes.values()].flatMap((lane) => lane.entries);
    return entries.map((entry) => {
      const { message, base, deadlineAt } = entry;
      if (base === undefined) entry.storedUntried = true;
      return recordOf(message, base, deadlineAt);
    });
  }

  pending(channelId: string): readonly PendingMessage[] {
    return this.lanes.get(channelId)?.entries.map((entry) => entry.message) ?? [];
  }

  private canBeSent(message: Pending): boolean {
    try {
      this.ports.check(sendOf(message, 0, ''));
      return true;
    } catch (thrown) {
      message.fail(toParleyError(thrown));
      this.ports.changed(message);
      return false;
    }
  }

  /** Throws `overloaded` when too many wait, `invalid_argument` and `frame_too_large` for what can never be sent. */
  queue(channelId: string, said: Said, deadlineMs: number | undefined): PendingMessage {
    if (this.count >= this.max) throw new ParleyError('overloaded', { sentence: 'Too many messages wait to be sent.' });
    const now = this.ports.clock.now();
    const message = new Pending(randomId(this.ports.random), channelId, said, new Date(now));
    this.ports.check(sendOf(message, 0, ''));
    this.add(message, undefined, deadlineMs === undefined ? undefined : now + deadlineMs);
    this.ports.dirty();
    const lane = this.lanes.get(channelId);
    if (lane !== undefined) this.pump(lane);
    return message;
  }

  online(unsettledMax: number): void {
    this.isOnline = true;
    if (unsettledMax > 0) this.unsettledMax = unsettledMax;
    for (const lane of this.lanes.values()) this.pump(lane);
  }

  offline(): void {
    this.isOnline = false;
    for (const lane of this.lanes.values()) for (const entry of lane.entries) entry.refusals = 0;
  }

  /** The server's logs are others than before: whether they hold what was tried is looked for from their beginning. */
  startAnew(): void {
    for (const lane of this.lanes.values())
      for (const entry of lane.entries) if (entry.base !== undefined) entry.base = 0;
    this.ports.dirty();
  }

  /** An own event came in by inbox, fan-out or history: it settles its send, whose acknowledgement may be lost. */
  seen(event: ChannelEvent): void {
    const lane = this.lanes.get(event.channelId);
    const entry = lane?.entries.find((other) => other.message.clientMessageId === event.clientMessageId);
    if (lane === undefined || entry === undefined || event.clientMessageId === '') return;
    this.settle(lane, entry, event);
    this.pump(lane);
  }

  receipt(channelId: string, items: readonly Receipt[], me: string): void {
    this.receipts.receive(channelId, items, me);
  }

  private add(message: Pending, base: number | undefined, deadlineAt: number | undefined): Entry {
    const entry: Entry = {
      message,
      base,
      storedUntried: false,
      deadlineAt,
      phase: 'queued',
      behind: false,
      attempts: 0,
      refusals: 0,
      flyingSince: 0,
      settled: false,
    };
    let lane = this.lanes.get(message.channelId);
    if (lane === undefined) {
      lane = { channelId: message.channelId, entries: [], asking: false, saving: false };
      this.lanes.set(message.channelId, lane);
    }
    lane.entries.push(entry);
    this.count += 1;
    if (deadlineAt !== undefined) this.watchDeadline(lane, entry, deadlineAt);
    return entry;
  }

  private watchDeadline(lane: Lane, entry: Entry, deadlineAt: number): void {
    this.ports.clock.after(Math.max(0, deadlineAt - this.ports.clock.now()), () => {
      if (entry.settled || entry.attempts > 0) return; // tried: the server may hold it, so it is settled, not dropped
      this.fail(lane, entry, new ParleyError('timeout', { sentence: 'The message could not be sent in time.' }));
      this.pump(lane);
    });
  }

  /** Sends what may go out: in order, a bounded number at once. */
  private pump(lane: Lane): void {
    if (!this.isOnline || lane.entries.length === 0 || !this.hasHead(lane) || !this.hasBases(lane)) return;
    let before: Entry | undefined;
    let flying = 0;
    for (const entry of [...lane.entries]) {
      if (entry.settled) continue;
      if (entry.phase === 'resting' || flying >= this.unsettledMax) return;
      if (entry.phase === 'queued') {
        if (entry.behind && before !== undefined && before.phase === 'flying') return;
        if (!this.transmit(lane, entry, before)) return;
      }
      if (entry.settled) continue;
      flying += 1;
      before = entry;
    }
  }

  private hasHead(lane: Lane): boolean {
    if (lane.asking) return false;
    if (this.ports.headOf(lane.channelId) !== undefined) return true;
    lane.asking = true;
    const done = (): void => {
      lane.asking = false;
      this.pump(lane);
    };
    // Offline or refused for now: the next connection asks again.
    this.ports.askHead(lane.channelId).then(done, () => {
      lane.asking = false;
      this.ports.clock.after(backoffMs(1, this.ports.random), () => this.pump(lane));
    });
    return false;
  }

  /** Gives those that may go out their base: a restart must know that they were tried, and with which. */
  private hasBases(lane: Lane): boolean {
    if (lane.saving) return false;
    const untried = lane.entries.slice(0, this.unsettledMax).filter(({ base }) => base === undefined);
    if (untried.length === 0) return true;
    const base = this.ports.headOf(lane.channelId) ?? 0;
    for (const entry of untried) entry.base = base;
    const saved = this.ports.saved();
    if (saved === undefined || !untried.some(({ storedUntried }) => storedUntried)) return true;
    lane.saving = true;
    void saved.then(() => {
      lane.saving = false;
      this.pump(lane);
    });
    return false;
  }

  private transmit(lane: Lane, entry: Entry, before: Entry | undefined): boolean {
    const { base } = entry;
    if (base === undefined) return false; // it has moved up just now, and waits for the storage
    const next = lane.entries[lane.entries.indexOf(entry) + 1];
    entry.phase = 'flying';
    entry.flyingSince = this.ports.clock.now();
    entry.behind = false;
    if (next !== undefined) next.behind = false;
    const { clientMessageId } = entry.message;
    const after = before?.message.clientMessageId ?? '';
    const attempt = entry.attempts + 1;
    const sent = this.attempt(lane, entry, sendOf(entry.message, base, after), (answer) => {
      // An answer to an attempt given up as lost still settles; its refusal is of no interest any more.
      const stale = entry.attempts !== attempt || entry.message.clientMessageId !== clientMessageId;
      if (!entry.settled && !(stale && !answer?.sendAck)) this.answered(lane, entry, answer);
    });
    if (!sent) entry.phase = 'queued';
    else {
      entry.attempts = attempt;
      this.watch();
    }
    return sent;
  }

  /** False: offline. By what the server allows now it may be too large, though it was not when it was queued. */
  private attempt(lane: Lane, entry: Entry, body: v1.IClientFrame, handler: AnswerHandler): boolean {
    try {
      return this.ports.attempt(body, handler);
    } catch (thrown) {
      this.fail(lane, entry, toParleyError(thrown));
      return true;
    }
  }

  /** One timer for all sends in flight. */
  private watch(): void {
    if (this.watching) return;
    this.watching = true;
    this.ports.clock.after(ANSWER_WAIT_MS, () => {
      this.watching = false;
      const since = this.ports.clock.now() - ANSWER_WAIT_MS;
      let flying = false;
      for (const lane of this.lanes.values()) {
        for (const entry of lane.entries) {
          if (entry.phase !== 'flying') continue;
          if (entry.flyingSince <= since) entry.phase = 'queued';
          else flying = true;
        }
        this.pump(lane);
      }
      if (flying) this.watch();
    });
  }

  private answered(lane: Lane, entry: Entry, answer: v1.ServerFrame | undefined): void {
    if (answer === undefined) {
      entry.phase = 'queued';
      return; // `online` sends it again
    }
    if (answer.sendAck) this.settle(lane, entry, sentOf(answer.sendAck));
    else if (answer.error) this.refused(lane, entry, errorOf(answer.error));
    this.pump(lane);
  }

  private refused(lane: Lane, entry: Entry, error: ParleyError): void {
    if (error.kind === 'out_of_order') this.outOfOrder(lane, entry, error);
    else if (error.kind === 'expired') this.expired(lane, entry);
    else if (error.retry === 'never') this.fail(lane, entry, error);
    else if (error.retry === 'backoff') this.rest(lane, entry, error.retryAfterMs);
    else entry.phase = 'queued'; // the connection is about to go: the next one sends it again
  }

  private outOfOrder(lane: Lane, entry: Entry, error: ParleyError): void {
    const before = lane.entries[lane.entries.indexOf(entry) - 1];
    entry.phase = 'queued';
    entry.behind = before !== undefined;
    if (before === undefined && entry.attempts > 2) this.rest(lane, entry, error.retryAfterMs);
  }

  private rest(lane: Lane, entry: Entry, atLeastMs: number): void {
    entry.phase = 'resting';
    entry.refusals += 1;
    this.ports.clock.after(backoffMs(entry.refusals, this.ports.random, atLeastMs), () => {
      if (entry.settled || entry.phase !== 'resting') return;
      entry.phase = 'queued';
      this.pump(lane);
    });
  }

  /**
   * The server no longer knows whether it stored this id, and will not store it any more. After a single attempt it is
   * not stored; otherwise the log says.
   */
  private expired(lane: Lane, entry: Entry): void {
    const renew = (): void => {
      entry.message.clientMessageId = randomId(this.ports.random);
      entry.base = undefined;
      entry.storedUntried = true;
      entry.attempts = 0;
      entry.phase = 'queued';
      this.ports.dirty();
      this.ports.changed(entry.message);
    };
    if (entry.attempts === 1) {
      renew();
      return;
    }
    entry.phase = 'resting';
    const { channelId, clientMessageId } = entry.message;
    this.ports.find(channelId, entry.base ?? 0, clientMessageId).then(
      (event) => {
        if (entry.settled) return;
        if (event === undefined) renew();
        else this.settle(lane, entry, event);
        this.pump(lane);
      },
      () => this.rest(lane, entry, 0),
    );
  }

  private settle(lane: Lane, entry: Entry, sent: SentMessage): void {
    this.remove(lane, entry);
    entry.message.settle(sent);
    this.receipts.track(entry.message);
    this.ports.changed(entry.message);
    this.ports.sent(entry.message, sent);
  }

  private fail(lane: Lane, entry: Entry, error: ParleyError): void {
    this.remove(lane, entry);
    entry.message.fail(error);
    this.ports.changed(entry.message);
  }

  private remove(lane: Lane, entry: Entry): void {
    const at = lane.entries.indexOf(entry);
    const next = lane.entries[at + 1];
    if (next !== undefined) next.behind = false;
    lane.entries.splice(at, 1);
    entry.settled = true;
    this.count -= 1;
    if (lane.entries.length === 0) this.lanes.delete(lane.channelId);
    this.ports.dirty();
  }
}
