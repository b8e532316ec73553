/** What a member may do: from state and request to the events that follow, or a refusal. Pure. */
import { ParleyError, unreachable } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { ClientRequest } from '../../protocol/frames.js';
import { v1 } from '../../protocol/wire.js';
import type { ChannelState, MemberState } from './state.js';

/** The body of an event to append: one field of the oneof. */
export type EventBody = Pick<
  v1.IEvent,
  | 'message'
  | 'edited'
  | 'erased'
  | 'reacted'
  | 'created'
  | 'joined'
  | 'left'
  | 'renamed'
  | 'roleChanged'
  | 'tierChanged'
>;

/** Requests that change a channel and are answered with its new state. */
export type ChangeRequest = Extract<
  ClientRequest,
  { type: 'createChannel' | 'join' | 'leave' | 'invite' | 'remove' | 'rename' | 'setRole' }
>;

const { OWNER, ADMIN, MEMBER } = v1.Role;

/** The caller's membership. Throws `channel_not_found` or `not_a_member`. */
export function memberOf(state: ChannelState, userId: UserId): MemberState {
  if (state.seq === 0) throw new ParleyError('channel_not_found');
  const member = state.members.get(userId);
  if (member === undefined) throw new ParleyError('not_a_member');
  return member;
}

function atLeast(state: ChannelState, userId: UserId, role: v1.Role): MemberState {
  const member = memberOf(state, userId);
  if (state.kind === v1.ChannelKind.DIRECT)
    throw new ParleyError('forbidden', { sentence: 'A direct channel stays as it is.' });
  if (member.role < role)
    throw new ParleyError('forbidden', { sentence: 'Your role in this channel does not allow this.' });
  return member;
}

/** Throws `user_not_found` where nobody would read it: the other's account was deleted, and they have left. */
export function checkIsRead({ kind, members }: ChannelState): void {
  if (kind === v1.ChannelKind.DIRECT && members.size < 2)
    throw new ParleyError('user_not_found', { sentence: "The other person's account was deleted." });
}

/** Throws unless `userId` may write messages here. */
export function checkMayWrite(state: ChannelState, userId: UserId): void {
  const member = memberOf(state, userId);
  checkIsRead(state);
  if (state.kind === v1.ChannelKind.BROADCAST && member.role < ADMIN) {
    throw new ParleyError('forbidden', { sentence: 'Only owners and admins write in this channel.' });
  }
}

/** Throws `channel_full` unless so many more may become members. */
export function checkRoom(state: ChannelState, more: number): void {
  if (state.members.size + more > LIMITS.channelMembersMax) throw new ParleyError('channel_full');
}

/** One event, however many join at once: each event goes to every member. */
function joined(state: ChannelState, [userId, ...others]: readonly UserId[], role: v1.Role): EventBody[] {
  if (userId === undefined) return [];
  return [{ joined: { userId, others, role, kind: state.kind, name: state.name, tier: state.tier } }];
}

/** Who joins by themselves: members, but where nobody is left who could name an owner, the first of them is the owner. */
export function joinedThemselves(state: ChannelState, userIds: readonly UserId[]): EventBody[] {
  if (state.members.size > 0) return joined(state, userIds, MEMBER);
  return [...joined(state, userIds.slice(0, 1), OWNER), ...joined(state, userIds.slice(1), MEMBER)];
}

function leave(state: ChannelState, userId: UserId): EventBody[] {
  const member = atLeast(state, userId, MEMBER);
  if (member.role === OWNER && state.owners === 1 && state.members.size > 1) throw new ParleyError('last_owner');
  return [{ left: { userId } }];
}

function remove(state: ChannelState, by: UserId, userId: UserId): EventBody[] {
  if (by === userId) return state.members.has(by) ? leave(state, userId) : [];
  const actor = atLeast(state, by, ADMIN);
  const target = state.members.get(userId);
  if (target === undefined) return [];
  if (target.role >= actor.role && actor.role !== OWNER) throw new ParleyError('forbidden');
  if (target.role === OWNER && state.owners === 1) throw new ParleyError('last_owner');
  return [{ left: { userId } }];
}

