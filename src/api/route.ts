/** How every route of the API is declared: its schemas, its documentation, who may, and its handler, in one object. */
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { AccessTokenVerifier } from '../core/access-token.js';
import { ParleyError } from '../core/errors.js';
import type { Span, TraceContext, Tracing } from '../core/trace.js';
import type { Caller } from '../protocol/bus-messages.js';
import { asParleyError, errorAnswerSchema } from './error-answers.js';
import type { RateLimits } from './rate-limits.js';
import type { JsonSchema, Schema } from './schema.js';

interface Described<Params, Query, Body> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly tag: string;
  readonly summary: string;
  readonly params?: Schema<Params>;
  readonly query?: Schema<Query>;
  readonly body?: Schema<Body>;
  /** Absent: 204 and no content. */
  readonly answer?: Schema<unknown>;
  /** 200 when absent (204 without an answer). */
  readonly status?: 201 | 202;
}

export interface Exchange<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Whose request it is. */
export interface From {
  readonly caller: Caller;
  /** Of a sampled request: what is done for it hangs there. */
  readonly trace: TraceContext | undefined;
}

export interface OpenRoute<Params, Query, Body> extends Described<Params, Query, Body> {
  handle(exchange: Exchange<Params, Query, Body>): unknown;
}

export interface CallerRoute<Params, Query, Body> extends Described<Params, Query, Body> {
  handle(exchange: Exchange<Params, Query, Body> & From): Promise<unknown>;
}

/** Adds routes to the server. Under `/v1`, which they do not repeat. */
export interface Routes {
  /** For everybody. */
  open<Params, Query, Body>(route: OpenRoute<Params, Query, Body>): void;
  /** For who holds an access token; refused before the request is looked at any further. */
  caller<Params, Query, Body>(route: CallerRoute<Params, Query, Body>): void;
}

/** An error of any status: OpenAPI's `default`. */
const ERROR_RESPONSE = { description: 'What went wrong, and whether to try again.', ...errorAnswerSchema.json };

function documented(route: Described<unknown, unknown, unknown>, needsToken: boolean): FastifySchema {
  const success: JsonSchema = route.answer?.json ?? { type: 'null' };
  const schema = {
    tags: [route.tag],
    summary: route.summary,
    security: needsToken ? [{ accessToken: [] }] : [],
    response: { [statusOf(route)]: { description: 'Done.', ...success }, default: ERROR_RESPONSE },
    ...(route.params === undefined ? {} : { params: route.params.json }),
    ...(route.query === undefined ? {} : { querystring: route.query.json }),
    ...(route.body === undefined ? {} : { body: route.body.json }),
  };
  return schema;
}

const statusOf = (route: Described<unknown, unknown, unknown>): number =>
  route.status ?? (route.answer === undefined ? 204 : 200);

function bearerToken(request: FastifyRequest): string {
  const match = /^Bearer +([A-Za-z0-9._~+/=-]{1,4096})$/i.exec(request.headers.authorization ?? '');
  if (match?.[1] === undefined) throw new ParleyError('unauthenticated');
  return match[1];
}

/** Who sends this request, by its access token. Rejects with `unauthenticated`, `token_expired` or `session_revoked`. */
export async function identify(request: FastifyRequest, tokens: AccessTokenVerifier): Promise<Caller> {
  const { userId, deviceId, issuedAtMs } = await tokens.verify(bearerToken(request));
  return { userId, deviceId, sessionId: '', issuedAtMs };
}

// The schemas have checked what is asserted here: `params`, `query` and `body` are what the route says.
function exchange<Params, Query, Body>(request: FastifyRequest, reply: FastifyReply): Exchange<Params, Query, Body> {
  const { params, query, body } = request;
  return { params: params as Params, query: query as Query, body: body as Body, request, reply };
}

/** The span ends with what the handler came to. */
async function answer(
  route: Described<unknown, unknown, unknown>,
  reply: FastifyReply,
  span: Span | undefined,
  handle: () => unknown,
): Promise<FastifyReply> {
  try {
    const value = await handle();
    span?.end();
    reply.code(statusOf(route));
    return route.answer === undefined ? reply.send() : reply.send(value);
  } catch (error) {
    span?.end({ error: asParleyError(error).kind });
    throw error;
  }
}

export interface RouteDeps {
  readonly verifier: AccessTokenVerifier;
  readonly limits: RateLimits;
  readonly tracing: Tracing;
}

export function createRoutes(app: FastifyInstance, { verifier, limits, tracing }: RouteDeps): Routes {
  const callers = new WeakMap<FastifyRequest, Caller>();
  const spanOf = (route: Described<unknown, unknown, unknown>, { headers }: FastifyRequest, who = '') =>
    tracing.request(String(headers.traceparent ?? ''), `${route.method} ${route.url}`, who);
  return {
    open(route) {
      app.route({
        method: route.method,
        url: `/v1${route.url}`,
        schema: documented(route, false),
        handler: (request, reply) =>
          answer(route, reply, spanOf(route, request), () => route.handle(exchange(request, reply))),
      });
    },
    caller(route) {
      app.route({
        method: route.method,
        url: `/v1${route.url}`,
        schema: documented(route, true),
        onRequest: async (request) => {
          const caller = await identify(request, verifier);
          limits.take('requestPerAccount', caller.userId);
          callers.set(request, caller);
        },
        handler: (request, reply) => {
          const caller = callers.get(request);
          if (caller === undefined) throw new ParleyError('unauthenticated');
          const span = spanOf(route, request, caller.userId);
          const from = { caller, trace: span?.context };
          return answer(route, reply, span, () => route.handle({ ...exchange(request, reply), ...from }));
        },
      });
    },
  };
}
