/** The push role: what is configured, and the dispatch on the bus. */
import type { ApiPush } from '../api/routes/push.js';
import type { ActorClient } from '../cluster/actor-client.js';
import type { Bus } from '../core/bus.js';
import type { Clock } from '../core/clock.js';
import { userActor } from '../core/ids.js';
import type { Logger } from '../core/logger.js';
import type { Metrics } from '../core/metrics.js';
import type { PushEndpoints, PushKind } from '../core/push.js';
import type { Random } from '../core/random.js';
import { type BusEnvelope, isPushEnvelope, pushSubject } from '../protocol/bus-messages.js';
import { Dispatch } from '../push/dispatch.js';
import { createHttpPoster } from '../push/http-post.js';
import type { PushSenders } from '../push/sender.js';
import { webhookSender } from '../push/webhook/webhook-sender.js';
import type { Options } from './options.js';

/** What this process may send, and what the API says of it. */
export interface PreparedPush {
  readonly senders: PushSenders;
  readonly api: ApiPush;
}

/** Reads keys and credentials. Rejects with one sentence that names what is wrong with them. */
export async function preparePush(
  options: Options,
  { clock }: { readonly clock: Clock; readonly logger: Logger; readonly metrics: Metrics },
): Promise<PreparedPush> {
  const addresses = { allowPrivate: options.pushPrivateAddresses };
  const poster = createHttpPoster(addresses);
  const senders: PushSenders = {
    ...(options.pushWebhooks ? { webhook: webhookSender(poster, clock) } : {}),
  };
  const kinds = Object.keys(senders) as PushKind[];
  return { senders, api: { kinds, webPushKey: undefined, addresses } };
}

export interface PushParts {
  readonly incarnation: string;
  readonly bus: Bus<BusEnvelope>;
  readonly actors: ActorClient;
  readonly pushEndpoints: PushEndpoints;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Takes jobs from the bus; resolves to what stops it. */
export async function startPush(prepared: PreparedPush, parts: PushParts): Promise<() => Promise<void>> {
  const { incarnation, bus, actors, pushEndpoints, clock, random, logger, metrics } = parts;
  const dispatch = new Dispatch({
    ...{ endpoints: pushEndpoints, senders: prepared.senders, clock, random, logger, metrics },
    done: (userId, channelId, seq) => actors.tell(userActor(userId), { type: 'push_done', channelId, seq }),
    endpointsChanged: (userId) => actors.tell(userActor(userId), { type: 'directory_changed' }),
  });
  const subscription = await bus.subscribe(pushSubject(incarnation), (envelopes) => {
    for (const envelope of envelopes) if (isPushEnvelope(envelope)) dispatch.receive(envelope);
  });
  return async () => {
    subscription.unsubscribe();
    dispatch.close();
  };
}
