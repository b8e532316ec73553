/** A user's conversations as the inbox tells them. Pure. */
import { type ChannelId, directMembers, type UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { SparseMap } from '../../core/sparse-map.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { erasedEvent } from '../../protocol/erased-event.js';
import { joinedUsers } from '../../protocol/joined-users.js';
import { eventPreview } from '../../protocol/preview.js';
import { v1 } from '../../protocol/wire.js';

export interface UserChannelState {
  /** The last seq that the inbox holds of this channel. */
  lastSeq: number;
  readSeq: number;
  /** The message that devices show, or are about to: the newest of what they were last told of the channel; 0: none. */
  pushedSeq: number;
  /** The place (`orderOf`) of what they were last told of it; 0: nothing. */
  pushOrder: number;
  /** Unread messages of others, the newest unreadCountMax of them, by seq ascending. */
  unread: number[];
  kind: v1.ChannelKind;
  name: string;
  tier: v1.Tier;
  left: boolean;
  /** The newest message, as its preview. */
  lastMessage: EncodedEvent | undefined;
  /** The newest message may have come by fan-out, before the channel came back from there: its owner is asked. */
  newestUnknown: boolean;
  /** Where messages of the other person are hidden: [first, last] of each time they were blocked. */
  hidden: [number, number][];
  activeAtMs: number;
}

export type UserChannels = SparseMap<ChannelId, UserChannelState>;

export function newChannel(channelId: ChannelId): UserChannelState {
  return {
    lastSeq: 0,
    readSeq: 0,
    pushedSeq: 0,
    pushOrder: 0,
    unread: [],
    kind: directMembers(channelId) === undefined ? v1.ChannelKind.GROUP : v1.ChannelKind.DIRECT,
    name: '',
    tier: v1.Tier.INBOX,
    left: false,
    lastMessage: undefined,
    newestUnknown: false,
    hidden: [],
    activeAtMs: 0,
  };
}

function applyMessage(channel: UserChannelState, event: EncodedEvent, userId: UserId): void {
  const { seq, from, hidden } = event.value;
  if (from === userId) {
    // Whoever writes has read what is above.
    channel.readSeq = Math.max(channel.readSeq, seq);
    channel.unread = [];
  } else if (!hidden && seq > channel.readSeq) {
    // The first has an array that fits: one that grows from nothing has room for 17.
    if (channel.unread.length === 0) channel.unread = [seq];
    else channel.unread.push(seq);
    if (channel.unread.length > LIMITS.unreadCountMax) channel.unread.shift();
  }
  if (!hidden) showNewest(channel, event);
}

function showNewest(channel: UserChannelState, event: EncodedEvent | undefined): void {
  channel.lastMessage = event && eventPreview(event);
  channel.newestUnknown = false;
}

function hide(channel: UserChannelState, seq: number): void {
  const last = channel.hidden.at(-1);
  if (last !== undefined && last[1] === channel.lastSeq) last[1] = seq;
  else channel.hidden.push([seq, seq]);
}

/** Applies the next inbox entry; returns its channel's state after it. */
export function applyEntry(channels: UserChannels, event: EncodedEvent, userId: UserId): UserChannelState {
  const { value } = event;
  const channel = channels.get(value.channelId) ?? newChannel(value.channelId);
  channels.set(value.channelId, channel);
  if (value.hidden) hide(channel, value.seq);
  if (value.body === 'message' || value.hidden) applyMessage(channel, event, userId);
  else applyChange(channel, value, userId);
  channel.lastSeq = value.seq;
  if (!value.hidden) channel.activeAtMs = value.createdAt.toNumber();
  return channel;
}

function applyChange(channel: UserChannelState, event: v1.Event, userId: UserId): void {
  switch (event.body) {
    case 'created':
      channel.kind = event.created?.kind ?? channel.kind;
      channel.name = event.created?.name ?? '';
      channel.readSeq = Math.max(channel.readSeq, event.seq);
      if (channel.kind === v1.ChannelKind.BROADCAST) channel.tier = v1.Tier.FANOUT;
      break;
    case 'joined':
      if (event.joined && joinedUsers(event.joined).includes(userId)) enterChannel(channel, event.joined, event.seq);
      break;
    case 'left':
      if (event.left?.userId === userId) leaveChannel(channel);
      break;
    case 'renamed':
      channel.name = event.renamed?.name ?? channel.name;
      break;
    case 'tierChanged':
      changeTier(channel, event.tierChanged?.tier ?? channel.tier, event.seq);
      channel.name = event.tierChanged?.name || channel.name;
      break;
    case 'edited':
      if (channel.lastMessage?.value.seq === event.edited?.seq) showEdit(channel, event.edited?.message ?? {});
      break;
    case 'erased':
      eraseMessage(channel, event.erased?.seq ?? 0);
      break;
    default:
      break;
  }
}

/** What was unread in the fan-out tier, head less read cursor, still is in the inbox tier, which counts one by one. */
function changeTier(channel: UserChannelState, tier: v1.Tier, seq: number): void {
  if (channel.tier === v1.Tier.FANOUT && tier === v1.Tier.INBOX) {
    const first = Math.max(channel.readSeq + 1, seq - LIMITS.unreadCountMax);
    channel.unread = Array.from({ length: Math.max(0, seq - first) }, (_, index) => first + index);
    channel.lastMessage = undefined;
    channel.newestUnknown = true;
  }
  channel.tier = tier;
}

function enterChannel(channel: UserChannelState, joined: v1.IMemberJoined, seq: number): void {
  channel.left = false;
  channel.kind = joined.kind ?? channel.kind;
  channel.name = joined.name ?? channel.name;
  channel.readSeq = Math.max(channel.readSeq, seq);
  channel.tier = tierOf(joined);
}

/** Events of older versions do not tell it. */
function tierOf(joined: v1.IMemberJoined): v1.Tier {
  if (joined.tier) return joined.tier;
  return joined.kind === v1.ChannelKind.BROADCAST ? v1.Tier.FANOUT : v1.Tier.INBOX;
}

function showEdit(channel: UserChannelState, message: v1.IMessageBody): void {
  const shown = channel.lastMessage?.value;
  if (shown !== undefined) channel.lastMessage = eventPreview(EncodedEvent.of(v1.Event.create({ ...shown, message })));
}

/** Its text goes; it counts as unread no more. */
export function eraseMessage(channel: UserChannelState, seq: number): void {
  channel.unread = channel.unread.filter((unread) => unread !== seq);
  const last = channel.lastMessage?.value;
  if (last?.seq === seq) channel.lastMessage = erasedEvent(last);
}

function leaveChannel(channel: UserChannelState): void {
  channel.left = true;
  channel.unread = [];
  showNewest(channel, undefined);
}

/** The owner of the channel tells its newest message. False: nobody wants it, or it is older than what the inbox holds. */
export function applyNewest(channel: UserChannelState, head: number, newest: EncodedEvent | undefined): boolean {
  if (!channel.newestUnknown || isFanout(channel) || head < channel.lastSeq) return false;
  showNewest(channel, newest);
  return true;
}

/** Moves the read cursor; false when it is there already. */
export function applyRead(channel: UserChannelState, seq: number): boolean {
  if (seq <= channel.readSeq) return false;
  channel.readSeq = seq;
  channel.unread = channel.unread.filter((unread) => unread > seq);
  return true;
}

/** Whether the channel's live events come by fan-out instead of the inbox. */
export function isFanout(channel: UserChannelState): boolean {
  return channel.tier === v1.Tier.FANOUT && !channel.left;
}
