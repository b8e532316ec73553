/**
 * Which fan-out channels the user's sessions follow: their gateways bring them those channels' events. They are told of each
 * change once. What was lost shows in what they say they follow.
 */
import type { Outward } from '../../cluster/actor-host.js';
import { type ChannelId, directMembers, hashOfSet } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { Session } from './sessions.js';
import { isFanout, type UserChannels } from './state.js';

export class FanoutInterest {
  private readonly outward: Outward;
  private readonly userChannels: UserChannels;

  constructor(outward: Outward, userChannels: UserChannels) {
    this.outward = outward;
    this.userChannels = userChannels;
  }

  /** What a session is to follow. */
  channels(): ChannelId[] {
    return [...this.userChannels].flatMap(([id, channel]) => (isFanout(channel) ? [id] : []));
  }

  /** `following`: what a session follows, as hashOfSet of the ids; undefined: its gateway does not say. */
  compare(session: Session, following: number | undefined): void {
    if (following !== undefined && following !== hashOfSet(this.channels())) this.tellAll(session);
  }

  /** The session follows the fan-out channels that there are, and none that the user left or that has shrunk. */
  tellAll(session: Session): void {
    const others = [...this.userChannels].flatMap(([id, channel]) =>
      isFanout(channel) || directMembers(id) !== undefined ? [] : [id],
    );
    this.tell(session, this.channels(), others);
  }

  tell({ gateway, caller: { sessionId } }: Session, added: readonly ChannelId[], removed: readonly ChannelId[]): void {
    const size = LIMITS.channelsPerFrameMax;
    for (let at = 0; at < Math.max(added.length, removed.length); at += size) {
      const change = { add: added.slice(at, at + size), remove: removed.slice(at, at + size) };
      this.outward.push(gateway, { type: 'fanout_interest', sessionId, ...change });
    }
  }
}
