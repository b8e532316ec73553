/** The members' cursors: kept with the channel, told to the others at most once a second. */
import { type UserId, userActor } from '../../core/ids.js';
import { v1 } from '../../protocol/wire.js';
import type { Channel } from './channel.js';

/** Larger groups keep cursors but tell nobody: N members reading N messages would be N² frames. */
const TOLD_MEMBERS_MAX = 50;

export class Receipts {
  private readonly channel: Channel;
  private readonly moved = new Map<UserId, v1.IReceipt>();

  constructor(channel: Channel) {
    this.channel = channel;
  }

  /** A member's cursors moved; they only grow, and never past the head. */
  move(userId: UserId, deliveredSeq: number, readSeq: number): void {
    const member = this.channel.state.members.get(userId);
    if (member === undefined || this.channel.state.tier === v1.Tier.FANOUT) return;
    const head = this.channel.committedHead;
    const read = Math.max(member.readSeq, Math.min(readSeq, head));
    const delivered = Math.max(member.deliveredSeq, Math.min(deliveredSeq, head), read);
    if (read === member.readSeq && delivered === member.deliveredSeq) return;
    member.readSeq = read;
    member.deliveredSeq = delivered;
    this.channel.markDirty();
    if (this.channel.state.members.size > TOLD_MEMBERS_MAX) return;
    this.moved.set(userId, { userId, deliveredSeq: delivered, readSeq: read });
    this.channel.context.requestTick();
  }

  /** Tells the other members who are active. */
  tell(): void {
    if (this.moved.size === 0) return;
    const items = [...this.moved.values()];
    this.moved.clear();
    for (const userId of this.channel.state.members.keys()) {
      const others = items.filter((item) => item.userId !== userId);
      if (others.length === 0) continue;
      this.channel.host.tell(userActor(userId), { type: 'receipts', channelId: this.channel.id, items: others }, true);
    }
  }
}
