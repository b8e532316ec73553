import type { AccessClaims } from '../../core/access-token.js';
import { ParleyError } from '../../core/errors.js';
import { userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { ActorAnswer } from '../../protocol/bus-messages.js';
import type { ServerBody } from '../../protocol/frames.js';
import { serverCodec } from '../../protocol/strict-codec.js';
import type { v1 } from '../../protocol/wire.js';
import { callerOf } from '../requests.js';
import { pageText, parseCursor } from './cursor-text.js';
import { deviceKey } from './device-budgets.js';
import type { Exchange } from './exchange.js';
import { HeldPoll } from './held-poll.js';
import type { HttpContext } from './http-context.js';
import { jsonResponse } from './responses.js';

const json = serverCodec('parley.v1.json');

type InboxPage = Extract<ActorAnswer, { type: 'inbox_page' }>['value'];

/**
 * GET /v1/poll?since=&limit=&wait=: a bounded page of the inbox after a cursor, as ServerFrames, with the cursor to ask
 * with next. Without `since`: no entries, the cursor of the head. With `wait`, seconds: held until something comes, the
 * time is over, or the same device polls again.
 */
export async function servePoll(context: HttpContext, exchange: Exchange): Promise<void> {
  const { host, budgets } = context;
  const claims = await context.authenticate(exchange);
  const done = budgets.take(claims, host.nowMs());
  try {
    const since = parseCursor(exchange.query.get('since') ?? '');
    const limit = number(exchange, 'limit', LIMITS.deliveryPageItems) || LIMITS.deliveryPageItems;
    const waitMs = 1000 * number(exchange, 'wait', LIMITS.longPollMs / 1000);
    context.polls.get(deviceKey(claims))?.finish();
    const page = await readInbox(context, claims, since, limit);
    // Whoever only polls hears of it when it begins.
    const notice = since === undefined ? host.notices.standing() : undefined;
    const empty = page.items.length === 0 && page.limited === undefined;
    if (empty && since !== undefined && waitMs > 0 && !host.draining) hold(context, exchange, claims, since, waitMs);
    else {
      exchange.respond(jsonResponse(200, pageText(framesOf(page, notice), page.cursor, page.more)), host.draining);
      host.deliveryTraces.polled(deviceKey(claims), page.items);
    }
  } finally {
    done();
  }
}

function number(exchange: Exchange, name: string, most: number): number {
  const text = exchange.query.get(name) ?? '0';
  if (!/^\d{1,6}$/.test(text)) throw new ParleyError('invalid_argument', { sentence: `${name} is a whole number.` });
  return Math.min(Number(text), most);
}

async function readInbox(
  context: HttpContext,
  claims: AccessClaims,
  cursor: v1.ICursor | undefined,
  limit: number,
): Promise<InboxPage> {
  const question = { type: 'inbox_read', caller: callerOf(claims), cursor, limit } as const;
  const answer = await context.host.deps.bus.actors.ask(userActor(claims.userId), question);
  if (answer.type !== 'inbox_page') throw new ParleyError('internal');
  return answer.value;
}

function framesOf({ limited, items }: InboxPage, notice: v1.INotice | undefined): string[] {
  const bodies: ServerBody[] = [];
  if (limited !== undefined) bodies.push({ type: 'limited', value: limited });
  if (notice !== undefined) bodies.push({ type: 'notice', value: notice });
  if (items.length > 0) bodies.push({ type: 'deliveries', value: items });
  return bodies.map((body) => json.encode({ requestId: 0, sessionSeq: 0, body }) as string);
}

function hold(context: HttpContext, exchange: Exchange, claims: AccessClaims, since: v1.ICursor, waitMs: number): void {
  if (exchange.isFinished) return;
  const poll = new HeldPoll(context, exchange, deviceKey(claims), since);
  poll.start(claims, waitMs);
}