function setRole(state: ChannelState, by: UserId, userId: UserId, role: v1.Role): EventBody[] {
  const target = state.members.get(userId);
  // Said before the rest: whoever gave up a role and asks again has been heard.
  if (by !== userId || target?.role !== role) atLeast(state, by, OWNER);
  if (target === undefined) throw new ParleyError('user_not_found', { sentence: 'There is no such member.' });
  if (target.role === role) return [];
  if (target.role === OWNER && state.owners === 1) throw new ParleyError('last_owner');
  return [{ roleChanged: { userId, role } }];
}

function invite(state: ChannelState, by: UserId, userIds: readonly UserId[], role: v1.Role): EventBody[] {
  const inviter = atLeast(state, by, state.public ? MEMBER : ADMIN);
  const given = role === v1.Role.ROLE_UNSPECIFIED ? MEMBER : role;
  if (given > MEMBER && given >= inviter.role && inviter.role !== OWNER) throw new ParleyError('forbidden');
  const fresh = [...new Set(userIds)].filter((userId) => !state.members.has(userId));
  checkRoom(state, fresh.length);
  return joined(state, fresh, given);
}

function join(state: ChannelState, userId: UserId): EventBody[] {
  // A private channel looks to strangers as if it did not exist.
  if (state.seq === 0 || (!state.public && !state.members.has(userId))) throw new ParleyError('channel_not_found');
  if (state.members.has(userId)) return [];
  checkRoom(state, 1);
  return joinedThemselves(state, [userId]);
}

function create(state: ChannelState, by: UserId, request: v1.CreateChannel): EventBody[] {
  if (state.seq > 0) {
    memberOf(state, by);
    return [];
  }
  const others = [...new Set(request.members)].filter((userId) => userId !== by);
  const members = [{ userId: by, role: OWNER }, ...others.map((userId) => ({ userId, role: MEMBER }))];
  return [{ created: { kind: request.kind, name: request.name, public: request.public, members } }];
}

/** The events that `request` of `by` leads to; none when it is so already. Throws the refusal. */
export function decide(state: ChannelState, by: UserId, request: ChangeRequest): EventBody[] {
  switch (request.type) {
    case 'createChannel':
      return create(state, by, request.value);
    case 'join':
      return join(state, by);
    case 'leave':
      return state.members.has(by) ? leave(state, by) : [];
    case 'invite':
      return invite(state, by, request.value.userIds, request.value.role);
    case 'remove':
      return remove(state, by, request.value.userId);
    case 'rename':
      atLeast(state, by, ADMIN);
      return request.value.name === state.name ? [] : [{ renamed: { name: request.value.name } }];
    case 'setRole':
      return setRole(state, by, request.value.userId, request.value.role);
    default:
      return unreachable(request);
  }
}

/** The change of tier that the number of members asks for now, with hysteresis; undefined: none. */
export function tierChange(state: ChannelState): EventBody | undefined {
  if (state.kind !== v1.ChannelKind.GROUP) return undefined;
  const { size } = state.members;
  if (state.tier === v1.Tier.INBOX && size > LIMITS.inboxTierMembersMax)
    return { tierChanged: { tier: v1.Tier.FANOUT } };
  if (state.tier === v1.Tier.FANOUT && size < LIMITS.inboxTierMembersReturn)
    return { tierChanged: { tier: v1.Tier.INBOX, name: state.name } };
  return undefined;
}

/** Users that must exist before `request` may be decided. */
export function namedUsers(state: ChannelState, request: ChangeRequest): readonly UserId[] {
  if (request.type === 'createChannel') return state.seq === 0 ? request.value.members : [];
  return request.type === 'invite' ? request.value.userIds.filter((userId) => !state.members.has(userId)) : [];
}
