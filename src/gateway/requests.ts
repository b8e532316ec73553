import type { ActorClient } from '../cluster/actor-client.js';
import type { AccessClaims } from '../core/access-token.js';
import { ParleyError, toParleyError } from '../core/errors.js';
import type { Span, SpanFacts } from '../core/trace.js';
import type { ActorAnswer, Caller } from '../protocol/bus-messages.js';
import type { Answer, ClientBody, ClientRequest } from '../protocol/frames.js';
import { routeRequest, routeTyping } from '../protocol/request-routing.js';
import type { v1 } from '../protocol/wire.js';

/** Who asks, by an access token. */
export function callerOf({ userId, deviceId, issuedAtMs }: AccessClaims, sessionId = ''): Caller {
  return { userId, deviceId, sessionId, issuedAtMs };
}

const CONTROL: ReadonlySet<ClientBody['type']> = new Set(['hello', 'heartbeat', 'acknowledge', 'typing']);

/** Whether a frame's body is a request that an actor answers. */
export function isRequest(body: ClientBody): body is ClientRequest {
  return !CONTROL.has(body.type);
}

/** Not for clients. */
const OTHER_ANSWERS: ReadonlySet<string> = new Set<Exclude<ActorAnswer['type'], Answer['type']>>([
  'session_opened',
  'inbox_page',
  'log_page',
  'message_state',
  'forgotten',
]);

function asAnswer(answer: ActorAnswer): Answer {
  if (OTHER_ANSWERS.has(answer.type)) {
    throw new ParleyError('internal', { sentence: 'An actor gave an answer of another kind.' });
  }
  return answer as Answer;
}

/**
 * Has a client's request answered by the actor that it is for. Requests of one caller reach the same actor in the
 * order of the calls. Rejects with a ParleyError. `span`: it is traced; the span ends with the answer.
 */
export function perform(actors: ActorClient, caller: Caller, body: ClientRequest, span?: Span): Promise<Answer> {
  try {
    const question = { type: 'request', caller, body } as const;
    if (span === undefined) return actors.ask(routeRequest(caller, body), question).then(asAnswer);
    return endedBy(span, actors.ask(routeRequest(caller, body), question, undefined, span.context).then(asAnswer));
  } catch (error) {
    span?.end({ error: toParleyError(error).kind });
    return Promise.reject(error);
  }
}

async function endedBy(span: Span, answering: Promise<Answer>): Promise<Answer> {
  try {
    const answer = await answering;
    span.end(factsOf(answer));
    return answer;
  } catch (error) {
    span.end({ error: toParleyError(error).kind });
    throw error;
  }
}

function factsOf(answer: Answer): SpanFacts {
  if (answer.type !== 'sendAck') return {};
  const { messageId, channelId, seq } = answer.value;
  return { ...(messageId && { messageId: messageId.toString() }), channelId: channelId ?? '', seq: seq ?? 0 };
}

/** Passes on that a user is writing. Throws a ParleyError. */
export function passTyping(actors: ActorClient, caller: Caller, typing: v1.Typing): void {
  const { channelId } = typing;
  actors.tell(routeTyping(caller, typing), { type: 'typing', channelId, userId: caller.userId });
}
