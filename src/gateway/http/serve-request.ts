import type { AccessClaims } from '../../core/access-token.js';
import { ParleyError } from '../../core/errors.js';
import type { Answer, ClientBody, ServerFrame } from '../../protocol/frames.js';
import { serverCodec } from '../../protocol/strict-codec.js';
import { callerOf, isRequest, passTyping, perform } from '../requests.js';
import { deviceKey } from './device-budgets.js';
import type { Exchange } from './exchange.js';
import type { HttpContext } from './http-context.js';
import { jsonResponse } from './responses.js';

const json = serverCodec('parley.v1.json');

/** POST /v1/request: one ClientFrame in proto3 JSON, answered by one ServerFrame, by the rules of a WebSocket. */
export async function serveRequest(context: HttpContext, exchange: Exchange): Promise<void> {
  const reading = exchange.readBody();
  const [body, claims] = await Promise.all([reading, context.authenticate(exchange)]);
  const done = context.budgets.take(claims, context.host.nowMs());
  try {
    const asked = json.decode(body);
    const traceparent = exchange.head.headers.traceparent ?? asked.traceparent;
    const answered = await answer(context, claims, asked.body, traceparent);
    const frame: ServerFrame = { requestId: asked.requestId, sessionSeq: 0, body: answered };
    exchange.respond(jsonResponse(200, json.encode(frame) as string), context.host.draining);
  } finally {
    done();
  }
}

async function answer(
  context: HttpContext,
  claims: AccessClaims,
  body: ClientBody,
  traceparent: string,
): Promise<Answer> {
  if (isRequest(body)) {
    const span = context.host.tracing.request(traceparent, body.type, deviceKey(claims));
    return perform(context.host.deps.bus.actors, callerOf(claims), body, span);
  }
  if (body.type === 'typing') {
    passTyping(context.host.deps.bus.actors, callerOf(claims), body.value);
    return { type: 'done', value: {} };
  }
  if (body.type !== 'acknowledge') {
    throw new ParleyError('invalid_argument', { sentence: 'This frame belongs on a WebSocket.' });
  }
  for (const session of context.streamsOf(claims)) context.host.acknowledge(session, body.value.cursor, 0);
  return { type: 'done', value: {} };
}
