/** A user's state as it is kept in the store, as of some inbox position. */

import { orderOf } from '../../core/push.js';
import { SparseMap } from '../../core/sparse-map.js';
import { EncodedEvent } from '../../protocol/encoded-event.js';
import { stored } from '../../protocol/stored.js';
import { Long } from '../../protocol/wire.js';
import type { UserChannelState, UserChannels } from './state.js';

export const CHECKPOINT_KEY = 'checkpoint';
/** Read cursors are written as they move, one record a channel. */
export const READ_KEY_PREFIX = 'read/';

export interface UserCheckpoint {
  inboxSeq: number;
  floor: number;
  lastSeenMs: number;
  /** The term that wrote it, and whether the user was online then. */
  term: number;
  online: boolean;
  /** What devices were last pushed of unread messages; 0: nothing. */
  badgeTold: number;
  readonly channels: UserChannels;
}

const EMPTY = new Uint8Array(0);

function encodeChannel(channelId: string, channel: UserChannelState): stored.IUserChannel {
  return {
    channelId,
    lastSeq: channel.lastSeq,
    readSeq: channel.readSeq,
    pushedSeq: channel.pushedSeq,
    pushOrder: Long.fromNumber(channel.pushOrder, true),
    unread: channel.unread,
    kind: channel.kind,
    name: channel.name,
    tier: channel.tier,
    left: channel.left,
    lastMessage: channel.lastMessage?.bytes ?? EMPTY,
    newestUnknown: channel.newestUnknown,
    hidden: channel.hidden.flat(),
    activeAt: Long.fromNumber(channel.activeAtMs, true),
  };
}

function decodeChannel(channel: stored.IUserChannel): UserChannelState {
  const hidden: [number, number][] = [];
  const flat = channel.hidden ?? [];
  for (let i = 0; i + 1 < flat.length; i += 2) hidden.push([flat[i] ?? 0, flat[i + 1] ?? 0]);
  const { lastMessage } = channel;
  const pushedSeq = channel.pushedSeq ?? 0;
  return {
    lastSeq: channel.lastSeq ?? 0,
    readSeq: channel.readSeq ?? 0,
    pushedSeq,
    // Older versions kept the job's seq alone.
    pushOrder: channel.pushOrder?.toNumber() || orderOf({ type: 'message', seq: pushedSeq }),
    unread: [...(channel.unread ?? [])],
    kind: channel.kind ?? 0,
    name: channel.name ?? '',
    tier: channel.tier ?? 0,
    left: channel.left ?? false,
    lastMessage: lastMessage && lastMessage.length > 0 ? EncodedEvent.fromBytes(lastMessage) : undefined,
    newestUnknown: channel.newestUnknown ?? false,
    hidden,
    activeAtMs: channel.activeAt?.toNumber() ?? 0,
  };
}

export function encodeUser(checkpoint: UserCheckpoint): Uint8Array {
  return stored.UserCheckpoint.encode({
    inboxSeq: checkpoint.inboxSeq,
    floor: checkpoint.floor,
    lastSeen: Long.fromNumber(checkpoint.lastSeenMs, true),
    term: checkpoint.term,
    online: checkpoint.online,
    badgeTold: checkpoint.badgeTold,
    channels: [...checkpoint.channels].map(([id, channel]) => encodeChannel(id, channel)),
  }).finish();
}

export function decodeUser(value: Uint8Array | undefined): UserCheckpoint {
  const channels: UserChannels = new SparseMap();
  if (value === undefined)
    return { inboxSeq: 0, floor: 0, lastSeenMs: 0, term: 0, online: false, badgeTold: 0, channels };
  const { inboxSeq, floor, lastSeen, term, online, badgeTold, channels: list } = stored.UserCheckpoint.decode(value);
  for (const channel of list) channels.set(channel.channelId ?? '', decodeChannel(channel));
  return { inboxSeq, floor, lastSeenMs: lastSeen.toNumber(), term, online, badgeTold, channels };
}

export function encodeReadCursor(seq: number): Uint8Array {
  return stored.ReadCursor.encode({ seq }).finish();
}

export function decodeReadCursor(value: Uint8Array): number {
  return stored.ReadCursor.decode(value).seq;
}
