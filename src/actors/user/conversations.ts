/** A user's list of conversations, by channel id. */
import { Long, type v1 } from '../../protocol/wire.js';
import type { UserChannels } from './state.js';

export function channelPage(channels: UserChannels, request: v1.ListChannels): v1.IChannelList {
  const limit = request.limit || 100;
  const ids = [...channels].flatMap(([id, channel]) => (!channel.left && id > request.after ? [id] : [])).sort();
  const page = ids.slice(0, limit).flatMap((channelId) => {
    const channel = channels.get(channelId);
    if (channel === undefined) return [];
    const { kind, name, lastSeq, readSeq, unread, lastMessage, tier, activeAtMs } = channel;
    return [
      {
        channelId,
        kind,
        name,
        head: lastSeq,
        readSeq,
        unread: unread.length,
        ...(lastMessage === undefined ? {} : { lastMessage: lastMessage.value }),
        tier,
        activeAt: Long.fromNumber(activeAtMs, true),
      },
    ];
  });
  return { channels: page, more: ids.length > limit };
}
