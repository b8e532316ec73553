/**
 * Requests and their answers over whatever connection there is. `ask` outlives connections: it repeats its request on
 * the next one, and after a backoff where the server asks for one, until its deadline. `attempt` is one try.
 */
import { ParleyError, toParleyError } from '../src/core/errors.js';
import type { v1 } from '../src/protocol/wire.js';
import { backoffMs } from './backoff.js';
import type { ClientClock, ClientRandom } from './clock.js';
import { errorOf } from './from-wire.js';

const ASK_DEADLINE_MS = 15_000;
/** Questions that wait at once, at most. */
const ASKED_MAX = 1000;

/** Ids wrap here; the one above is the hello's. */
const LAST_REQUEST_ID = 0xfffffffe;

/** Undefined: the connection went down first. */
export type AnswerHandler = (answer: v1.ServerFrame | undefined) => void;

interface Asked {
  readonly body: v1.IClientFrame;
  readonly resolve: (answer: v1.ServerFrame) => void;
  readonly reject: (error: ParleyError) => void;
  cancelDeadline: () => void;
  cancelRetry: () => void;
  failures: number;
  error: ParleyError | undefined;
  done: boolean;
}

export interface RequestsPorts {
  readonly clock: ClientClock;
  readonly random: ClientRandom;
  /** The application's span that a request belongs to. */
  readonly traceparent: () => string | undefined;
  /** False: offline. */
  readonly transmit: (frame: v1.IClientFrame) => boolean;
}

export class Requests {
  private readonly ports: RequestsPorts;
  private nextId = 1;
  private readonly flying = new Map<number, AnswerHandler>();
  private readonly asked = new Set<Asked>();
  private closed: ParleyError | undefined;

  constructor(ports: RequestsPorts) {
    this.ports = ports;
  }

  /** Sends `body` now. False when offline: then `handler` is never called; else it is called once. Throws as `encodeFrame`. */
  attempt(body: v1.IClientFrame, handler: AnswerHandler): boolean {
    const requestId = this.nextId;
    this.nextId = requestId === LAST_REQUEST_ID ? 1 : requestId + 1;
    this.flying.set(requestId, handler);
    body.requestId = requestId;
    const traceparent = this.ports.traceparent();
    if (traceparent !== undefined) body.traceparent = traceparent;
    let sent = false;
    try {
      sent = this.ports.transmit(body);
    } finally {
      if (!sent) this.flying.delete(requestId);
    }
    return sent;
  }

  /** The answer's frame; rejects with a ParleyError: the refusal, or `timeout` after `deadlineMs`. */
  ask(body: v1.IClientFrame, deadlineMs = ASK_DEADLINE_MS): Promise<v1.ServerFrame> {
    return new Promise((resolve, reject) => {
      const refusal = this.closed ?? (this.asked.size >= ASKED_MAX ? new ParleyError('overloaded') : undefined);
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      const nothing = (): void => {};
      const asked: Asked = {
        body,
        resolve,
        reject,
        cancelDeadline: nothing,
        cancelRetry: nothing,
        failures: 0,
        error: undefined,
        done: false,
      };
      asked.cancelDeadline = this.ports.clock.after(deadlineMs, () =>
        this.refuse(asked, asked.error ?? new ParleyError('timeout')),
      );
      this.asked.add(asked);
      this.try(asked);
    });
  }

  /** Hands an answer to whoever asked; one that nobody waits for is dropped. */
  answer(frame: v1.ServerFrame): void {
    const handler = this.flying.get(frame.requestId);
    this.flying.delete(frame.requestId);
    handler?.(frame);
  }

  online(): void {
    for (const asked of [...this.asked]) {
      asked.cancelRetry();
      this.try(asked);
    }
  }

  offline(): void {
    const handlers = [...this.flying.values()];
    this.flying.clear();
    for (const handler of handlers) handler(undefined);
  }

  /** Rejects what waits, and whatever comes. */
  close(error: ParleyError): void {
    this.closed = error;
    for (const asked of [...this.asked]) this.refuse(asked, error);
  }

  private try(asked: Asked): void {
    try {
      this.attempt({ ...asked.body }, (answer) => this.answered(asked, answer));
    } catch (thrown) {
      this.refuse(asked, toParleyError(thrown));
    }
  }

  private answered(asked: Asked, answer: v1.ServerFrame | undefined): void {
    if (asked.done || answer === undefined) return; // the next connection repeats it
    if (answer.error) this.refused(asked, errorOf(answer.error));
    else {
      this.finish(asked);
      asked.resolve(answer);
    }
  }

  private refused(asked: Asked, error: ParleyError): void {
    if (error.retry === 'never') {
      this.refuse(asked, error);
      return;
    }
    asked.error = error;
    asked.failures += 1;
    const delayMs = backoffMs(asked.failures, this.ports.random, error.retryAfterMs);
    asked.cancelRetry = this.ports.clock.after(delayMs, () => this.try(asked));
  }

  private refuse(asked: Asked, error: ParleyError): void {
    this.finish(asked);
    asked.reject(error);
  }

  private finish(asked: Asked): void {
    asked.done = true;
    this.asked.delete(asked);
    asked.cancelDeadline();
    asked.cancelRetry();
  }
}
