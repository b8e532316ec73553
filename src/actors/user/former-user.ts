/**
 * A user whose account was deleted. Keeps nothing: what a channel brings is confirmed once the channel has been left, so it
 * comes again until then, also after an invitation that was under way. Asked to, it leaves all channels and empties the inbox.
 */
import type { ActorHost, Ask } from '../../cluster/actor-host.js';
import { Confirmation } from '../../cluster/confirmations.js';
import { isProgrammersError, ParleyError, toParleyError } from '../../core/errors.js';
import { type ChannelId, channelActor, userActor } from '../../core/ids.js';
import { SparseMap } from '../../core/sparse-map.js';
import type { ActorEnvelope, Notice } from '../../protocol/bus-messages.js';
import { v1 } from '../../protocol/wire.js';
import type { Actor, ActorContext } from '../runtime/actor.js';
import { emptyInbox } from './empty-inbox.js';
import type { Inbox } from './inbox.js';

/** Channels that are left before one question is answered: well within the time that its asker waits. */
const CHANNELS_A_QUESTION = 64;
const CHANNELS_AT_ONCE = 8;

export class FormerUser implements Actor<ActorEnvelope> {
  private readonly host: ActorHost;
  private readonly context: ActorContext;
  private readonly inbox: Inbox;
  /** Channels that are being left because they brought something → the last seq that came. */
  private readonly leaving = new SparseMap<ChannelId, number>();
  /** For all who ask meanwhile. */
  private forgetting: Promise<boolean> | undefined;

  constructor(host: ActorHost, context: ActorContext, inbox: Inbox) {
    this.host = host;
    this.context = context;
    this.inbox = inbox;
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

  /** All copies go when it is forgotten; until then it is asked again. */
  private answerErased(ask: Ask): void {
    const { log, saved } = this.inbox;
    if (saved.floor < log.committedHead) this.host.refuse(ask, new ParleyError('unavailable'));
    else this.host.answer(ask, { type: 'done', value: {} });
  }

  private answerLog(ask: Ask): void {
    const head = this.inbox.log.committedHead;
    const page = { head, floor: head, nextSeq: head + 1, rows: [], owedFrom: 0, keepsNothing: true } as const;
    this.host.answer(ask, { type: 'log_page', value: page });
  }

  private notice(notice: Notice): void {
    switch (notice.type) {
      case 'deliver':
        return this.brought(notice.channelId, notice.event.value.seq);
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
    this.forgetting ??= this.forgetSome().finally(() => {
      this.forgetting = undefined;
    });
    this.forgetting.then(
      (done) => this.host.answer(ask, { type: 'forgotten', value: { done } }),
      (error: unknown) => {
        this.host.refuse(ask, toParleyError(error));
        if (isProgrammersError(error)) this.context.crash(error);
      },
    );
  }

  /** Resolves to whether nothing is left. */
  private async forgetSome(): Promise<boolean> {
    const channels = [...this.inbox.channels].filter(([, { left }]) => !left);
    const some = channels.slice(0, CHANNELS_A_QUESTION);
    for (let from = 0; from < some.length; from += CHANNELS_AT_ONCE)
      await Promise.all(
        some.slice(from, from + CHANNELS_AT_ONCE).map(async ([channelId, channel]) => {
          await this.leave(channelId);
          channel.left = true;
        }),
      );
    if (some.length < channels.length) return false;
    await emptyInbox(this.host, this.context, this.inbox);
    return true;
  }

  // ---- life ------------------------------------------------------------------------------------------------------

  tick(): boolean {
    return false;
  }

  busy(): boolean {
    return this.leaving.size > 0 || this.forgetting !== undefined;
  }

  async passivate(): Promise<void> {}

  facts(): Readonly<Record<string, string>> {
    return { account: 'deleted', inboxHead: String(this.inbox.head), channels: String(this.inbox.channels.size) };
  }
}
