import type { ActorClient } from '../cluster/actor-client.js';
import { type ChannelId, channelActor } from '../core/ids.js';

const AGAIN_MS = 2_000;
const AGAIN_MAX_MS = 60_000;

interface Wanted {
  askedAtMs: number;
  againMs: number;
}

/**
 * Channels whose owners are asked to publish their heads. The question or the answer may be lost, or the owner be hindered:
 * as long as nothing is heard of the channel it is asked again, less and less often.
 */
export class WantedHeads {
  private readonly actors: ActorClient;
  private readonly wanted = new Map<ChannelId, Wanted>();

  constructor(actors: ActorClient) {
    this.actors = actors;
  }

  ask(channelId: ChannelId, nowMs: number): void {
    this.wanted.set(channelId, { askedAtMs: nowMs, againMs: AGAIN_MS });
    this.tell(channelId);
  }

  /** Somebody more waits for it: if it was asked for in vain, it is again with the next sweep. */
  hasten(channelId: ChannelId): void {
    const wanted = this.wanted.get(channelId);
    if (wanted !== undefined) wanted.againMs = 0;
  }

  /** It was published, or nobody wants it any more. */
  settle(channelId: ChannelId): void {
    this.wanted.delete(channelId);
  }

  sweep(nowMs: number): void {
    for (const [channelId, wanted] of this.wanted) {
      if (nowMs - wanted.askedAtMs < wanted.againMs) continue;
      wanted.askedAtMs = nowMs;
      wanted.againMs = Math.min(Math.max(AGAIN_MS, wanted.againMs * 2), AGAIN_MAX_MS);
      this.tell(channelId);
    }
  }

  private tell(channelId: ChannelId): void {
    this.actors.tell(channelActor(channelId), { type: 'publish_head' });
  }
}
