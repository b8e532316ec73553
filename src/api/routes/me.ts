/** The caller's own profile, settings, password, devices and account. */
import type { ActorClient } from '../../cluster/actor-client.js';
import type { Clock } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { isChannelId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { Logger } from '../../core/logger.js';
import type { Directory } from '../../directory/directory.js';
import { deleteOwnAccount } from '../delete-account.js';
import type { Logins } from '../logins.js';
import type { RateLimits } from '../rate-limits.js';
import type { Routes } from '../route.js';
import { count, integer, list, nullable, object, oneOf, patch, text, truth } from '../schema.js';
import { channelIdSchema, DEVICE_ID_PATTERN, userIdSchema } from './id-schemas.js';

const displayName = text({ minLength: 1, maxLength: LIMITS.displayNameCharactersMax });
const locale = text({ minLength: 2, maxLength: 35, description: 'A BCP 47 tag.' });
const timeZone = text({ minLength: 1, maxLength: 64, description: 'An IANA time zone.' });
export const profileSchema = object({ userId: userIdSchema, displayName, locale, timeZone });

const audience = oneOf('everyone', 'friends', 'nobody');
const notificationLevel = oneOf('everything', 'mentions', 'nothing');
const muteUntilMs = count('Milliseconds since 1970; 0: not muted.');
const minute = integer(0, 24 * 60 - 1, 'Minutes since midnight in the time zone of the profile.');
const settings = {
  notificationLevel,
  muteUntilMs,
  doNotDisturb: nullable(object({ fromMinute: minute, toMinute: minute })),
  presenceFor: audience,
  receiptsFor: audience,
};
const channelSettings = { notificationLevel: nullable(notificationLevel), muteUntilMs };
const channelSettingsSchema = object({ channelId: text(), ...channelSettings });

const currentPassword = text({ minLength: 1, maxLength: LIMITS.passwordCharactersMax });
const deviceName = text({ minLength: 1, maxLength: LIMITS.deviceNameCharactersMax });
const deviceSchema = object({
  deviceId: text(),
  name: deviceName,
  createdAtMs: count(),
  lastSeenAtMs: count(),
  current: truth,
});
const oneDevice = object({ deviceId: text({ pattern: DEVICE_ID_PATTERN }) });

export interface MeDeps {
  readonly directory: Directory;
  readonly actors: ActorClient;
  readonly logins: Logins;
  readonly limits: RateLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

function addProfileRoutes(routes: Routes, { directory, logins }: MeDeps): void {
  routes.caller({
    method: 'GET',
    url: '/me',
    tag: 'me',
    summary: "The caller's profile.",
    answer: profileSchema,
    handle: ({ caller }) => directory.settings.profileOf(caller.userId),
  });
  routes.caller({
    method: 'PATCH',
    url: '/me',
    tag: 'me',
    summary: "Changes the caller's profile; answers with all of it.",
    body: patch({ displayName, locale, timeZone }),
    answer: profileSchema,
    handle: ({ caller, body }) => directory.settings.changeProfile(caller.userId, body),
  });
  routes.caller({
    method: 'PUT',
    url: '/me/password',
    tag: 'me',
    summary: 'Changes the password, and logs out all other devices.',
    body: object({
      current: currentPassword,
      new: text({ minLength: LIMITS.passwordCharactersMin, maxLength: LIMITS.passwordCharactersMax }),
    }),
    async handle({ caller, body }) {
      const proven = await logins.checkPassword(caller.userId, body.current);
      await logins.changePassword(proven, caller.deviceId, body.new);
    },
  });
}

function addDeletionRoute(routes: Routes, deps: MeDeps): void {
  routes.caller({
    method: 'DELETE',
    url: '/me',
    tag: 'me',
    summary:
      'Deletes the account, for good. What was said in channels stays, and so does the name, which nobody else gets.',
    body: object({ password: currentPassword }),
    handle: ({ caller, body }) => deleteOwnAccount(deps, caller.userId, body.password),
  });
}

function addSettingsRoutes(routes: Routes, { directory, actors }: MeDeps): void {
  routes.caller({
    method: 'GET',
    url: '/me/settings',
    tag: 'me',
    summary: "The caller's settings, and the channels that have their own.",
    answer: object({ ...settings, channels: list(channelSettingsSchema) }),
    async handle({ caller: { userId } }) {
      const [all, channels] = await Promise.all([
        directory.settings.settingsOf(userId),
        directory.settings.channelSettingsOf(userId),
      ]);
      return { ...all, channels };
    },
  });
  routes.caller({
    method: 'PATCH',
    url: '/me/settings',
    tag: 'me',
    summary: 'Changes settings; answers with all of them.',
    body: patch(settings),
    answer: object(settings),
    async handle({ caller: { userId }, body }) {
      const changed = await directory.settings.changeSettings(userId, body);
      actors.tell(userActor(userId), { type: 'directory_changed' });
      return changed;
    },
  });
  routes.caller({
    method: 'PATCH',
    url: '/me/settings/channels/:channelId',
    tag: 'me',
    summary: 'Changes the notification level (null: as everywhere) or the mute of one channel.',
    params: object({ channelId: channelIdSchema }),
    body: patch(channelSettings),
    answer: channelSettingsSchema,
    async handle({ caller: { userId }, params: { channelId }, body }) {
      if (!isChannelId(channelId))
        throw new ParleyError('invalid_argument', { sentence: 'The channel id is not valid.' });
      const changed = await directory.settings.changeChannelSettings(userId, channelId, body);
      actors.tell(userActor(userId), { type: 'directory_changed' });
      return changed;
    },
  });
}

function addDeviceRoutes(routes: Routes, { directory, logins, limits }: MeDeps): void {
  routes.caller({
    method: 'GET',
    url: '/devices',
    tag: 'devices',
    summary: 'The devices that are logged in, last seen first.',
    answer: object({ devices: list(deviceSchema) }),
    async handle({ caller }) {
      const devices = await directory.devices.list(caller.userId);
      return { devices: devices.map((device) => ({ ...device, current: device.deviceId === caller.deviceId })) };
    },
  });
  routes.caller({
    method: 'PATCH',
    url: '/devices/:deviceId',
    tag: 'devices',
    summary: 'Renames a device.',
    params: oneDevice,
    body: object({ name: deviceName }),
    answer: deviceSchema,
    async handle({ caller, params, body }) {
      const device = await directory.devices.rename(caller.userId, params.deviceId, body.name);
      return { ...device, current: device.deviceId === caller.deviceId };
    },
  });
  routes.caller({
    method: 'DELETE',
    url: '/devices/:deviceId',
    tag: 'devices',
    summary: 'Logs a device out.',
    params: oneDevice,
    async handle({ caller, params }) {
      limits.take('logoutPerAccount', caller.userId);
      if (!(await logins.end(caller.userId, params.deviceId))) throw new ParleyError('not_found');
    },
  });
}

export function addMeRoutes(routes: Routes, deps: MeDeps): void {
  addProfileRoutes(routes, deps);
  addSettingsRoutes(routes, deps);
  addDeviceRoutes(routes, deps);
  addDeletionRoute(routes, deps);
}
