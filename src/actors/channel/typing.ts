/** Who is writing, or stopped: told to the other members who are active, never stored, bounded for each channel. */
import { type UserId, userActor } from '../../core/ids.js';
import { rateOf, takeToken } from '../../core/rate.js';
import { v1 } from '../../protocol/wire.js';
import type { Channel } from './channel.js';

/** Tellings a second in one channel, whoever writes: each costs a notice a member. */
const RATE = rateOf(4, 8);

export class Typing {
  private readonly channel: Channel;
  private bucket = 0;

  constructor(channel: Channel) {
    this.channel = channel;
  }

  tell(userId: UserId, stopped: boolean): void {
    const { id, host, state } = this.channel;
    if (state.tier === v1.Tier.FANOUT || !state.members.has(userId)) return;
    const bucket = takeToken(this.bucket, Math.trunc(host.clock.monotonic()), RATE);
    if (bucket === undefined) return;
    this.bucket = bucket;
    for (const member of state.members.keys()) {
      if (member !== userId) host.tell(userActor(member), { type: 'typing', channelId: id, userId, stopped }, true);
    }
  }
}
