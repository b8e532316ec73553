import type { AccessClaims } from '../../core/access-token.js';
import { ParleyError } from '../../core/errors.js';
import type { Answer, ClientBody, ServerFrame } from '../../protocol/frames.js';
import { serverCodec } from '../../protocol/strict-codec.js';
import { callerOf, isRequest, passTyping, perform } from '../requests.js';
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
    const { requestId, body: asked } = json.decode(body);
    const frame: ServerFrame = { requestId, sessionSeq: 0, body: await answer(context, claims, asked) };
    exchange.respond(jsonResponse(200, json.encode(frame) as string), context.host.draining);
  } finally {
    done();
  }
}

async function answer(context: HttpContext, claims: AccessClaims, body: ClientBody): Promise<Answer> {
  if (isRequest(body)) return perform(context.host.deps.bus.actors, callerOf(claims), body);
  if (body.type === 'typing') {
    passTyping(context.host.deps.bus.actors, callerOf(claims), body.value);
    return { type: 'done', value: {} };
  }
  if (body.type !== 'acknowledge') {
    throw new ParleyError('invalid_argument', { sentence: 'This frame belongs on a WebSocket.' });
  }
  for (const session of context.streamsOf(claims)) session.acknowledge(body.value.cursor, 0);
  return { type: 'done', value: {} };
}
