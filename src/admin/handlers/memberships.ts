/** A user's channels, as the actors know them, on the user's behalf. */
import { ParleyError } from '../../core/errors.js';
import { channelActor, directMembers, type UserId, userActor } from '../../core/ids.js';
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

function askChannel(
  { actors }: AdminDeps,
  userId: UserId,
  channelId: string,
  body: ClientRequest,
): Promise<ActorAnswer> {
  return actors.ask(channelActor(channelId), { type: 'request', caller: onBehalfOf(userId), body });
}

/** Leaves a group; its last owner makes somebody else one first. Direct channels are not left. */
export async function leaveGroup(deps: AdminDeps, userId: UserId, { channelId }: v1.IChannelSummary): Promise<void> {
  if (!channelId || directMembers(channelId) !== undefined) return;
  const leave = { type: 'leave', value: v1.LeaveChannel.create({ channelId }) } as const;
  try {
    await askChannel(deps, userId, channelId, leave);
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    if (error.kind === 'not_a_member' || error.kind === 'channel_not_found') return;
    if (error.kind !== 'last_owner') throw error;
    await nameAnotherOwner(deps, userId, channelId);
    await askChannel(deps, userId, channelId, leave);
  }
}

async function nameAnotherOwner(deps: AdminDeps, userId: UserId, channelId: string): Promise<void> {
  const page = {
    type: 'listMembers',
    value: v1.ListMembers.create({ channelId, limit: LIMITS.membersPageMax }),
  } as const;
  const answer = await askChannel(deps, userId, channelId, page);
  const others = answer.type === 'memberList' ? (answer.value.members ?? []) : [];
  const heir = [...others]
    .filter((member) => member.userId !== userId)
    .sort((a, b) => (b.role ?? 0) - (a.role ?? 0) || (a.joinedSeq ?? 0) - (b.joinedSeq ?? 0))[0];
  if (heir?.userId == null) return;
  const value = v1.SetRole.create({ channelId, userId: heir.userId, role: v1.Role.OWNER });
  await askChannel(deps, userId, channelId, { type: 'setRole', value });
}
