import { v1 } from '../../protocol/wire.js';
import type { Channel } from './channel.js';

/** What operators see of an active channel: counts and positions, no words of its people. */
export function channelFacts(channel: Channel): Readonly<Record<string, string>> {
  const { state, committedHead, deliveries } = channel;
  return {
    kind: v1.ChannelKind[state.kind]?.toLowerCase() ?? '',
    tier: v1.Tier[state.tier]?.toLowerCase() ?? '',
    members: String(state.members.size),
    head: String(state.seq),
    committedHead: String(committedHead),
    lagging: String(deliveries.lagging),
  };
}
