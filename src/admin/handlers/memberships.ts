/** A user's channels, as the actors know them, on the user's behalf. */
import { ParleyError } from '../../core/errors.js';
import { type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { ActorAnswer } from '../../protocol/bus-messages.js';
import type { ClientRequest } from '../../protocol/frames.js';
import { routeRequest } from '../../protocol/request-routing.js';
import { v1 } from '../../protocol/wire.js';
import type { AdminDeps } from '../deps.js';

const onBehalfOf = (userId: UserId) => ({ userId, deviceId: '', sessionId: '' });

/** Every channel in the user's list, page by page. */
export async function* channelsOf({ actors }: AdminDeps, userId: UserId): AsyncGenerator<v1.IChannelSummary> {
  const limit = LIMITS.channelsPageMax;
  for (let after = ''; ; ) {
    const body = { type: 'listChannels', value: v1.ListChannels.create({ after, limit }) } as const;
    const answer = await actors.ask(userActor(userId), { type: 'request', caller: onBehalfOf(userId), body });
    if (answer.type !== 'channelList') throw new ParleyError('internal');
    const { channels = [], more } = answer.value;
    yield* channels ?? [];
    const last = channels?.at(-1)?.channelId;
    if (!more || !last) return;
    after = last;
  }
}

/** Asks whom the user's own client would be sent to: the answer is what that would be given. */
export function askAsUser({ actors }: AdminDeps, userId: UserId, body: ClientRequest): Promise<ActorAnswer> {
  const caller = onBehalfOf(userId);
  return actors.ask(routeRequest(caller, body), { type: 'request', caller, body });
}
