/** Wire messages as what the application sees. */
import { ERRORS, type ErrorName, ParleyError } from '../src/core/errors.js';
import { joinedUsers } from '../src/protocol/joined-users.js';
import { Long, v1 } from '../src/protocol/wire.js';
import type {
  ChannelEvent,
  ChannelInfo,
  ChannelKind,
  ChannelSummary,
  EventBody,
  HistoryPage,
  Member,
  Mention,
  MentionPage,
  MessageContent,
  MessageForm,
  OwnPresence,
  Presence,
  PresenceChange,
  PresenceChoice,
  Receipt,
  Role,
  Said,
  SentMessage,
  Tier,
} from './types.js';

const KINDS: Record<number, ChannelKind> = { 1: 'direct', 2: 'group', 3: 'broadcast' };
const ROLES: Record<number, Role> = { 1: 'member', 2: 'admin', 3: 'owner' };
const PRESENCE: readonly Presence['state'][] = ['unknown', 'online', 'offline', 'away', 'doNotDisturb'];
const CHOICES: Record<PresenceChoice, v1.PresenceState> = {
  online: v1.PresenceState.ONLINE,
  away: v1.PresenceState.AWAY,
  doNotDisturb: v1.PresenceState.DO_NOT_DISTURB,
  invisible: v1.PresenceState.INVISIBLE,
};

const kindOf = (kind: v1.ChannelKind | null | undefined): ChannelKind => KINDS[kind ?? 0] ?? 'group';
const roleOf = (role: v1.Role | null | undefined): Role => ROLES[role ?? 0] ?? 'member';
const tierOf = (tier: v1.Tier | null | undefined): Tier => (tier === v1.Tier.FANOUT ? 'fanout' : 'inbox');

/** The wire's number of a kind or role. */
export const wireKind = (kind: 'group' | 'broadcast'): v1.ChannelKind =>
  kind === 'group' ? v1.ChannelKind.GROUP : v1.ChannelKind.BROADCAST;
export const wireRole = (role: Role): v1.Role =>
  role === 'owner' ? v1.Role.OWNER : role === 'admin' ? v1.Role.ADMIN : v1.Role.MEMBER;

/** Undefined for 0, which says that there is none. */
const maybeDate = (time: Long | null | undefined): Date | undefined => {
  const ms = time?.toNumber() ?? 0;
  return ms === 0 ? undefined : new Date(ms);
};
const dateOf = (time: Long | null | undefined): Date => new Date(time?.toNumber() ?? 0);
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

const MENTION_KINDS: Record<number, Mention['kind']> = { 1: 'user', 2: 'channel', 3: 'here' };
const WIRE_MENTIONS = {
  user: v1.MentionKind.MENTION_USER,
  channel: v1.MentionKind.MENTION_CHANNEL,
  here: v1.MentionKind.MENTION_HERE,
};

function mentionOf({ kind, userId, start, length }: v1.IMention): Mention {
  return { kind: MENTION_KINDS[kind ?? 0] ?? 'user', userId: userId ?? '', start: start ?? 0, length: length ?? 0 };
}

function contentOf({ text, replyTo, mentions }: v1.IMessageBody): MessageContent {
  return {
    text: text ?? '',
    ...(replyTo ? { replyTo } : {}),
    ...(mentions && mentions.length > 0 ? { mentions: mentions.map(mentionOf) } : {}),
  };
}

function wireContent({ text, replyTo = 0, mentions = [] }: MessageContent): v1.IMessageBody {
  return { text, replyTo, mentions: mentions.map((mention) => ({ ...mention, kind: WIRE_MENTIONS[mention.kind] })) };
}

/** The body of a send. */
export function wireSaid(said: Said): Pick<v1.ISend, 'message' | 'edit' | 'erase' | 'react'> {
  switch (said.type) {
    case 'message':
      return { message: wireContent(said) };
    case 'edit':
      return { edit: { seq: said.target, message: wireContent(said) } };
    case 'erase':
      return { erase: { seq: said.target } };
    case 'react':
      return { react: { seq: said.target, emoji: said.emoji, removed: said.removed } };
  }
}

/** The event that comes of a send. */
export function saidBody(said: Said): EventBody {
  switch (said.type) {
    case 'edit':
      return { ...said, type: 'edited' };
    case 'erase':
      return { ...said, type: 'erased' };
    case 'react':
      return { ...said, type: 'reacted' };
    case 'message':
      return said;
  }
}

function formOf({ asOf, editedAt, reactions }: v1.IMessageForm): MessageForm {
  return {
    asOf: asOf ?? 0,
    editedAt: maybeDate(editedAt),
    reactions: (reactions ?? []).map(({ emoji, userIds }) => ({ emoji: emoji ?? '', userIds: userIds ?? [] })),
  };
}

/** What became of an earlier message; undefined: it is none of these. Of an edit that was erased no text is left. */
function changeBody({ edited, erased, reacted }: v1.IEvent): EventBody | undefined {
  if (edited) return { ...contentOf(edited.message ?? {}), type: 'edited', target: edited.seq ?? 0 };
  if (erased) return { type: 'erased', target: erased.seq ?? 0 };
  if (!reacted) return undefined;
  return {
    type: 'reacted',
    target: reacted.seq ?? 0,
    emoji: reacted.emoji ?? '',
    removed: reacted.removed ?? false,
  };
}

function membershipBody(event: v1.IEvent): EventBody {
  const { joined, left, roleChanged } = event;
  if (joined)
    return {
      type: 'joined',
      userIds: joinedUsers(joined),
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
  const change = changeBody(event);
  if (change !== undefined) return change;
  if (event.deleted) return { type: 'withheld', reason: 'deleted' };
  const { message, form, created, renamed, tierChanged } = event;
  if (message) return { type: 'message', ...contentOf(message), ...(form ? { form: formOf(form) } : {}) };
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

export function mentionPageOf({ items, more, unread }: v1.IMentionList): MentionPage {
  return {
    items: (items ?? []).map(({ event, read }) => ({ event: eventOf(event ?? {}), read: read ?? false })),
    more: more ?? false,
    unread: unread ?? 0,
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
  return {
    userId: presence.userId ?? '',
    state: PRESENCE[presence.state ?? 0] ?? 'unknown',
    lastSeen: maybeDate(presence.lastSeen),
    status: presence.status ?? '',
    statusUntil: maybeDate(presence.statusUntil),
  };
}

export function ownPresenceOf({ choice, status, statusUntil }: v1.IOwnPresence): OwnPresence {
  const chosen = Object.entries(CHOICES).find(([, state]) => state === choice)?.[0] as PresenceChoice | undefined;
  return { choice: chosen ?? 'online', status: status ?? '', statusUntil: maybeDate(statusUntil) };
}

export function wireChange({ choice, status, statusUntil }: PresenceChange): v1.ISetPresence {
  return {
    ...(choice === undefined ? {} : { choice: CHOICES[choice] }),
    ...(status === undefined ? {} : { status }),
    ...(statusUntil === undefined ? {} : { statusUntil: Long.fromNumber(statusUntil.getTime(), true) }),
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
