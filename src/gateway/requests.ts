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

const isAnswer = (answer: ActorAnswer): answer is Answer => !OTHER_ANSWERS.has(answer.type);

/** Who waits for the answer to a client's request: one of the two is called, once. */
export interface RequestWaiter {
  answered(answer: Answer): void;
  refused(error: ParleyError): void;
}

/**
 * Has a client's request answered by the actor that it is for. Requests of one caller reach the same actor in the
 * order of the calls. `span`: it is traced; the span ends with the answer.
 */
export function performFor(
  waiter: RequestWaiter,
  actors: ActorClient,
  caller: Caller,
  body: ClientRequest,
  span?: Span,
): void {
  const request = new Performing(waiter, span);
  try {
    actors.askFor(request, routeRequest(caller, body), { type: 'request', caller, body }, span?.context);
  } catch (error) {
    request.refused(toParleyError(error));
  }
}

/** The same as a promise. Rejects with a ParleyError. */
export function perform(actors: ActorClient, caller: Caller, body: ClientRequest, span?: Span): Promise<Answer> {
  return new Promise((answered, refused) => performFor({ answered, refused }, actors, caller, body, span));
}

class Performing {
  private readonly waiter: RequestWaiter;
  private readonly span: Span | undefined;

  constructor(waiter: RequestWaiter, span: Span | undefined) {
    this.waiter = waiter;
    this.span = span;
  }

  answered(answer: ActorAnswer): void {
    if (!isAnswer(answer)) {
      const sentence = 'An actor gave an answer of another kind.';
      return this.refused(new ParleyError('internal', { sentence }));
    }
    this.span?.end(factsOf(answer));
    this.waiter.answered(answer);
  }

  refused(error: ParleyError): void {
    this.span?.end({ error: error.kind });
    this.waiter.refused(error);
  }
}

function factsOf(answer: Answer): SpanFacts {
  if (answer.type !== 'sendAck') return {};
  const { messageId, channelId, seq } = answer.value;
  return { ...(messageId && { messageId: messageId.toString() }), channelId: channelId ?? '', seq: seq ?? 0 };
}

/** Passes on that a user is writing, or stopped. Throws a ParleyError. */
export function passTyping(actors: ActorClient, caller: Caller, typing: v1.Typing): void {
  const { channelId, stopped } = typing;
  actors.tell(routeTyping(caller, typing), { type: 'typing', channelId, userId: caller.userId, stopped });
}
