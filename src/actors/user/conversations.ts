/** A user's list of conversations, by channel id. */
import type { ChannelId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { Notice } from '../../protocol/bus-messages.js';
import { eventPreview } from '../../protocol/preview.js';
import { Long, type v1 } from '../../protocol/wire.js';
import type { FanoutHead, FanoutHeads } from './fanout-heads.js';
import { applyNewest, isFanout, type UserChannelState, type UserChannels } from './state.js';

type ChannelHead = Extract<Notice, { type: 'channel_head' }>;

interface Listed {
  readonly inbox: { readonly channels: UserChannels; markDirty(): void };
  readonly fanoutHeads: FanoutHeads;
}

type Entry = readonly [ChannelId, UserChannelState];

/** In the fan-out tier nobody counts messages for each member: unread is how far the read cursor is behind the head. */
export function unreadOf(channel: UserChannelState, fanoutHead: number): number {
  if (!isFanout(channel)) return channel.unread.length;
  return Math.min(Math.max(0, fanoutHead - channel.readSeq), LIMITS.unreadCountMax);
}

function summaryOf([channelId, channel]: Entry, fanout: FanoutHead | undefined): v1.IChannelSummary {
  const { kind, lastSeq, readSeq, tier, activeAtMs } = channel;
  const head = Math.max(lastSeq, readSeq, fanout?.head ?? 0); // what was heard of it may be older than what was read
  const lastMessage = fanout?.lastMessage ?? channel.lastMessage;
  const activeAt = fanout?.lastMessage?.value.createdAt.toNumber() ?? activeAtMs;
  return {
    channelId,
    kind,
    name: fanout?.name || channel.name,
    head,
    readSeq,
    unread: unreadOf(channel, head),
    // What processes of an older version told, or kept, is not cut yet.
    ...(lastMessage === undefined ? {} : { lastMessage: eventPreview(lastMessage).value }),
    tier,
    activeAt: Long.fromNumber(Math.max(activeAt, activeAtMs), true),
  };
}

/** The owner of a channel tells how far it is: of a fan-out channel, or of one that has come back from there. */
export function headHeard({ inbox, fanoutHeads }: Listed, { channelId, ...heard }: ChannelHead): void {
  const channel = inbox.channels.get(channelId);
  if (channel !== undefined && applyNewest(channel, heard.head, heard.lastMessage)) inbox.markDirty();
  fanoutHeads.heard(channelId, heard);
  if (channel === undefined || !isFanout(channel)) fanoutHeads.forget(channelId);
}

export async function channelPage(
  channels: UserChannels,
  request: v1.ListChannels,
  heads: FanoutHeads,
): Promise<v1.IChannelList> {
  const limit = request.limit || 100;
  const entries = [...channels].filter(([id, channel]) => !channel.left && id > request.after);
  const page = entries.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, limit);
  await heads.refresh(page.flatMap(([id, channel]) => (isFanout(channel) || channel.newestUnknown ? [id] : [])));
  return {
    channels: page.map((entry) => summaryOf(entry, isFanout(entry[1]) ? heads.of(entry[0]) : undefined)),
    more: entries.length > limit,
  };
}
