import type { ParleyError, Retry } from '../core/errors.js';
import { v1 } from './wire.js';

const RETRY: Record<Retry, v1.Retry> = {
  never: v1.Retry.NEVER,
  backoff: v1.Retry.BACKOFF,
  reconnect: v1.Retry.RECONNECT,
};

/** An error as the client is told of it. The cause stays here. */
export function errorBody(error: ParleyError): { readonly type: 'error'; readonly value: v1.IError } {
  return {
    type: 'error',
    value: {
      code: error.code,
      name: error.kind,
      retry: RETRY[error.retry],
      sentence: error.message,
      retryAfterMs: error.retryAfterMs,
    },
  };
}
