/** Wire messages as what the application sees. */
import { ERRORS, type ErrorName, ParleyError } from '../src/core/errors.js';
import { type Long, v1 } from '../src/protocol/wire.js';
import type {
  ChannelEvent,
  ChannelInfo,
  ChannelKind,
  ChannelSummary,
  EventBody,
  HistoryPage,
  Member,
  Presence,
  Receipt,
  Role,
  SentMessage,
  Tier,
} from './types.js';

const KINDS: Record<number, ChannelKind> = { 1: 'direct', 2: 'group', 3: 'broadcast' };
const ROLES: Record<number, Role> = { 1: 'member', 2: 'admin', 3: 'owner' };
const PRESENCE: Record<number, Presence['state']> = { 0: 'unknown', 1: 'online', 2: 'offline' };

const kindOf = (kind: v1.ChannelKind | null | undefined): ChannelKind => KINDS[kind ?? 0] ?? 'group';
const roleOf = (role: v1.Role | null | undefined): Role => ROLES[role ?? 0] ?? 'member';
const tierOf = (tier: v1.Tier | null | undefined): Tier => (tier === v1.Tier.FANOUT ? 'fanout' : 'inbox');

/** The wire's number of a kind or role. */
export const wireKind = (kind: 'group' | 'broadcast'): v1.ChannelKind =>
  kind === 'group' ? v1.ChannelKind.GROUP : v1.ChannelKind.BROADCAST;
export const wireRole = (role: Role): v1.Role =>
  role === 'owner' ? v1.Role.OWNER : role === 'admin' ? v1.Role.ADMIN : v1.Role.MEMBER;

export const dateOf = (time: Long | null | undefined): Date => new Date(time?.toNumber() ?? 0);
const idOf = (id: Long | null | undefined): string => id?.toString() ?? '0';

export function memberOf(member: v1.IMember): Member {
  return {
    userId: member.userId ?? '',
    role: roleOf(member.role),
    joinedSeq: member.joinedSeq ?? 0,
    deliveredSeq: member.deliveredSeq ?? 0,
    readSeq: member.readSeq ?? 0,
  };
}

function membershipBody(event: v1.IEvent): EventBody {
  const { joined, left, roleChanged } = event;
  if (joined)
    return {
      type: 'joined',
      userId: joined.userId ?? '',
      role: roleOf(joined.role),
      kind: kindOf(joined.kind),
      name: joined.name ?? '',
    };
  if (left) return { type: 'left', userId: left.userId ?? '' };
  if (roleChanged) return { type: 'roleChanged', userId: roleChanged.userId ?? '', role: roleOf(roleChanged.role) };
  return { type: 'unknown' };
}

function bodyOf(event: v1.IEvent): EventBody {
  if (event.hidden) return { type: 'withheld', reason: 'hidden' };
  if (event.deleted) return { type: 'withheld', reason: 'deleted' };
  const { message, created, renamed, tierChanged } = event;
  if (message) return { type: 'message', text: message.text ?? '' };
  if (created)
    return {
      type: 'created',
      kind: kindOf(created.kind),
      name: created.name ?? '',
      members: (created.members ?? []).map(memberOf),
      public: created.public ?? false,
    };
  if (renamed) return { type: 'renamed', name: renamed.name ?? '' };
  if (tierChanged) return { type: 'tierChanged', tier: tierOf(tierChanged.tier) };
  return membershipBody(event);
}

export function eventOf(event: v1.IEvent): ChannelEvent {
  return {
    channelId: event.channelId ?? '',
    seq: event.seq ?? 0,
    messageId: idOf(event.messageId),
    createdAt: dateOf(event.createdAt),
    from: event.from ?? '',
    clientMessageId: event.clientMessageId ?? '',
    ...bodyOf(event),
  };
}

export function sentOf(ack: v1.ISendAck): SentMessage {
  return {
    channelId: ack.channelId ?? '',
    seq: ack.seq ?? 0,
    messageId: idOf(ack.messageId),
    createdAt: dateOf(ack.createdAt),
    clientMessageId: ack.clientMessageId ?? '',
  };
}

export function channelInfoOf(info: v1.IChannelInfo): ChannelInfo {
  return {
    channelId: info.channelId ?? '',
    kind: kindOf(info.kind),
    name: info.name ?? '',
    public: info.public ?? false,
    head: info.head ?? 0,
    tier: tierOf(info.tier),
    memberCount: info.memberCount ?? 0,
    me: info.me ? memberOf(info.me) : undefined,
    members: (info.members ?? []).map(memberOf),
  };
}

export function summaryOf(summary: v1.IChannelSummary): ChannelSummary {
  return {
    channelId: summary.channelId ?? '',
    kind: kindOf(summary.kind),
    name: summary.name ?? '',
    head: summary.head ?? 0,
    readSeq: summary.readSeq ?? 0,
    unread: summary.unread ?? 0,
    lastMessage: summary.lastMessage ? eventOf(summary.lastMessage) : undefined,
    tier: tierOf(summary.tier),
    activeAt: dateOf(summary.activeAt),
  };
}

export function historyOf(page: v1.IHistoryPage): HistoryPage {
  return {
    channelId: page.channelId ?? '',
    events: (page.events ?? []).map(eventOf),
    head: page.head ?? 0,
    floor: page.floor ?? 0,
  };
}

export function receiptOf(receipt: v1.IReceipt): Receipt {
  return {
    userId: receipt.userId ?? '',
    deliveredSeq: receipt.deliveredSeq ?? 0,
    readSeq: receipt.readSeq ?? 0,
  };
}

export function presenceOf(presence: v1.IPresence): Presence {
  const lastSeen = presence.lastSeen?.toNumber() ?? 0;
  return {
    userId: presence.userId ?? '',
    state: PRESENCE[presence.state ?? 0] ?? 'unknown',
    lastSeen: lastSeen === 0 ? undefined : new Date(lastSeen),
  };
}

/** What stands for an error of a newer server: the same retry class. */
const STAND_INS: Record<number, ErrorName> = {
  [v1.Retry.NEVER]: 'invalid_argument',
  [v1.Retry.RECONNECT]: 'draining',
};

/** An error by its name; one that this SDK does not know keeps its sentence and its retry class. */
export function errorNamed(name: string, retry: v1.Retry, sentence: string, retryAfterMs: number): ParleyError {
  const kind = Object.hasOwn(ERRORS, name) ? (name as ErrorName) : (STAND_INS[retry] ?? 'unavailable');
  return new ParleyError(kind, sentence === '' ? { retryAfterMs } : { sentence, retryAfterMs });
}

export function errorOf(error: v1.IError): ParleyError {
  return errorNamed(error.name ?? '', error.retry ?? 0, error.sentence ?? '', error.retryAfterMs ?? 0);
}
