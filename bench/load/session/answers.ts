import type { Clock } from '../../../src/core/clock.js';
import type { v1 } from '../../../src/protocol/wire.js';
import { ANSWER_WITHIN_MS } from '../transport/connection.js';
import { RequestError } from './request-error.js';

type Answer = Pick<v1.ServerFrame, 'error'>;

/** What a device asked for on its connection, until it is answered. */
export class Answers {
  private readonly clock: Clock;
  private readonly waiting = new Map<number, (answer: Answer) => void>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Rejects with what the server said instead of an answer, when the connection closes, and after ten seconds. */
  wait(requestId: number): Promise<v1.ServerFrame> {
    return new Promise((resolve, reject) => {
      const late = { error: { name: 'timeout', sentence: 'No answer within ten seconds.' } } as Answer;
      const cancel = this.clock.after(ANSWER_WITHIN_MS, () => this.heard(requestId, late));
      this.waiting.set(requestId, (answer) => {
        cancel();
        if (answer.error === undefined || answer.error === null) resolve(answer as v1.ServerFrame);
        else reject(new RequestError(answer.error));
      });
    });
  }

  heard(requestId: number, answer: Answer): void {
    const settle = this.waiting.get(requestId);
    this.waiting.delete(requestId);
    settle?.(answer);
  }

  /** The connection is gone, and with it the answers. */
  forget(): void {
    const closed = { error: { name: 'closed', sentence: 'The connection was closed.' } } as Answer;
    for (const requestId of [...this.waiting.keys()]) this.heard(requestId, closed);
  }
}
