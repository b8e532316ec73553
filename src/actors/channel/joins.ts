/**
 * Who joins by themselves. Each event goes to every member, so those who ask while something is being committed become
 * members together, by one event; whoever asks alone waits for nobody.
 */
import type { Ask } from '../../cluster/actor-host.js';
import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import { v1 } from '../../protocol/wire.js';
import type { Channel } from './channel.js';
import { checkRoom, decide, joinedThemselves } from './decide.js';

interface Joining {
  readonly ask: Ask;
  readonly userId: UserId;
}

const JOIN = { type: 'join', value: v1.JoinChannel.create({}) } as const;

export class Joins {
  private readonly channel: Channel;
  private readonly answer: (ask: Ask, userId: UserId) => void;
  /** As many as one event names, at most. */
  private waiting: Joining[] = [];

  /** `answer`: called once they have become members, or were before. */
  constructor(channel: Channel, answer: (ask: Ask, userId: UserId) => void) {
    this.channel = channel;
    this.answer = answer;
  }

  take(ask: Ask, userId: UserId): void {
    this.waiting.push({ ask, userId });
    this.channel.waitForNewest(ask);
    if (this.waiting.length === LIMITS.createMembersMax) this.settle();
    else if (this.waiting.length === 1) this.channel.whenCommitted(() => this.settle());
  }

  /** Makes those who wait members: before anything else is asked of the channel, too. */
  settle(): void {
    if (this.waiting.length === 0) return;
    const { channel } = this;
    const fresh = new Set<UserId>();
    const joining = this.waiting.filter((each) => this.attempt([each], () => this.admit(each.userId, fresh)));
    this.waiting = [];
    this.attempt(joining, () => {
      for (const body of joinedThemselves(channel.state, [...fresh]))
        channel.append({ userId: body.joined?.userId ?? '', sessionId: '', clientMessageId: '' }, body);
      channel.settleTier();
      for (const { ask, userId } of joining) {
        channel.waitForNewest(ask);
        this.answer(ask, userId);
      }
    });
  }

  private admit(userId: UserId, fresh: Set<UserId>): void {
    const { state } = this.channel;
    if (fresh.has(userId) || decide(state, userId, JOIN).length === 0) return;
    checkRoom(state, fresh.size + 1);
    fresh.add(userId);
  }

  /** Whether it was done; else they are refused. */
  private attempt(joining: readonly Joining[], act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      for (const { ask } of joining) this.channel.host.refuse(ask, error);
      return false;
    }
  }
}
