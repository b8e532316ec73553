/** Everything of one user, one record after the other: what the directory holds, the channels, and what the user can read there. */
import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { admin } from '../../protocol/admin-messages.js';
import { v1 } from '../../protocol/wire.js';
import type { AdminDeps } from '../deps.js';
import { askAsUser, channelsOf } from './memberships.js';
import { accountOf } from './users.js';

const AS_JSON = { longs: String, enums: String };
const record = (kind: string, value: object): admin.IExportRecord => ({ kind, json: JSON.stringify(value) });

export async function* exportUser(deps: AdminDeps, request: admin.IUserRequest): AsyncGenerator<admin.IExportRecord> {
  const { userId, state } = await accountOf(deps, request.userId);
  if (state === 'deleted') throw new ParleyError('user_not_found');
  yield* directoryRecords(deps, userId);
  for await (const channel of channelsOf(deps, userId)) {
    yield record('channel', v1.ChannelSummary.toObject(v1.ChannelSummary.fromObject(channel), AS_JSON));
    yield* messageRecords(deps, userId, channel.channelId ?? '');
  }
}

async function* directoryRecords({ directory }: AdminDeps, userId: UserId): AsyncGenerator<admin.IExportRecord> {
  const { settings, devices, friends } = directory;
  yield record('profile', await settings.profileOf(userId));
  yield record('settings', await settings.settingsOf(userId));
  for (const channel of await settings.channelSettingsOf(userId)) yield record('channel settings', channel);
  for (const device of await devices.list(userId)) yield record('device', device);
  for (let after: UserId | undefined; ; ) {
    const page = await friends.list(userId, { limit: LIMITS.relationsPageMax, ...(after && { after }) });
    for (const relation of page.relations) yield record('relation', relation);
    if (page.next === undefined) return;
    after = page.next;
  }
}

/** From the oldest on; nothing of a channel that the user has left. */
async function* messageRecords(
  deps: AdminDeps,
  userId: UserId,
  channelId: string,
): AsyncGenerator<admin.IExportRecord> {
  for (let afterSeq = 0; ; ) {
    const value = v1.ReadHistory.create({ channelId, afterSeq, limit: LIMITS.historyPageMax });
    const answer = await askAsUser(deps, userId, { type: 'readHistory', value }).catch((error: unknown) => {
      if (error instanceof ParleyError && error.kind === 'not_a_member') return undefined;
      throw error;
    });
    const events = answer?.type === 'history' ? (answer.value.events ?? []) : [];
    for (const event of events) yield record('event', v1.Event.toObject(v1.Event.fromObject(event), AS_JSON));
    const last = events.at(-1)?.seq ?? 0;
    if (last <= afterSeq) return;
    afterSeq = last;
  }
}
