/** JSON over HTTP, with the API's errors as ParleyErrors. */
import { ParleyError } from '../src/core/errors.js';
import { v1 } from '../src/protocol/wire.js';
import type { ClientClock } from './clock.js';
import { errorNamed } from './from-wire.js';

const ANSWER_WAIT_MS = 15_000;
const RETRY: Record<string, v1.Retry> = {
  never: v1.Retry.NEVER,
  backoff: v1.Retry.BACKOFF,
  reconnect: v1.Retry.RECONNECT,
};

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the API's root: `/sessions`. */
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
}

export interface HttpOptions {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly clock: ClientClock;
}

function errorFrom(status: number, body: unknown): ParleyError {
  const error = (body as { error?: Record<string, unknown> } | undefined)?.error;
  if (typeof error?.name !== 'string')
    return new ParleyError(status >= 500 || status === 429 ? 'unavailable' : 'invalid_argument', {
      sentence: `The server answered with status ${status}.`,
    });
  const retry = RETRY[String(error.retry)] ?? v1.Retry.BACKOFF;
  return errorNamed(error.name, retry, String(error.sentence ?? ''), Number(error.retryAfterMs ?? 0));
}

/** The answer's JSON (undefined when empty). Rejects with the server's error, `timeout`, or `unavailable`. */
export async function callApi(options: HttpOptions, call: HttpCall): Promise<unknown> {
  const abort = new AbortController();
  const cancel = options.clock.after(ANSWER_WAIT_MS, () => abort.abort());
  const headers: Record<string, string> = {};
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  if (call.token !== undefined) headers.authorization = `Bearer ${call.token}`;
  try {
    const response = await options.fetch(`${options.baseUrl}/v1${call.path}`, {
      method: call.method,
      headers,
      credentials: 'same-origin',
      signal: abort.signal,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    if (!response.ok) throw errorFrom(response.status, answer);
    return answer;
  } catch (thrown) {
    if (thrown instanceof ParleyError) throw thrown;
    if (abort.signal.aborted) throw new ParleyError('timeout', { cause: thrown });
    throw new ParleyError('unavailable', { sentence: 'The server cannot be reached.', cause: thrown });
  } finally {
    cancel();
  }
}
