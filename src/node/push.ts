/** The push role: what is configured, and the dispatch on the bus. */
import type { ApiPush } from '../api/routes/push.js';
import type { ActorClient } from '../cluster/actor-client.js';
import type { Bus } from '../core/bus.js';
import type { Clock } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import { every } from '../core/every.js';
import { type UserId, userActor } from '../core/ids.js';
import type { Logger } from '../core/logger.js';
import type { Metrics } from '../core/metrics.js';
import type { PushEndpoints, PushKind } from '../core/push.js';
import type { Random } from '../core/random.js';
import { type BusEnvelope, isPushEnvelope } from '../protocol/bus-messages.js';
import { pushSubject } from '../protocol/bus-subjects.js';
import type { ApnsOptions } from '../push/apns/apns-sender.js';
import { type ApnsCredentials, loadApnsCredentials } from '../push/apns/apns-token.js';
import { Dispatch } from '../push/dispatch.js';
import { type FcmCredentials, fcmSender, loadFcmCredentials } from '../push/fcm/fcm-sender.js';
import { createHttpPoster } from '../push/http-post.js';
import type { PushSender, PushSenders } from '../push/sender.js';
import { webhookSender } from '../push/webhook/webhook-sender.js';
import { loadVapidKeyFile, type VapidKeys, vapidKeysOf } from '../push/webpush/vapid-keys.js';
import { webPushSender } from '../push/webpush/web-push-sender.js';
import type { Options } from './option-table.js';

/** How often what the services said of the credentials is looked at, milliseconds. */
const REFUSALS_EVERY_MS = 1_000;

/** What is configured, read and checked, and what the API says of it. */
export interface ConfiguredPush {
  readonly options: Options;
  readonly vapid: VapidKeys | undefined;
  readonly fcm: FcmCredentials | undefined;
  readonly apns: ApnsCredentials | undefined;
  readonly api: ApiPush;
}

/** Throws with one sentence that names what is wrong. `ownVapidFile`: made where no file of keys is given. */
export function readPush(options: Options, ownVapidFile?: string): ConfiguredPush {
  const vapid = vapidOf(options.vapidKeys, ownVapidFile);
  const fcm = options.fcmCredentials === '' ? undefined : loadFcmCredentials(options.fcmCredentials);
  const apns = apnsOf(options);
  const kinds: PushKind[] = [];
  if (vapid !== undefined) kinds.push('webpush');
  if (fcm !== undefined) kinds.push('fcm');
  if (apns !== undefined) kinds.push('apns');
  if (options.pushWebhooks) kinds.push('webhook');
  const addresses = { allowPrivate: options.pushPrivateAddresses };
  return { options, vapid, fcm, apns, api: { kinds, webPushKey: vapid?.publicKey, addresses } };
}

function vapidOf(file: string, ownFile: string | undefined): VapidKeys | undefined {
  if (file !== '') return loadVapidKeyFile(file);
  return ownFile === undefined ? undefined : vapidKeysOf(ownFile);
}

function apnsOf({ apnsKey, apnsKeyId, apnsTeamId, apnsTopic }: Options): ApnsCredentials | undefined {
  if (apnsKey === '') return undefined;
  const credentials = loadApnsCredentials(apnsKey, apnsKeyId, apnsTeamId);
  if (apnsTopic === '') throw new ParleyError('invalid_argument', { sentence: 'APNs needs apns-topic.' });
  return credentials;
}

/** The ways that are configured. Libraries are loaded for these only, most of them when they are first needed. */
export async function sendersOf(
  { options, vapid, fcm, apns, api }: ConfiguredPush,
  { clock }: { readonly clock: Clock },
): Promise<PushSenders> {
  const poster = createHttpPoster(api.addresses);
  const { vapidSubject: subject, fcmBaseUrl, apnsBaseUrl, apnsTopic: topic, pushWebhooks } = options;
  return {
    ...(vapid && { webpush: webPushSender({ keys: vapid, subject, poster, clock }) }),
    ...(fcm && { fcm: fcmSender({ credentials: fcm, baseUrl: fcmBaseUrl, poster, clock }) }),
    ...(apns && { apns: await apnsSender({ credentials: apns, topic, baseUrl: apnsBaseUrl, clock }) }),
    ...(pushWebhooks && { webhook: webhookSender(poster, clock) }),
  };
}

/** HTTP/2 is for APNs only. */
async function apnsSender(options: ApnsOptions): Promise<PushSender<'apns'>> {
  const { ApnsSender } = await import('../push/apns/apns-sender.js');
  return new ApnsSender(options);
}

export interface PushParts {
  readonly incarnation: string;
  readonly bus: Bus<BusEnvelope>;
  readonly actors: ActorClient;
  readonly pushEndpoints: PushEndpoints;
  /** Whether this process is the one that serves the user now. */
  readonly serves: (userId: UserId) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface RunningPush {
  /** Why some pushes cannot be sent at the moment. */
  notReady(): string | undefined;
  stop(): Promise<void>;
}

/** Takes jobs from the bus. */
export async function startPush(senders: PushSenders, parts: PushParts): Promise<RunningPush> {
  const { incarnation, bus, actors, pushEndpoints, serves, clock, random, logger, metrics } = parts;
  const dispatch = new Dispatch({
    ...{ endpoints: pushEndpoints, serves, senders, clock, random, logger, metrics },
    done: ({ userId, channelId, seq, type }) =>
      actors.tell(userActor(userId), { type: 'push_done', channelId, seq, job: type }),
    endpointsChanged: (userId) => actors.tell(userActor(userId), { type: 'directory_changed' }),
  });
  const subscription = await bus.subscribe(pushSubject(incarnation), (envelopes) => {
    for (const envelope of envelopes) if (isPushEnvelope(envelope)) dispatch.receive(envelope);
  });
  const notReady = (): string | undefined => {
    for (const sender of Object.values(senders)) {
      const reason = sender.notReady?.();
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
  const stopNaming = nameRefusals(senders, notReady, parts);
  return {
    notReady,
    async stop() {
      stopNaming();
      subscription.unsubscribe();
      await dispatch.close();
    },
  };
}

/**
 * Asks the services about the credentials, and names to the operator what is wrong with them, on stderr as well: once they
 * have answered, and when it changes.
 */
function nameRefusals(senders: PushSenders, notReady: () => string | undefined, { clock, logger }: PushParts) {
  let told: string | undefined;
  const look = (): void => {
    const reason = notReady();
    if (reason !== undefined && reason !== told) {
      process.stderr.write(`parley: push is not ready: ${reason}\n`);
      logger.warn({ reason }, 'push is not ready');
    }
    told = reason;
  };
  let stop: () => void = () => undefined;
  let stopped = false;
  const watch = (): void => {
    if (!stopped) stop = every(clock, REFUSALS_EVERY_MS, look);
  };
  Promise.all(Object.values(senders).map((sender) => sender.check?.())).then(watch, watch);
  return () => {
    stopped = true;
    stop();
  };
}
