/** A channel's state as its log tells it. Pure: `apply` is the only thing that changes it. */
import type { UserId } from '../../core/ids.js';
import type { MessageId } from '../../core/message-id.js';
import { joinedUsers } from '../../protocol/joined-users.js';
import { v1 } from '../../protocol/wire.js';

export interface MemberState {
  role: v1.Role;
  /** The seq of the event that made them a member. */
  joinedSeq: number;
  deliveredSeq: number;
  readSeq: number;
}

export interface ChannelState {
  /** The last seq applied; 0 while the channel does not exist. */
  seq: number;
  kind: v1.ChannelKind;
  name: string;
  public: boolean;
  tier: v1.Tier;
  /** The seq of the newest change to the fan-out tier: what was said before came by inbox. 0: there was none. */
  fanOutSince: number;
  /** The seq of the newest message, also where that is deleted; 0: none, or it is not known. */
  newestMessageSeq: number;
  /** The seq at which somebody left last, or later where that is not known; 0: nobody has. */
  newestLeftSeq: number;
  readonly members: Map<UserId, MemberState>;
  owners: number;
  /** Some message was edited, erased or reacted to; most channels have none, and are not asked for them. */
  hasForms: boolean;
  /** Whose membership changed since it was last written down. */
  readonly touched: Set<UserId>;
  lastMessageId: MessageId | undefined;
  lastCreatedAtMs: number;
}

export function emptyChannel(): ChannelState {
  return {
    seq: 0,
    kind: v1.ChannelKind.CHANNEL_KIND_UNSPECIFIED,
    name: '',
    public: false,
    tier: v1.Tier.INBOX,
    fanOutSince: 0,
    newestMessageSeq: 0,
    newestLeftSeq: 0,
    members: new Map(),
    owners: 0,
    hasForms: false,
    touched: new Set(),
    lastMessageId: undefined,
    lastCreatedAtMs: 0,
  };
}

/** Also of somebody who is one already: a page of members may be newer than the log that is replayed. */
function addMember(state: ChannelState, userId: UserId, role: v1.Role, seq: number): void {
  removeMember(state, userId);
  state.members.set(userId, { role, joinedSeq: seq, deliveredSeq: 0, readSeq: 0 });
  if (role === v1.Role.OWNER) state.owners++;
}

function setRole(state: ChannelState, userId: UserId, role: v1.Role): void {
  const member = state.members.get(userId);
  if (member === undefined) return;
  if (member.role === v1.Role.OWNER) state.owners--;
  if (role === v1.Role.OWNER) state.owners++;
  member.role = role;
  state.touched.add(userId);
}

function removeMember(state: ChannelState, userId: UserId): void {
  setRole(state, userId, v1.Role.MEMBER);
  state.members.delete(userId);
  state.touched.add(userId);
}

function found(state: ChannelState, created: v1.IChannelCreated, seq: number): void {
  state.kind = created.kind ?? v1.ChannelKind.GROUP;
  state.name = created.name ?? '';
  state.public = created.public ?? false;
  state.tier = state.kind === v1.ChannelKind.BROADCAST ? v1.Tier.FANOUT : v1.Tier.INBOX;
  for (const member of created.members ?? []) addMember(state, member.userId ?? '', member.role ?? v1.Role.MEMBER, seq);
}

function welcome(state: ChannelState, joined: v1.IMemberJoined, seq: number): void {
  for (const userId of joinedUsers(joined)) addMember(state, userId, joined.role ?? v1.Role.MEMBER, seq);
}

/** Applies the next event. */
export function apply(state: ChannelState, event: v1.Event): void {
  state.seq = event.seq;
  state.lastMessageId = event.messageId;
  state.lastCreatedAtMs = event.createdAt.toNumber();
  switch (event.body) {
    case 'created':
      if (event.created) found(state, event.created, event.seq);
      break;
    case 'joined':
      if (event.joined) welcome(state, event.joined, event.seq);
      break;
    case 'left':
      removeMember(state, event.left?.userId ?? '');
      state.newestLeftSeq = event.seq;
      break;
    case 'message':
      state.newestMessageSeq = event.seq;
      break;
    case 'renamed':
      state.name = event.renamed?.name ?? '';
      break;
    case 'roleChanged':
      setRole(state, event.roleChanged?.userId ?? '', event.roleChanged?.role ?? v1.Role.MEMBER);
      break;
    case 'tierChanged':
      state.tier = event.tierChanged?.tier ?? v1.Tier.INBOX;
      if (state.tier === v1.Tier.FANOUT) state.fanOutSince = event.seq;
      break;
    case 'edited':
    case 'erased':
    case 'reacted':
      state.hasForms = true;
      break;
    default:
      break;
  }
}

/** Whom an event is about, and who is told of it by inbox in either tier. */
export function affectedUsers(event: v1.Event): readonly UserId[] {
  switch (event.body) {
    case 'created':
      return (event.created?.members ?? []).map((member) => member.userId ?? '');
    case 'joined':
      return joinedUsers(event.joined ?? {});
    case 'left':
      return [event.left?.userId ?? ''];
    case 'roleChanged':
      return [event.roleChanged?.userId ?? ''];
    default:
      return NOBODY;
  }
}

const NOBODY: readonly UserId[] = [];
