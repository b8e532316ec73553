/** Every error of the API in its one form, whatever it was thrown by. */
import type { FastifyError, FastifyReply } from 'fastify';
import { ERRORS, type ErrorName, ParleyError, type Retry, toParleyError } from '../core/errors.js';
import { ID_SENTENCES } from './routes/id-schemas.js';
import { integer, object, oneOf, text } from './schema.js';

export interface ErrorAnswer {
  readonly error: {
    readonly code: number;
    readonly name: ErrorName;
    readonly retry: Retry;
    readonly sentence: string;
    readonly retryAfterMs: number;
  };
}

export const errorAnswerSchema = object({
  error: object({
    code: integer(1000, 9999, 'Stable; never used for another error.'),
    name: oneOf(...(Object.keys(ERRORS) as ErrorName[])),
    retry: oneOf('never', 'backoff', 'reconnect'),
    sentence: text({ description: 'For the person who reads it.' }),
    retryAfterMs: integer(0, 2 ** 31 - 1, 'When to come back; 0: a backoff of your own.'),
  }),
});

export function errorAnswer(error: ParleyError): ErrorAnswer {
  const { code, kind: name, retry, message: sentence, retryAfterMs } = error;
  return { error: { code, name, retry, sentence, retryAfterMs } };
}

/** Fastify's own refusals that have a better name than their status gives them. */
const FASTIFY_ERRORS: Readonly<Record<string, ErrorName>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'frame_too_large',
};
export const NOTHING_HERE = 'There is nothing at this address.';
const FASTIFY_SENTENCES: Partial<Record<ErrorName, string>> = {
  frame_too_large: 'The body is larger than allowed.',
  malformed_frame: 'The request could not be read.',
  not_found: NOTHING_HERE,
};

function validationSentence(error: FastifyError): string {
  const [first] = error.validation ?? [];
  const ofId = first?.keyword === 'pattern' ? ID_SENTENCES[String(first.params.pattern)] : undefined;
  if (ofId !== undefined) return ofId;
  const where = `${error.validationContext ?? 'body'}${first?.instancePath.replaceAll('/', '.') ?? ''}`;
  if (first?.keyword === 'discriminator') return `Not valid: ${where}.${first.params.tag} is none that is known here.`;
  const extra = first?.params.additionalProperty;
  const named = typeof extra === 'string' ? ` (${JSON.stringify(extra.slice(0, 40))})` : '';
  return `Not valid: ${where} ${first?.message ?? ''}${named}.`;
}

/** What Fastify throws or what a handler threw, as a ParleyError. */
export function asParleyError(thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError || !(thrown instanceof Error)) return toParleyError(thrown);
  const error = thrown as FastifyError;
  if (error.validation !== undefined)
    return new ParleyError('invalid_argument', { sentence: validationSentence(error), cause: error });
  const status = error.statusCode ?? 500;
  if (status >= 500) return toParleyError(error);
  const name = FASTIFY_ERRORS[error.code] ?? (status === 404 ? 'not_found' : 'malformed_frame');
  return new ParleyError(name, { sentence: FASTIFY_SENTENCES[name] ?? ERRORS[name].sentence, cause: error });
}

export function sendError(reply: FastifyReply, error: ParleyError): FastifyReply {
  // In seconds, and never earlier than the milliseconds say.
  if (error.retryAfterMs > 0) reply.header('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
  if (error.httpStatus === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(error.httpStatus)
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send(errorAnswer(error));
}
