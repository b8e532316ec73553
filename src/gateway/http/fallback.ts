import type { HttpHandler } from '../../core/http.js';
import type { Exchange } from './exchange.js';

const NO_BODY = new Uint8Array(0);

/** Hands an exchange to the API and the web page. */
export async function serveFallback(handler: HttpHandler, exchange: Exchange, close: boolean): Promise<void> {
  const { method } = exchange.head;
  const body = method === 'GET' || method === 'HEAD' ? NO_BODY : await exchange.readBody();
  exchange.respond(await handler({ ...exchange.head, body }), close);
}
