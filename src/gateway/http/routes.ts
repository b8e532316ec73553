import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
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

/** The HTTP paths, and how many requests are being answered. */
export class HttpRoutes {
  /** Requests without an answer yet; streams and held polls are not counted. */
  inFlight = 0;
  private readonly context: HttpContext;
  private readonly proxies: TrustedProxies;

  constructor(context: HttpContext, proxies: TrustedProxies) {
    this.context = context;
    this.proxies = proxies;
  }

  /** `connectPath` is where WebSockets are taken: plain requests there are told so. */
  register(app: TemplatedApp, connectPath: string): void {
    const { context } = this;
    const { host } = context;
    app.post(
      '/v1/request',
      this.handler((exchange) => serveRequest(context, exchange)),
    );
    app.get(
      '/v1/poll',
      this.handler((exchange) => servePoll(context, exchange)),
    );
    app.get(
      '/v1/events',
      this.handler((exchange) => serveEvents(context, exchange)),
    );
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

  private handler(serve: Serve): (res: HttpResponse, req: HttpRequest) => void {
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
