/** Accounts: who there is; suspended, logged out, deleted. */
import { askAgain } from '../../cluster/ask-again.js';
import { ParleyError } from '../../core/errors.js';
import { isUserId, type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { Account } from '../../directory/administration.js';
import type { Device } from '../../directory/devices.js';
import type { admin } from '../../protocol/admin-messages.js';
import { Long, v1 } from '../../protocol/wire.js';
import type { AdminDeps } from '../deps.js';
import { pageLimit, pageOf } from './actors.js';

const time = (ms: number): Long => Long.fromNumber(ms, true);

export function userMessage(
  { userId, displayName, state, createdAtMs }: Account,
  devices: readonly Device[] = [],
): admin.IUser {
  return {
    ...{ userId, displayName, state },
    createdAtMs: time(createdAtMs),
    devices: devices.map((device) => ({
      deviceId: device.deviceId,
      name: device.name,
      createdAtMs: time(device.createdAtMs),
      lastSeenAtMs: time(device.lastSeenAtMs),
    })),
  };
}

/** Throws `invalid_argument` or `user_not_found`. A deleted account is found. */
export async function accountOf({ directory }: AdminDeps, text: string | null | undefined): Promise<Account> {
  const userId = text ?? '';
  if (!isUserId(userId))
    throw new ParleyError('invalid_argument', { sentence: `${JSON.stringify(userId)} is no name.` });
  const account = await directory.administration.find(userId);
  if (account === undefined) throw new ParleyError('user_not_found');
  return account;
}

export async function listUsers({ directory }: AdminDeps, request: admin.IListUsersRequest): Promise<admin.IUserList> {
  const limit = pageLimit(request.limit, LIMITS.operationsPageMax);
  const accounts = await directory.administration.list(request.prefix ?? '', request.after ?? '', limit + 1);
  const { page, more } = pageOf(accounts, limit);
  return { users: page.map((account) => userMessage(account)), more };
}

export async function getUser(deps: AdminDeps, { userId }: admin.IUserRequest): Promise<admin.IUser> {
  const account = await accountOf(deps, userId);
  return userMessage(account, await deps.directory.devices.list(account.userId));
}

export async function suspendUser(deps: AdminDeps, request: admin.IUserRequest): Promise<admin.IUser> {
  const { userId } = await accountOf(deps, request.userId);
  const account = await deps.directory.administration.setState(userId, 'suspended');
  await logOut(deps, userId, '');
  return userMessage(account);
}

export async function restoreUser(deps: AdminDeps, request: admin.IUserRequest): Promise<admin.IUser> {
  const { userId } = await accountOf(deps, request.userId);
  return userMessage(await deps.directory.administration.setState(userId, 'active'));
}

export async function revokeUser(deps: AdminDeps, request: admin.IRevokeUserRequest): Promise<admin.IRevoked> {
  const { userId } = await accountOf(deps, request.userId);
  return { deviceIds: [...(await logOut(deps, userId, request.deviceId ?? ''))] };
}

/** For the owner of a user's actor to answer, milliseconds: longer than others take to notice that one died. */
export const OWNER_MS = 20_000;

/**
 * Logs the device out, or all (''): tokens, refresh tokens, sessions. Resolves once the user's actor has it for good. May be
 * repeated: the devices may be out of the directory already. Throws `not_found` for a device that is none.
 */
export async function logOut(deps: AdminDeps, userId: UserId, deviceId: string): Promise<readonly string[]> {
  const deviceIds = await removeDevices(deps, userId, deviceId);
  const atMs = deps.clock.now();
  const question = { type: 'revoke', deviceId: deviceId || undefined, atMs } as const;
  const named = deviceId === '' ? [...deviceIds] : [deviceId];
  const outcomes = await Promise.allSettled([
    askAgain(deps, userActor(userId), question, OWNER_MS),
    // A process that does not hear it takes such a token until it expires, ten minutes at most.
    deps.asker.askAll({ revoked: { userId, deviceIds: named, atMs: time(atMs), all: deviceId === '' } }),
  ]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  if (deviceId !== '' && deviceIds.length === 0)
    throw new ParleyError('not_found', { sentence: 'There is no such device; if it had sessions, they have ended.' });
  return deviceIds;
}

async function removeDevices({ directory }: AdminDeps, userId: UserId, deviceId: string): Promise<readonly string[]> {
  if (deviceId === '') return directory.devices.removeOthers(userId, undefined);
  return (await directory.devices.remove(userId, deviceId)) ? [deviceId] : [];
}

export async function listChannels(deps: AdminDeps, request: admin.IListChannelsRequest): Promise<admin.IChannelList> {
  const { userId } = await accountOf(deps, request.userId);
  const limit = pageLimit(request.limit, LIMITS.channelsPageMax);
  const caller = { userId, deviceId: '', sessionId: '' };
  const body = { type: 'listChannels', value: v1.ListChannels.create({ after: request.after ?? '', limit }) } as const;
  const answer = await deps.actors.ask(userActor(userId), { type: 'request', caller, body });
  if (answer.type !== 'channelList') throw new ParleyError('internal');
  const channels = (answer.value.channels ?? []).map(
    ({ channelId, kind, name, head, unread }): admin.IChannel => ({
      channelId: channelId ?? '',
      kind: v1.ChannelKind[kind ?? 0]?.toLowerCase() ?? '',
      name: name ?? '',
      head: head ?? 0,
      unread: unread ?? 0,
    }),
  );
  return { channels, more: answer.value.more ?? false };
}
