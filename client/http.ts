/** JSON over HTTP, with the API's errors as ParleyErrors. */
import { ParleyError } from '../src/core/errors.js';
import { v1 } from '../src/protocol/wire.js';
import { backoffMs } from './backoff.js';
import type { ClientClock, ClientRandom } from './clock.js';
import { errorNamed } from './from-wire.js';

/** For all attempts together. */
const ANSWER_WAIT_MS = 15_000;
/** What dies with the process that had it is asked again: of another one, behind the same address. */
const ATTEMPTS_MAX = 4;
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
  /** Not repeated: it would mean another thing the second time, or somebody else repeats it. */
  readonly once?: boolean;
  /** Before each repetition: the attempt before it may have been done, all the same. */
  readonly repeated?: () => void;
  /** Gives the call up, with a ParleyError as its reason. */
  readonly signal?: AbortSignal;
}

export interface HttpOptions {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly clock: ClientClock;
  readonly random: ClientRandom;
  /** The application's span that a call belongs to. */
  readonly traceparent?: () => string | undefined;
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

/**
 * The answer's JSON (undefined when empty). Rejects with the server's error, `timeout`, `unavailable`, or why it was given up.
 * What got no answer, or none of a process that serves, is repeated a few times, unless it may be done only once.
 */
export async function callApi(options: HttpOptions, call: HttpCall): Promise<unknown> {
  call.signal?.throwIfAborted();
  const abort = new AbortController();
  const giveUp = (): void => abort.abort(call.signal?.reason);
  const cancel = options.clock.after(ANSWER_WAIT_MS, () => abort.abort(new ParleyError('timeout')));
  call.signal?.addEventListener('abort', giveUp);
  try {
    for (let failures = 0; ; failures++) {
      const answer = await attempt(options, call, abort.signal);
      if (!(answer instanceof ParleyError)) return answer;
      // The attempt before had removed it.
      if (failures > 0 && call.method === 'DELETE' && answer.kind === 'not_found') return undefined;
      if (call.once || failures + 1 === ATTEMPTS_MAX || !isWorthAnother(answer)) throw answer;
      await pause(options.clock, backoffMs(failures, options.random, answer.retryAfterMs), abort.signal);
      if (abort.signal.aborted) throw answer;
      call.repeated?.();
    }
  } finally {
    cancel();
    call.signal?.removeEventListener('abort', giveUp);
  }
}

const isWorthAnother = ({ kind }: ParleyError): boolean => kind === 'unavailable' || kind === 'draining';

/** Resolves to the answer, or to the error in its place. */
async function attempt(options: HttpOptions, call: HttpCall, signal: AbortSignal): Promise<unknown> {
  const headers: Record<string, string> = {};
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  const traceparent = options.traceparent?.();
  if (traceparent !== undefined) headers.traceparent = traceparent;
  if (call.token !== undefined) headers.authorization = `Bearer ${call.token}`;
  try {
    const response = await options.fetch(`${options.baseUrl}/v1${call.path}`, {
      method: call.method,
      headers,
      credentials: 'same-origin',
      signal,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    return response.ok ? answer : errorFrom(response.status, answer);
  } catch (cause) {
    if (signal.aborted) return signal.reason;
    return new ParleyError('unavailable', { sentence: 'The server cannot be reached.', cause });
  }
}

/** Ends early when there is no time left. */
function pause(clock: ClientClock, durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(durationMs, resolve);
    signal.addEventListener('abort', () => {
      cancel();
      resolve();
    });
  });
}
