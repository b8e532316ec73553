/** The two kinds of actors, by the kind that an id names. */
import { activateChannel } from '../actors/channel/actor.js';
import type { Activate } from '../actors/runtime/actor.js';
import { activateUser } from '../actors/user/actor.js';
import type { ActorHost } from '../cluster/actor-host.js';
import { channelOf, userOf } from '../core/ids.js';
import type { ActorEnvelope } from '../protocol/bus-messages.js';

export const activateActor =
  (host: ActorHost): Activate<ActorEnvelope> =>
  (context) => {
    const userId = userOf(context.id);
    if (userId !== undefined) return activateUser(host, context, userId);
    const channelId = channelOf(context.id);
    if (channelId !== undefined) return activateChannel(host, context, channelId);
    return Promise.reject(new Error(`${context.id} is no actor's id`));
  };
