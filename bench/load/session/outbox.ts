/**
 * The sends of one device until they are settled. What is refused for the moment may be stored all the same, so it is
 * repeated as the SDK does: under the same id, with the same base, and what was sent after it follows in order.
 */
import type { Clock } from '../../../src/core/clock.js';
import { ERRORS, type ErrorName } from '../../../src/core/errors.js';
import type { Random } from '../../../src/core/random.js';
import type { v1 } from '../../../src/protocol/wire.js';
import { backoffMs } from './backoff.js';
import type { Conversation } from './conversation.js';
import { NUMBER_PREFIX, type ScannedEvent } from './frame-scanner.js';
import { bodyOf } from './message-body.js';
import type { LoadObserver } from './session.js';

/** A client that is asked to send in order does so at once. */
const OUT_OF_ORDER_MS = 50;

export interface OutboxPorts {
  /** Who sends. */
  readonly userId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Pick<LoadObserver, 'acknowledged' | 'repeated' | 'refused'>;
  /** Sends it, and answers with the id of the request; undefined without a connection. */
  readonly post: (send: v1.ISend) => number | undefined;
  /** It comes back after a loss, and repeats there what a closing connection refuses. */
  readonly steady: boolean;
  /** What was first sent longer ago is not repeated any more: its refusal is final. */
  readonly repeatForMs: number;
}

interface Asked {
  readonly to: Conversation;
  readonly messageNumber: number;
  readonly attempt: number;
}

export class Outbox {
  private readonly ports: OutboxPorts;
  /** Attempts of this connection without an answer, by request id. */
  private readonly asked = new Map<number, Asked>();

  constructor(ports: OutboxPorts) {
    this.ports = ports;
  }

  send(to: Conversation, messageNumber: number): void {
    const after = to.add(messageNumber, this.ports.clock.monotonic());
    this.attempt(to, messageNumber, after);
  }

  /** Sends everything unsettled again, oldest first. */
  repeat(to: Conversation): void {
    let after = -1;
    for (const messageNumber of to.unsettled.keys()) {
      this.attempt(to, messageNumber, after);
      after = messageNumber;
    }
  }

  acknowledged(requestId: number, { seq, idHigh, idLow }: ScannedEvent): void {
    const asked = this.take(requestId);
    if (asked === undefined) return;
    const { to, messageNumber } = asked;
    if (seq > to.head) to.head = seq;
    // An answer to a repetition comes a second time.
    if (!to.unsettled.has(messageNumber)) return;
    to.settled(messageNumber);
    this.ports.observer.acknowledged(messageNumber, seq, idHigh, idLow);
  }

  /** Whether it was an attempt of this outbox that was refused. */
  refused(requestId: number, error: v1.IError | null | undefined): boolean {
    const asked = this.take(requestId);
    if (asked === undefined) return false;
    const { to, messageNumber, attempt } = asked;
    const send = to.unsettled.get(messageNumber);
    // Of an attempt that has a successor the refusal says nothing any more.
    if (send === undefined || send.attempts !== attempt) return true;
    const name = error?.name as ErrorName;
    const retry = ERRORS[name]?.retry ?? 'never';
    if (retry === 'reconnect' && this.ports.steady) return true;
    if (retry === 'backoff' && this.ports.clock.monotonic() - send.sinceMs < this.ports.repeatForMs)
      this.repeatLater(to, name === 'out_of_order' ? OUT_OF_ORDER_MS : (error?.retryAfterMs ?? 0));
    else {
      to.settled(messageNumber);
      this.ports.observer.refused(messageNumber, error?.code ?? 0);
    }
    return true;
  }

  /** The connection is gone, and with it the answers. */
  forget(): void {
    this.asked.clear();
  }

  private attempt(to: Conversation, messageNumber: number, after: number): void {
    const send = to.unsettled.get(messageNumber);
    if (send === undefined) return;
    const requestId = this.ports.post({
      ...to.to,
      clientMessageId: `${NUMBER_PREFIX}${messageNumber}`,
      base: send.base,
      after: after < 0 ? '' : `${NUMBER_PREFIX}${after}`,
      message: { text: bodyOf(messageNumber, this.ports.userId) },
    });
    if (requestId === undefined) return;
    this.asked.set(requestId, { to, messageNumber, attempt: ++send.attempts });
    if (send.attempts > 1) this.ports.observer.repeated(messageNumber);
  }

  private repeatLater(to: Conversation, afterMs: number): void {
    if (to.repeating) return;
    to.repeating = true;
    const delayMs = afterMs > 0 ? afterMs : backoffMs(to.refusals, this.ports.random);
    to.refusals++;
    this.ports.clock.after(delayMs, () => {
      to.repeating = false;
      this.repeat(to);
    });
  }

  private take(requestId: number): Asked | undefined {
    const asked = this.asked.get(requestId);
    this.asked.delete(requestId);
    return asked;
  }
}
