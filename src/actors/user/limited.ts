/** What a device is told whose cursor reaches further back than the inbox: the heads of the user's channels. */
import type { ChannelId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { v1 } from '../../protocol/wire.js';
import type { UserChannelState, UserChannels } from './state.js';

type Entry = readonly [ChannelId, UserChannelState];

/** Channels that were left are nobody's business any more. */
const memberOf = (channels: UserChannels): Entry[] => [...channels].filter(([, channel]) => !channel.left);

const headsOf = (entries: readonly Entry[]): v1.IChannelHead[] =>
  entries.map(([channelId, channel]) => ({ channelId, seq: channel.lastSeq }));

/** The heads of all channels, in frames of bounded size; one frame at least. */
export function limitedFrames(channels: UserChannels, cursor: v1.ICursor): v1.ILimited[] {
  const heads = headsOf(memberOf(channels));
  const frames: v1.ILimited[] = [];
  for (let from = 0; from === 0 || from < heads.length; from += LIMITS.channelsPerFrameMax) {
    const more = from + LIMITS.channelsPerFrameMax < heads.length;
    frames.push({ heads: heads.slice(from, from + LIMITS.channelsPerFrameMax), cursor, more });
  }
  return frames;
}

/** One frame: an answer has no second one. Those that were active last; the rest is in the list of conversations. */
export function limitedAll(channels: UserChannels, cursor: v1.ICursor): v1.ILimited {
  const latest = memberOf(channels).sort(([, a], [, b]) => b.activeAtMs - a.activeAtMs);
  return { heads: headsOf(latest.slice(0, LIMITS.limitedHeadsMax)), cursor };
}
