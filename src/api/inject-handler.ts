import type { FastifyInstance, InjectOptions } from 'fastify';
import { ParleyError } from '../core/errors.js';
import type { HttpHandler, HttpRequest, HttpResponse } from '../core/http.js';
import type { Logger } from '../core/logger.js';
import { errorAnswer, NOTHING_HERE } from './error-answers.js';

type Method = NonNullable<InjectOptions['method']>;

/** Headers that belong to one connection: whoever owns the socket writes its own. */
const CONNECTION_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date']);

function refusal(error: ParleyError): HttpResponse {
  return {
    status: error.httpStatus,
    headers: { 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: JSON.stringify(errorAnswer(error)),
  };
}

function withoutConnectionHeaders<Value>(headers: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !CONNECTION_HEADERS.has(name)));
}

function injected({ method, url, headers, body, remoteAddress }: HttpRequest): InjectOptions {
  const payload = body.length === 0 ? {} : { payload: Buffer.from(body.buffer, body.byteOffset, body.length) };
  // Fastify's methods are more than light-my-request's types know; it takes the text.
  return { method: method as Method, url, headers: withoutConnectionHeaders(headers), remoteAddress, ...payload };
}

/** The server as an HttpHandler: the same routes without a socket. While `draining`, requests are refused. */
export function injectHandler(app: FastifyInstance, logger: Logger, draining: () => boolean): HttpHandler {
  const methods = new Set(app.supportedMethods);
  return async (request) => {
    if (draining()) return refusal(new ParleyError('draining'));
    if (!request.url.startsWith('/')) return refusal(new ParleyError('malformed_frame'));
    // What Fastify does not know cannot be put to it. A method that no route has finds nothing, either.
    if (!methods.has(request.method)) return refusal(new ParleyError('not_found', { sentence: NOTHING_HERE }));
    try {
      const response = await app.inject(injected(request));
      const headers = withoutConnectionHeaders(response.headers) as Record<string, string | readonly string[]>;
      const length = response.headers['content-length'];
      // Without a body, only the header tells its length.
      if (request.method === 'HEAD' && length !== undefined) headers['content-length'] = String(length);
      return { status: response.statusCode, headers, body: response.rawPayload };
    } catch (err) {
      // Fastify answers its own errors: what comes here is a request that could not even be put to it. Anybody can send one.
      logger.debug({ method: request.method, err }, 'request could not be read');
      return refusal(new ParleyError('malformed_frame'));
    }
  };
}
