/** Where the caller's device can be reached while it is away. */
import type { ActorClient } from '../../cluster/actor-client.js';
import { ParleyError } from '../../core/errors.js';
import { userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { PushEndpoint, PushKind } from '../../core/push.js';
import type { Directory } from '../../directory/directory.js';
import { type AddressRules, checkPushAddress } from '../../push/addresses.js';
import type { Routes } from '../route.js';
import { list, nullable, object, oneOf, text, union } from '../schema.js';

/** What pushes this server sends. */
export interface ApiPush {
  readonly kinds: readonly PushKind[];
  /** The public VAPID key that browsers subscribe with, base64url; undefined without Web Push. */
  readonly webPushKey: string | undefined;
  readonly addresses: AddressRules;
}

const NO_PUSH: ApiPush = { kinds: [], webPushKey: undefined, addresses: { allowPrivate: false } };

const url = text({ minLength: 1, maxLength: LIMITS.pushAddressCharactersMax });
const token = text({ minLength: 1, maxLength: LIMITS.pushAddressCharactersMax });
const key = (bytes: string, pattern: string) => text({ pattern, description: `${bytes} bytes, base64url.` });
const endpointSchema = union(
  object({
    kind: oneOf('webpush'),
    url,
    p256dh: key('65', '^[A-Za-z0-9_-]{86,88}=?$'),
    auth: key('16', '^[A-Za-z0-9_-]{22}(==)?$'),
  }),
  object({ kind: oneOf('fcm'), token }),
  object({ kind: oneOf('apns'), token: text({ pattern: '^([0-9a-fA-F]{2}){16,100}$' }) }),
  object({ kind: oneOf('webhook'), url, secret: text({ minLength: 16, maxLength: 256 }) }),
);

export interface PushRouteDeps {
  readonly directory: Directory;
  readonly actors: ActorClient;
  readonly push: ApiPush | undefined;
}

export function addPushRoutes(routes: Routes, { directory, actors, push = NO_PUSH }: PushRouteDeps): void {
  routes.caller({
    method: 'GET',
    url: '/push',
    tag: 'devices',
    summary: 'What pushes this server sends, and the key that browsers subscribe with.',
    answer: object({ kinds: list(oneOf('webpush', 'fcm', 'apns', 'webhook')), webPushKey: nullable(text()) }),
    handle: async () => ({ kinds: push.kinds, webPushKey: push.webPushKey ?? null }),
  });
  routes.caller({
    method: 'PUT',
    url: '/devices/current/push',
    tag: 'devices',
    summary: 'Says where this device is reached while it is away. Replaces what was said before; ends with the login.',
    body: endpointSchema,
    async handle({ caller: { userId, deviceId }, body }) {
      const endpoint: PushEndpoint = body;
      if (!push.kinds.includes(endpoint.kind)) throw new ParleyError('push_not_configured');
      if ('url' in endpoint) await checkPushAddress(endpoint.url, push.addresses);
      const others = await directory.pushEndpoints.set(userId, deviceId, endpoint);
      for (const changed of [userId, ...others]) actors.tell(userActor(changed), { type: 'directory_changed' });
    },
  });
  routes.caller({
    method: 'DELETE',
    url: '/devices/current/push',
    tag: 'devices',
    summary: 'No more pushes to this device.',
    async handle({ caller: { userId, deviceId } }) {
      await directory.pushEndpoints.remove(userId, deviceId);
      actors.tell(userActor(userId), { type: 'directory_changed' });
    },
  });
}
