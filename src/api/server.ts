/** Fastify with everything that is not a route: parsing, validation, errors, headers, measurement. */
import { isUtf8 } from 'node:buffer';
import cookie from '@fastify/cookie';
import { type FastifyInstance, fastify } from 'fastify';
import { ParleyError } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import type { Logger } from '../core/logger.js';
import type { Metrics } from '../core/metrics.js';
import { asParleyError, errorAnswer, NOTHING_HERE, sendError } from './error-answers.js';
import { OWN_COMPILERS } from './own-compilers.js';
import { securityHeaders } from './security-headers.js';
import { createValidatorCompiler } from './validation.js';

const REQUEST_MS_MAX = 15_000;
const KEEP_ALIVE_MS = 65_000;

export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface ServerOptions {
  /** Browsers reach this process over TLS, its own or a proxy's. */
  readonly tls: boolean;
  /** PEM: it serves TLS itself, on a port of its own. Undefined: in plain HTTP. */
  readonly certificate?: ServerCertificate | undefined;
  /** Addresses and networks of the proxies whose X-Forwarded-* are believed; none by default. */
  readonly trustedProxies: readonly string[];
}

export interface ServerPorts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Whether new requests are refused. */
  draining(): boolean;
}

/** What a connection gets that sends something other than HTTP. */
const UNREADABLE = unreadable(new ParleyError('malformed_frame', { sentence: 'The request could not be read.' }));

function unreadable(error: ParleyError): string {
  const body = JSON.stringify(errorAnswer(error));
  const head = ['HTTP/1.1 400 Bad Request', 'connection: close', 'content-type: application/json; charset=utf-8'];
  return `${head.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const DURATION_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

function newFastify(options: ServerOptions): FastifyInstance {
  const headers = securityHeaders(options.tls);
  const { certificate } = options;
  return fastify({
    https: certificate === undefined ? null : { ...certificate },
    logger: false,
    bodyLimit: LIMITS.frameBytesMax,
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    schemaController: OWN_COMPILERS,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    return503OnClosing: false, // said in our own form instead
    forceCloseConnections: 'idle',
    frameworkErrors: (error, _request, reply) => {
      reply.headers(headers);
      return sendError(reply, asParleyError(error));
    },
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end(UNREADABLE);
    },
  }) as unknown as FastifyInstance; // its type tells a server over TLS from another, and nothing here does
}

function parseJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    // Nothing at all is read as `{}`, for routes whose fields are all optional.
    if (body.length === 0) done(null, {});
    else if (typeof body === 'string' || !isUtf8(body)) done(new ParleyError('malformed_frame'));
    else
      void parse(request, body.toString('utf8'), (error, value) => {
        done(error === null ? null : new ParleyError('malformed_frame', { sentence: 'The body is not JSON.' }), value);
      });
  });
}

function answerErrors(app: FastifyInstance, { logger }: ServerPorts): void {
  app.setErrorHandler((thrown, request, reply) => {
    const error = asParleyError(thrown);
    const { method, routeOptions } = request;
    if (error.kind === 'internal')
      logger.error({ method, route: routeOptions.url, err: error.cause }, 'request failed');
    return sendError(reply, error);
  });
  app.setNotFoundHandler((_request, reply) =>
    sendError(reply, new ParleyError('not_found', { sentence: NOTHING_HERE })),
  );
}

function measure(app: FastifyInstance, { logger, metrics }: ServerPorts): void {
  const seconds = metrics.histogram('parley_http_request_seconds', 'Time to answer an HTTP request.', DURATION_BUCKETS);
  const failures = metrics.counter('parley_http_server_errors_total', 'HTTP answers with a 5xx status.');
  app.addHook('onResponse', async (request, reply) => {
    seconds.observe(reply.elapsedTime / 1000);
    if (reply.statusCode >= 500) failures.add();
    // The route's pattern, not the address asked for: that may hold names.
    const fields = { method: request.method, route: request.routeOptions.url, status: reply.statusCode };
    logger.debug(fields, 'http request');
  });
}

/** A Fastify server without routes. */
export async function createServer(options: ServerOptions, ports: ServerPorts): Promise<FastifyInstance> {
  const app = newFastify(options);
  const headers = securityHeaders(options.tls);
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers).header('cache-control', 'no-store');
    if (ports.draining()) throw new ParleyError('draining');
  });
  parseJson(app);
  app.setValidatorCompiler(createValidatorCompiler());
  app.setSerializerCompiler(() => (value) => JSON.stringify(value)); // response schemas are documentation
  answerErrors(app, ports);
  measure(app, ports);
  await app.register(cookie);
  return app;
}
