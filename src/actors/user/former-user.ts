/**
 * A user whose account was deleted. Keeps nothing: what a channel brings is confirmed once the channel has been left, so it
 * comes again until then, also after an invitation that was under way. What was kept before goes; see Forgetting.
 */
import type { ActorHost, Ask } from '../../cluster/actor-host.js';
import { Confirmation } from '../../cluster/confirmations.js';
import { ParleyError, toParleyError } from '../../core/errors.js';
import { type ChannelId, channelActor, userActor } from '../../core/ids.js';
import { SparseMap } from '../../core/sparse-map.js';
import type { ActorEnvelope, Notice } from '../../protocol/bus-messages.js';
import { v1 } from '../../protocol/wire.js';
import type { Actor, ActorContext } from '../runtime/actor.js';
import { Forgetting } from './forgetting.js';
import type { Inbox } from './inbox.js';

export class FormerUser implements Actor<ActorEnvelope> {
  private readonly host: ActorHost;
  private readonly inbox: Inbox;
  private readonly forgetting: Forgetting;
  /** Channels that are being left because they brought something → the last seq that came. */
  private readonly leaving = new SparseMap<ChannelId, number>();

  private constructor(host: ActorHost, context: ActorContext, inbox: Inbox) {
    this.host = host;
    this.inbox = inbox;
    this.forgetting = new Forgetting(host, context, inbox, (channelId) => this.leave(channelId));
  }

  static async activate(host: ActorHost, context: ActorContext, inbox: Inbox): Promise<FormerUser> {
    const former = new FormerUser(host, context, inbox);
    await former.forgetting.resume();
    return former;
  }

  receive(envelope: ActorEnvelope): void {
    envelope.arrival?.mailbox.end();
    if (envelope.type === 'tell') return this.notice(envelope.notice);
    switch (envelope.question.type) {
      case 'forget':
        return this.forget(envelope);
      case 'erase_copies':
        return this.answerErased(envelope);
      case 'revoke':
        return this.host.answer(envelope, { type: 'done', value: {} });
      case 'read_log':
        return this.answerLog(envelope);
      default:
        return this.host.refuse(envelope, new ParleyError('user_not_found'));
    }
  }

  /** All copies go with the inbox; until then it is asked again. */
  private answerErased(ask: Ask): void {
    if (this.forgetting.isEmpty) this.host.answer(ask, { type: 'done', value: {} });
    else this.host.refuse(ask, new ParleyError('unavailable'));
  }

  private answerLog(ask: Ask): void {
    const head = this.inbox.log.committedHead;
    const page = { head, floor: head, nextSeq: head + 1, rows: [], owedFrom: 0, keepsNothing: true } as const;
    this.host.answer(ask, { type: 'log_page', value: page });
  }

  private notice(notice: Notice): void {
    switch (notice.type) {
      case 'deliver':
        this.brought(notice.channelId, notice.event.value.seq);
        return notice.event.looked();
      case 'session_confirm': {
        const { sessionId } = notice.caller;
        return this.host.push(notice.gateway, { type: 'session_end', sessionId, reason: 'session_revoked' });
      }
      case 'presence_watch': {
        const presence = { userId: this.inbox.userId, state: v1.PresenceState.PRESENCE_UNKNOWN };
        return this.host.tell(userActor(notice.watcher), { type: 'presence', presence }, true);
      }
      default:
        return;
    }
  }

  // ---- channels --------------------------------------------------------------------------------------------------

  private brought(channelId: ChannelId, seq: number): void {
    const under = this.leaving.get(channelId);
    this.leaving.set(channelId, Math.max(under ?? 0, seq));
    if (under !== undefined) return;
    this.leave(channelId)
      .then(
        () => this.host.confirm(new Confirmation(channelId, this.inbox.userId), this.leaving.get(channelId) ?? seq),
        () => undefined, // it brings it again
      )
      .finally(() => this.leaving.delete(channelId));
  }

  private async leave(channelId: ChannelId): Promise<void> {
    await this.host.ask(channelActor(channelId), { type: 'member_deleted', userId: this.inbox.userId });
  }

  // ---- forgetting ------------------------------------------------------------------------------------------------

  private forget(ask: Ask): void {
    this.forgetting.goOn().then(
      (value) => this.host.answer(ask, { type: 'forgotten', value }),
      (error: unknown) => this.host.refuse(ask, toParleyError(error)),
    );
  }

  // ---- life ------------------------------------------------------------------------------------------------------

  tick(): boolean {
    return this.forgetting.tick();
  }

  busy(stopping: boolean): boolean {
    return this.leaving.size > 0 || this.forgetting.underWay || (!stopping && this.forgetting.owes);
  }

  async passivate(): Promise<void> {}

  facts(): Readonly<Record<string, string>> {
    return { account: 'deleted', inboxHead: String(this.inbox.head), channels: String(this.inbox.channels.size) };
  }
}
