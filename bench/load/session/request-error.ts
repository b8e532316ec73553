import { ERRORS, type ErrorName } from '../../../src/core/errors.js';
import type { v1 } from '../../../src/protocol/wire.js';

/** What the server, or a connection that closed, said instead of an answer. */
export class RequestError extends Error {
  readonly errorName: string;
  readonly retryAfterMs: number;

  constructor({ name, sentence, retryAfterMs }: v1.IError) {
    super(`${name}: ${sentence}`);
    this.errorName = name ?? '';
    this.retryAfterMs = retryAfterMs ?? 0;
  }

  /** After a while, on the same connection. */
  get mayBeRepeated(): boolean {
    return ERRORS[this.errorName as ErrorName]?.retry === 'backoff';
  }
}
