/**
 * The one taxonomy of errors. A ParleyError is an operating error: expected, coded, told to whoever asked.
 * Anything else that is thrown is a programmer's error: it crashes the actor it happens in.
 */

/** What the receiver of an error may do: give up, repeat after a backoff, or repeat on a new connection. */
export type Retry = 'never' | 'backoff' | 'reconnect';

interface ErrorSpec {
  readonly code: number;
  readonly retry: Retry;
  readonly httpStatus: number;
  readonly sentence: string;
}

/** Name → stable numeric code, retry class, HTTP status and default sentence. Codes are never used twice. */
export const ERRORS = {
  // 1xxx: the frame or request itself
  malformed_frame: { code: 1001, retry: 'never', httpStatus: 400, sentence: 'The frame could not be decoded.' },
  unknown_type: {
    code: 1002,
    retry: 'never',
    httpStatus: 400,
    sentence: 'The frame holds no body that is known here.',
  },
  frame_too_large: { code: 1003, retry: 'never', httpStatus: 413, sentence: 'The frame is larger than allowed.' },
  invalid_argument: { code: 1004, retry: 'never', httpStatus: 400, sentence: 'An argument is not valid.' },
  hello_required: { code: 1005, retry: 'never', httpStatus: 400, sentence: 'The first frame must be a hello.' },
  not_found: { code: 1006, retry: 'never', httpStatus: 404, sentence: 'There is no such thing here.' },
  unsupported_media_type: { code: 1007, retry: 'never', httpStatus: 415, sentence: 'The body must be JSON.' },
  // 2xxx: who may
  unauthenticated: { code: 2001, retry: 'never', httpStatus: 401, sentence: 'The token is missing or not valid.' },
  token_expired: { code: 2002, retry: 'reconnect', httpStatus: 401, sentence: 'The token has expired: get a new one.' },
  forbidden: { code: 2003, retry: 'never', httpStatus: 403, sentence: 'You may not do this.' },
  session_revoked: { code: 2004, retry: 'never', httpStatus: 401, sentence: 'The device was logged out.' },
  wrong_credentials: { code: 2005, retry: 'never', httpStatus: 401, sentence: 'The name or the password is wrong.' },
  refresh_reused: {
    code: 2006,
    retry: 'never',
    httpStatus: 401,
    sentence: 'The refresh token was used before: log in again.',
  },
  // 3xxx: chat
  not_a_member: { code: 3001, retry: 'never', httpStatus: 403, sentence: 'You are not a member of this channel.' },
  channel_not_found: { code: 3002, retry: 'never', httpStatus: 404, sentence: 'There is no such channel.' },
  user_not_found: { code: 3003, retry: 'never', httpStatus: 404, sentence: 'There is no such user.' },
  message_not_found: {
    code: 3004,
    retry: 'never',
    httpStatus: 404,
    sentence: 'There is no such message, or not for you.',
  },
  conflict: { code: 3005, retry: 'never', httpStatus: 409, sentence: 'The same id was used before with another body.' },
  out_of_order: {
    code: 3006,
    retry: 'backoff',
    httpStatus: 409,
    sentence: 'The send named in `after` has no position yet: send again in order.',
  },
  expired: {
    code: 3007,
    retry: 'never',
    httpStatus: 410,
    sentence: 'The first attempt is too long ago: send anew with a new id and base.',
  },
  message_empty: { code: 3008, retry: 'never', httpStatus: 400, sentence: 'The message is empty.' },
  message_too_large: { code: 3009, retry: 'never', httpStatus: 413, sentence: 'The message is larger than allowed.' },
  channel_full: { code: 3010, retry: 'never', httpStatus: 409, sentence: 'The channel has as many members as it can.' },
  cursor_invalid: {
    code: 3011,
    retry: 'never',
    httpStatus: 400,
    sentence: 'The cursor is ahead of everything assigned.',
  },
  last_owner: {
    code: 3012,
    retry: 'never',
    httpStatus: 409,
    sentence: 'A channel keeps at least one owner: name another first.',
  },
  name_taken: { code: 3013, retry: 'never', httpStatus: 409, sentence: 'The name is taken.' },
  // 31xx: what is said in a channel
  message_erased: { code: 3101, retry: 'never', httpStatus: 410, sentence: 'The message was deleted.' },
  mention_not_member: {
    code: 3102,
    retry: 'never',
    httpStatus: 400,
    sentence: 'Somebody who is mentioned is not a member of this channel.',
  },
  mention_too_wide: {
    code: 3103,
    retry: 'never',
    httpStatus: 400,
    sentence: 'The channel has too many members to mention all of them.',
  },
  reactions_full: {
    code: 3104,
    retry: 'never',
    httpStatus: 409,
    sentence: 'The message has as many different reactions as it can.',
  },
  // 32xx: search
  search_empty: {
    code: 3201,
    retry: 'never',
    httpStatus: 400,
    sentence: 'Say what to look for: words, or a sender.',
  },
  search_too_long: { code: 3202, retry: 'never', httpStatus: 400, sentence: 'The search is longer than allowed.' },
  search_too_many_words: {
    code: 3203,
    retry: 'never',
    httpStatus: 400,
    sentence: 'The search has more words than allowed.',
  },
  // 33xx: push
  push_endpoint_refused: {
    code: 3301,
    retry: 'never',
    httpStatus: 400,
    sentence: 'This is no address that a push may be sent to.',
  },
  push_not_configured: {
    code: 3302,
    retry: 'never',
    httpStatus: 409,
    sentence: 'This server sends no pushes of this kind.',
  },
  // 35xx: operators
  node_not_found: {
    code: 3501,
    retry: 'never',
    httpStatus: 404,
    sentence: 'There is no such process, or it is gone.',
  },
  last_node: {
    code: 3502,
    retry: 'never',
    httpStatus: 409,
    sentence: 'There would be no node left to take what it has.',
  },
  not_clustered: {
    code: 3503,
    retry: 'never',
    httpStatus: 409,
    sentence: 'The embedded form is one process: there is nothing to place.',
  },
  account_suspended: { code: 3504, retry: 'never', httpStatus: 403, sentence: 'The account is suspended.' },
  // 7xxx: load and life
  rate_limited: { code: 7001, retry: 'backoff', httpStatus: 429, sentence: 'Too many requests.' },
  overloaded: { code: 7002, retry: 'backoff', httpStatus: 503, sentence: 'A queue is full.' },
  timeout: {
    code: 7003,
    retry: 'backoff',
    httpStatus: 504,
    sentence: 'No answer in time; the outcome is unknown: repeat the same request.',
  },
  unavailable: { code: 7004, retry: 'backoff', httpStatus: 503, sentence: 'A part that is needed cannot be reached.' },
  draining: { code: 7005, retry: 'reconnect', httpStatus: 503, sentence: 'This process is about to stop.' },
  not_owner: { code: 7006, retry: 'backoff', httpStatus: 503, sentence: 'The owner has moved.' },
  storage_full: { code: 7007, retry: 'backoff', httpStatus: 507, sentence: 'The disk is full: nothing was stored.' },
  slow_reader: {
    code: 7008,
    retry: 'reconnect',
    httpStatus: 503,
    sentence: 'The connection took its data too slowly.',
  },
  fenced: { code: 7009, retry: 'reconnect', httpStatus: 503, sentence: 'This process has lost its ownership.' },
  internal: { code: 9001, retry: 'backoff', httpStatus: 500, sentence: 'Something went wrong here.' },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorName = keyof typeof ERRORS;

interface ErrorDetails {
  /** One sentence for the person who reads it; the name's default when absent. */
  readonly sentence?: string;
  readonly cause?: unknown;
  /** When to come back, milliseconds; 0 = the client's own backoff. */
  readonly retryAfterMs?: number;
}

export class ParleyError extends Error {
  readonly kind: ErrorName;
  readonly retryAfterMs: number;

  constructor(kind: ErrorName, details: ErrorDetails = {}) {
    super(details.sentence ?? ERRORS[kind].sentence, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'ParleyError';
    this.kind = kind;
    this.retryAfterMs = details.retryAfterMs ?? 0;
  }

  get code(): number {
    return ERRORS[this.kind].code;
  }

  get retry(): Retry {
    return ERRORS[this.kind].retry;
  }

  get httpStatus(): number {
    return ERRORS[this.kind].httpStatus;
  }
}

/** Any thrown value as a ParleyError: what is not one becomes `internal`, with the original as its cause. */
export function toParleyError(thrown: unknown): ParleyError {
  return thrown instanceof ParleyError ? thrown : new ParleyError('internal', { cause: thrown });
}

/** Whether it is a programmer's error: repeating what led to it would lead to it again. */
export function isProgrammersError(thrown: unknown): boolean {
  return toParleyError(thrown).kind === 'internal';
}

/** Close codes of a WebSocket. The range alone says what the client does: see `reconnectionFor`. */
export const CLOSE = {
  // 4000–4099: do not reconnect
  bad_frame: 4000,
  unauthenticated: 4001,
  // 4002 is reserved
  session_revoked: 4003,
  flood: 4004,
  hello_timeout: 4005,
  // 4100–4199: reconnect with backoff
  overloaded: 4100,
  slow_reader: 4101,
  unavailable: 4102,
  rate_limited: 4103,
  // 4200–4299: reconnect now
  draining: 4200,
  token_expired: 4201,
  owner_changed: 4202,
  heartbeat_missed: 4203,
  session_superseded: 4204,
} as const;

export type CloseReason = keyof typeof CLOSE;
export type Reconnection = 'never' | 'backoff' | 'now';

/** What a client does after a close, by range; codes outside 4000–4299 (1006, say) mean `backoff`. */
export function reconnectionFor(closeCode: number): Reconnection {
  if (closeCode >= 4000 && closeCode <= 4099) return 'never';
  return closeCode >= 4200 && closeCode <= 4299 ? 'now' : 'backoff';
}

/** A broken assumption of the programmer; never caught as an operating error. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${sentence}`);
}

/** Ends a `switch` over a union: a type error when a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
