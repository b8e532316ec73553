/**
 * Tells channels how far the user's devices have got, as far as the user's settings let others know it. Who is invisible tells what
 * they read, and nothing of what merely reached a device: that would say that one is online.
 */

import type { ActorMail } from '../../cluster/actor-host.js';
import { type ChannelId, channelActor, directMembers, type UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { UserFacts } from '../../core/people.js';
import { SparseMap } from '../../core/sparse-map.js';
import { mayHear } from './presence.js';
import { isFanout, type UserChannels } from './state.js';

/** Of what came before the activation: told of at once, when a device has caught up. */
const CHANNELS_MAX = 100;
/** What a channel holds longer it has written, milliseconds. */
const CRASHED_LATELY_MS = 600_000;

/** Whose devices they are, and what is known of them now. */
interface Reporter {
  readonly id: UserId;
  readonly facts: UserFacts | undefined;
  readonly presence: { readonly invisible: boolean };
}

/** An inbox as its activation found it. */
interface Restored {
  readonly channels: UserChannels;
  readonly head: number;
  readonly readLately: readonly ChannelId[];
}

export class CursorReports {
  private readonly mail: ActorMail;
  private readonly user: Reporter;
  /** Channels with entries that no device has acknowledged: the inbox position of the newest. */
  private readonly undelivered = new SparseMap<ChannelId, { inboxSeq: number; seq: number }>();
  /** Up to which inbox position it reached a device, also what the channels are not told yet. */
  private acknowledged = 0;

  constructor(mail: ActorMail, user: Reporter) {
    this.mail = mail;
    this.user = user;
  }

  /**
   * After an activation: what is unread and came since the user was last seen may have reached no device
   * yet. The newest channels of it: receipts are the first to go. And what was read is told again.
   */
  activated(inbox: Restored, lastSeenMs: number, nowMs: number): void {
    const { channels, head } = inbox;
    const since = lastSeenMs - LIMITS.presenceGraceMs;
    const waiting = [...channels].flatMap(([channelId, channel]) => {
      const seq = channel.unread.at(-1);
      const { left, activeAtMs } = channel;
      return seq === undefined || left || isFanout(channel) || activeAtMs < since
        ? []
        : [{ channelId, seq, activeAtMs }];
    });
    if (waiting.length > CHANNELS_MAX) waiting.sort((a, b) => b.activeAtMs - a.activeAtMs).splice(CHANNELS_MAX);
    for (const { channelId, seq } of waiting) this.came(channelId, head, seq);
    this.tellReadLately(inbox, nowMs - CRASHED_LATELY_MS);
  }

  /**
   * A channel that has just crashed, perhaps with this node, had what was read in memory alone. One that rests has written it, unless
   * it crashed as well after somebody read what was old.
   */
  private tellReadLately({ channels, readLately }: Restored, since: number): void {
    const busy = [...channels].flatMap(([channelId, { activeAtMs }]) => (activeAtMs >= since ? [channelId] : []));
    for (const channelId of busy.slice(0, CHANNELS_MAX)) this.tellRead(channels, channelId, true);
    for (const channelId of readLately.slice(0, CHANNELS_MAX)) this.tellRead(channels, channelId);
  }

  /** Tells the channel once more how far the user has read it. */
  tellRead(channels: UserChannels, channelId: ChannelId, onlyIfActive = false): void {
    const channel = channels.get(channelId);
    if (channel === undefined || channel.left || channel.readSeq === 0 || isFanout(channel)) return;
    this.tell(channelId, 0, channel.readSeq, onlyIfActive);
  }

  /** An entry by somebody else has come. */
  came(channelId: ChannelId, inboxSeq: number, seq: number): void {
    this.undelivered.set(channelId, { inboxSeq, seq });
  }

  /** A device has acknowledged the inbox up to here: so much has reached it. */
  delivered(acknowledged: number): void {
    this.acknowledged = Math.max(this.acknowledged, acknowledged);
    this.tellDelivered();
  }

  /** Tells what has reached a device: what came while the user was invisible, once they are not. */
  tellDelivered(): void {
    if (this.user.presence.invisible) return;
    for (const [channelId, { inboxSeq, seq }] of this.undelivered) {
      if (inboxSeq > this.acknowledged) continue;
      this.undelivered.delete(channelId);
      this.tell(channelId, seq, 0);
    }
  }

  tell(channelId: ChannelId, deliveredSeq: number, readSeq: number, onlyIfActive = false): void {
    const { id } = this.user;
    if (!this.mayTell(channelId)) return;
    const cursor = { type: 'member_cursor', userId: id, deliveredSeq, readSeq } as const;
    this.mail.tell(channelActor(channelId), cursor, onlyIfActive);
  }

  /** A group tells all its members, and may have others than friends. */
  private mayTell(channelId: ChannelId): boolean {
    const { id, facts } = this.user;
    if (facts === undefined) return false;
    const other = directMembers(channelId)?.find((userId) => userId !== id);
    return other === undefined ? facts.receiptsFor === 'everyone' : mayHear(facts.receiptsFor, facts, other);
  }
}
