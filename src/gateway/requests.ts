import type { ActorClient } from '../cluster/actor-client.js';
import type { AccessClaims } from '../core/access-token.js';
import { ParleyError } from '../core/errors.js';
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

function asAnswer(answer: ActorAnswer): Answer {
  if (answer.type === 'session_opened' || answer.type === 'inbox_page' || answer.type === 'log_page') {
    throw new ParleyError('internal', { sentence: 'An actor gave an answer of another kind.' });
  }
  return answer;
}

/**
 * Has a client's request answered by the actor that it is for. Requests of one caller reach the same actor in the
 * order of the calls. Rejects with a ParleyError.
 */
export function perform(actors: ActorClient, caller: Caller, body: ClientRequest): Promise<Answer> {
  try {
    return actors.ask(routeRequest(caller, body), { type: 'request', caller, body }).then(asAnswer);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Passes on that a user is writing. Throws a ParleyError. */
export function passTyping(actors: ActorClient, caller: Caller, typing: v1.Typing): void {
  const { channelId } = typing;
  actors.tell(routeTyping(caller, typing), { type: 'typing', channelId, userId: caller.userId });
}
