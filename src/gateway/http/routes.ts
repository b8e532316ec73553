import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { type CrossOrigin, PREFLIGHT_HEADERS } from '../../core/cross-origin.js';
import { ParleyError, toParleyError } from '../../core/errors.js';
import type { TrustedProxies } from '../addresses.js';
import { Exchange } from './exchange.js';
import { serveFallback } from './fallback.js';
import type { HttpContext } from './http-context.js';
import { errorResponse } from './responses.js';
import { serveEvents } from './serve-events.js';
import { servePoll } from './serve-poll.js';
import { serveRequest } from './serve-request.js';

type Serve = (exchange: Exchange) => Promise<void>;
type ServeWithin = (context: HttpContext, exchange: Exchange) => Promise<void>;
type Handler = (res: HttpResponse, req: HttpRequest) => void;

/** The HTTP paths, and how many requests are being answered. */
export class HttpRoutes {
  /** Requests without an answer yet; streams and held polls are not counted. */
  inFlight = 0;
  private readonly context: HttpContext;
  private readonly proxies: TrustedProxies;
  private readonly crossOrigin: CrossOrigin;

  constructor(context: HttpContext, proxies: TrustedProxies, crossOrigin: CrossOrigin) {
    this.context = context;
    this.proxies = proxies;
    this.crossOrigin = crossOrigin;
  }

  /** `connectPath` is where WebSockets are taken: plain requests there are told so. */
  register(app: TemplatedApp, connectPath: string): void {
    const { context } = this;
    const { host } = context;
    app.post('/v1/request', this.open(serveRequest));
    app.get('/v1/poll', this.open(servePoll));
    app.get('/v1/events', this.open(serveEvents));
    if (this.crossOrigin.isOpen) {
      for (const path of ['/v1/request', '/v1/poll', '/v1/events']) app.options(path, this.open(servePreflight));
    }
    app.get(
      connectPath,
      this.handler(() =>
        Promise.reject(new ParleyError('invalid_argument', { sentence: 'Connect here with a WebSocket.' })),
      ),
    );
    app.any(
      '/*',
      this.handler((exchange) => serveFallback(host.deps.fallback, exchange, host.draining)),
    );
  }

  /** For paths of the gateway's own, which pages of other origins may call if they are allowed. */
  private open(serve: ServeWithin): Handler {
    return this.handler((exchange) => {
      exchange.allow(this.crossOrigin.headersFor(exchange.head.headers.origin));
      return serve(this.context, exchange);
    });
  }

  private handler(serve: Serve): Handler {
    return (res, req) => {
      const exchange = new Exchange(res, req, this.proxies);
      this.inFlight += 1;
      serve(exchange)
        .catch((thrown: unknown) => this.fail(exchange, toParleyError(thrown)))
        .finally(() => {
          this.inFlight -= 1;
        });
    };
  }

  private fail(exchange: Exchange, error: ParleyError): void {
    if (error.kind === 'internal') {
      this.context.host.deps.logger.error({ cause: String(error.cause) }, 'An HTTP request failed.');
    }
    // What is left of a body that was too large is not read.
    exchange.respond(errorResponse(error), error.kind === 'frame_too_large' || this.context.host.draining);
  }
}

async function servePreflight(_context: HttpContext, exchange: Exchange): Promise<void> {
  exchange.respond({ status: 204, headers: PREFLIGHT_HEADERS, body: '' });
}
