import { parseCursor } from './cursor-text.js';
import { EventStream } from './event-stream.js';
import type { Exchange } from './exchange.js';
import type { HttpContext } from './http-context.js';

/**
 * GET /v1/events: a session as server-sent events. Starts after `Last-Event-ID`, else after `?since=`, else at the
 * head. Ends with the connection; the client's next one goes on from the last id it saw.
 */
export async function serveEvents(context: HttpContext, exchange: Exchange): Promise<void> {
  const { host, followers, budgets } = context;
  const claims = await context.authenticate(exchange, true);
  const cursor = parseCursor(exchange.head.headers['last-event-id'] ?? exchange.query.get('since') ?? '');
  host.refuseWhileDraining();
  const done = budgets.take(claims, host.nowMs());
  const stream = new EventStream(exchange, followers);
  const link = host.link(stream, exchange.head.remoteAddress);
  stream.link = link;
  exchange.onAborted(() => {
    link.lost(1006);
    stream.ended();
  });
  try {
    if (exchange.isFinished) return;
    await host.open(link, claims, cursor);
  } finally {
    done();
  }
  const session = link.session;
  if (session === undefined) return;
  context.addStream(session);
  stream.onEnd = () => context.removeStream(session);
}
