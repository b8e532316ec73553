/** What a user has read: cursors that only grow. Their devices hear of it, the channel, and push. */
import { ParleyError } from '../../core/errors.js';
import type { ChannelId } from '../../core/ids.js';
import { SparseMap } from '../../core/sparse-map.js';
import type { Notice } from '../../protocol/bus-messages.js';
import type { ActorContext } from '../runtime/actor.js';
import { unreadOf } from './conversations.js';
import type { CursorReports } from './cursor-reports.js';
import type { FanoutHeads } from './fanout-heads.js';
import type { Inbox } from './inbox.js';
import type { Pushes } from './pushes.js';
import type { Sessions } from './sessions.js';
import { applyRead, isFanout, type UserChannelState } from './state.js';

type Authored = Extract<Notice, { type: 'authored' }>;

/** What of a user a read cursor touches. */
interface Readers {
  readonly inbox: Inbox;
  readonly sessions: Sessions;
  readonly pushes: Pushes;
  readonly fanoutHeads: FanoutHeads;
  readonly reports: CursorReports;
}

interface Save {
  readonly done: Promise<void>;
  /** The store did not take it: the next attempt saves again. */
  failed: boolean;
}

export class Reading {
  private readonly context: ActorContext;
  private readonly user: Readers;
  /** Of cursors that have moved in memory, and are not durable yet: the newest save. Whoever asks for the same again waits for it. */
  private readonly unsaved = new SparseMap<ChannelId, Save>();

  constructor(context: ActorContext, user: Readers) {
    this.context = context;
    this.user = user;
  }

  /** Resolves when it is durable and the devices were told. Rejects with `not_a_member`, `invalid_argument`. */
  async markRead(channelId: ChannelId, seq: number, deviceId: string): Promise<void> {
    const { inbox, pushes } = this.user;
    const channel = inbox.channels.get(channelId);
    if (channel === undefined || channel.left) throw new ParleyError('not_a_member');
    if (seq > this.headOf(channelId, channel)) await this.checkHead(channelId, channel, seq);
    if (applyRead(channel, seq)) pushes.read(channelId, seq, deviceId);
    else {
      const save = this.unsaved.get(channelId);
      if (save === undefined) return this.tellChannel(channelId, channel);
      if (!save.failed) return save.done;
    }
    await this.saveAndTell(channelId, channel);
  }

  private async saveAndTell(channelId: ChannelId, channel: UserChannelState): Promise<void> {
    const { sessions } = this.user;
    await this.save(channelId, channel.readSeq);
    if (!this.context.alive) throw new ParleyError('not_owner'); // whoever owns it now may not have seen it
    const value = { channelId, seq: channel.readSeq, unread: unreadOf(channel, this.headOf(channelId, channel)) };
    sessions.broadcast({ type: 'readUpdate', value });
    this.tellChannel(channelId, channel);
  }

  /** Also of what was told before: that may have been lost. */
  private tellChannel(channelId: ChannelId, channel: UserChannelState): void {
    if (!isFanout(channel)) this.user.reports.tell(channelId, 0, channel.readSeq);
  }

  private async save(channelId: ChannelId, seq: number): Promise<void> {
    const save: Save = { done: this.user.inbox.saveRead(channelId, seq), failed: false };
    this.unsaved.set(channelId, save);
    try {
      await save.done;
    } catch (error) {
      save.failed = true;
      throw error;
    }
    if (this.unsaved.get(channelId) === save) this.unsaved.delete(channelId);
  }

  /** Whoever writes has read what was unread. */
  wrote(channelId: ChannelId, seq: number, sessionId: string): void {
    this.takeBackPushes(channelId, seq, sessionId);
    this.user.reports.tell(channelId, 0, seq);
  }

  /**
   * The same in the fan-out tier, where what one said counts like any event: head less read cursor. A change of one's own is
   * read where all above it is.
   */
  authored({ channelId, seq, isMessage, senderSession }: Authored): void {
    const channel = this.user.inbox.channels.get(channelId);
    if (channel === undefined || channel.left || (!isMessage && channel.readSeq !== seq - 1)) return;
    if (!applyRead(channel, seq)) return;
    this.takeBackPushes(channelId, seq, senderSession);
    // What the store did not take, the next checkpoint has.
    this.saveAndTell(channelId, channel).catch(() => undefined);
  }

  private takeBackPushes(channelId: ChannelId, seq: number, sessionId: string): void {
    this.user.pushes.read(channelId, seq, this.user.sessions.find(sessionId)?.caller.deviceId ?? '');
  }

  /** The channel's head as far as it is known here. */
  private headOf(channelId: ChannelId, channel: UserChannelState): number {
    return Math.max(channel.lastSeq, channel.readSeq, this.user.fanoutHeads.of(channelId)?.head ?? 0);
  }

  /** Throws when nothing has the position `seq` yet. A fan-out channel may have gone on unseen: its owner is asked. */
  private async checkHead(channelId: ChannelId, channel: UserChannelState, seq: number): Promise<void> {
    if (isFanout(channel) && !(await this.user.fanoutHeads.refresh([channelId], 0))) throw new ParleyError('timeout');
    if (seq > this.headOf(channelId, channel))
      throw new ParleyError('invalid_argument', { sentence: 'The read cursor is ahead of the head.' });
  }
}
