/**
 * Which fan-out channels the user's sessions follow: their gateways bring them those channels' events. They are told of each
 * change once. What was lost shows in what they say they follow.
 *
 * A session is told to follow once its device was given the inbox as it was then: what made the user a member comes before
 * the channel's head, above which a device begins that knows nothing of the channel yet.
 */
import type { Outward } from '../../cluster/actor-host.js';
import { type ChannelId, directMembers, hashOfSet } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { v1 } from '../../protocol/wire.js';
import type { Inbox } from './inbox.js';
import { NOT_WAITING, type Session } from './sessions.js';
import { isFanout } from './state.js';

/** Events by which a user comes to follow a channel, where that is of the fan-out tier. */
const BEGINS: ReadonlySet<v1.Event['body']> = new Set(['created', 'joined', 'tierChanged']);

export class FanoutInterest {
  private readonly outward: Outward;
  private readonly inbox: Inbox;

  constructor(outward: Outward, inbox: Inbox) {
    this.outward = outward;
    this.inbox = inbox;
  }

  /** What a session is to follow. */
  channels(): ChannelId[] {
    return [...this.inbox.channels].flatMap(([id, channel]) => (isFanout(channel) ? [id] : []));
  }

  /** What an entry that was appended changes for all sessions. */
  changedBy({ channelId, body }: v1.Event): 'follow' | 'unfollow' | undefined {
    const channel = this.inbox.channels.get(channelId);
    if (channel === undefined) return undefined;
    if (isFanout(channel)) return BEGINS.has(body) ? 'follow' : undefined;
    return body === 'left' || body === 'tierChanged' ? 'unfollow' : undefined;
  }

  /**
   * The gateway has spoken of the session. `following`: what it follows, as hashOfSet of the ids; undefined: that is not
   * said. A session that waits follows other channels than it is to, and is told when it has waited.
   */
  confirmed(session: Session, following: number | undefined): void {
    if (session.followsAfter !== NOT_WAITING) return this.followIfDue(session);
    if (following !== undefined && following !== hashOfSet(this.channels())) this.tellAll(session);
  }

  /** The session follows the fan-out channels that there are, and none that the user left or that has shrunk. */
  tellAll(session: Session): void {
    const others = [...this.inbox.channels].flatMap(([id, channel]) =>
      isFanout(channel) || directMembers(id) !== undefined ? [] : [id],
    );
    this.tell(session, [], others);
    this.followLater(session);
  }

  /** Has the session told of all fan-out channels once it was given the inbox as it is now. */
  followLater(session: Session): void {
    session.followsAfter = this.inbox.head;
    this.followIfDue(session);
  }

  private followIfDue(session: Session): void {
    if (session.put < session.followsAfter) return;
    session.followsAfter = NOT_WAITING;
    this.tell(session, this.channels(), []);
  }

  tell({ gateway, caller: { sessionId } }: Session, added: readonly ChannelId[], removed: readonly ChannelId[]): void {
    const size = LIMITS.channelsPerFrameMax;
    for (let at = 0; at < Math.max(added.length, removed.length); at += size) {
      const add = added.slice(at, at + size);
      const seqs = add.map((id) => this.inbox.channels.get(id)?.lastSeq ?? 0);
      this.outward.push(gateway, {
        type: 'fanout_interest',
        sessionId,
        add,
        seqs,
        remove: removed.slice(at, at + size),
      });
    }
  }
}
