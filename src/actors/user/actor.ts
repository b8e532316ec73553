/** The user actor: takes what arrives in its mailbox to the piece that knows. */
import type { ActorHost, Ask } from '../../cluster/actor-host.js';
import { logPage } from '../../cluster/log-page.js';
import { type ErrorName, isProgrammersError, ParleyError, toParleyError, unreachable } from '../../core/errors.js';
import { channelActor, shardOf, type UserId } from '../../core/ids.js';
import { messageIdShard } from '../../core/message-id.js';
import type { Span } from '../../core/trace.js';
import type { ActorEnvelope, Caller, HiddenRanges, Notice, Question } from '../../protocol/bus-messages.js';
import type { ClientRequest } from '../../protocol/frames.js';
import type { v1 } from '../../protocol/wire.js';
import type { Actor, ActorContext } from '../runtime/actor.js';
import { channelPage, headHeard } from './conversations.js';
import { Copies } from './copies.js';
import { LaterEpoch } from './cursor.js';
import { entomb, TOMBSTONE_KEY } from './empty-inbox.js';
import { userFacts } from './facts.js';
import { FormerUser } from './former-user.js';
import { Inbox } from './inbox.js';
import { readInbox } from './read-inbox.js';
import { UserSearch } from './search.js';
import { setPresence } from './set-presence.js';
import { User } from './user.js';

/** How a channel says that it has no such message for this user. */
const NOT_THERE: ReadonlySet<ErrorName> = new Set(['message_not_found', 'not_a_member', 'channel_not_found']);

export async function activateUser(
  host: ActorHost,
  context: ActorContext,
  userId: UserId,
): Promise<Actor<ActorEnvelope>> {
  const [inbox, facts] = await Promise.all([Inbox.open(host, context, userId), host.people.factsOf(userId)]);
  if (inbox.records.has(TOMBSTONE_KEY)) return FormerUser.activate(host, context, inbox);
  // Nobody has said so here, since the deletion was cut off. Whom the directory merely does not know it may have lost.
  if (facts === undefined && (await host.people.deleted([userId])).has(userId)) {
    await entomb(host, context, inbox);
    return FormerUser.activate(host, context, inbox);
  }
  return new UserActor(host, context, await User.activate(host, context, inbox, facts));
}

type ForChannels = Extract<Question, { type: 'erase_message' | 'message_wanted' | 'member_deleted' }>;

const FOR_CHANNELS: ReadonlySet<Question['type']> = new Set<ForChannels['type']>([
  'erase_message',
  'message_wanted',
  'member_deleted',
]);

const isForChannels = (question: Question): question is ForChannels => FOR_CHANNELS.has(question.type);

class UserActor implements Actor<ActorEnvelope> {
  private readonly host: ActorHost;
  private readonly context: ActorContext;
  private readonly user: User;
  private search: UserSearch | undefined;
  private copies: Copies | undefined;

  constructor(host: ActorHost, context: ActorContext, user: User) {
    this.host = host;
    this.context = context;
    this.user = user;
  }

  receive(envelope: ActorEnvelope): void | Promise<void> {
    envelope.arrival?.mailbox.end();
    if (envelope.type === 'tell') return this.notice(envelope.notice, envelope.arrival?.span);
    // An account may be younger than the actor, which somebody else's question made.
    if (this.user.facts === undefined) return this.answerOnceKnown(envelope);
    this.answer(envelope);
  }

  private async answerOnceKnown(envelope: Ask): Promise<void> {
    await this.user.account.read();
    this.answer(envelope);
  }

  private answer(envelope: Ask): void {
    try {
      this.question(envelope);
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      this.refuse(envelope, error);
    }
  }

  private question(ask: Ask): void {
    const { question } = ask;
    if (isForChannels(question)) throw new ParleyError('unknown_type');
    if (question.type === 'read_log') return this.orRefuse(ask, this.readLog(ask, question.fromSeq));
    if (question.type === 'erase_copies') {
      this.copies ??= new Copies(this.user);
      return this.orRefuse(
        ask,
        this.copies.erase(question.channelId, question.seqs).then(() => this.done(ask)),
      );
    }
    if (question.type === 'forget') return this.orRefuse(ask, this.forget(ask));
    if (question.type === 'revoke')
      return this.orRefuse(
        ask,
        this.user.revoke(question.deviceId, question.atMs).then(() => this.done(ask)),
      );
    if (question.caller.userId !== this.user.id) throw new ParleyError('forbidden');
    if (this.user.isRevoked(question.caller)) throw new ParleyError('session_revoked');
    switch (question.type) {
      case 'session_open':
        return this.user.openSession(ask, question);
      case 'inbox_read':
        return this.orRefuse(ask, readInbox(this.host, this.user, ask, question));
      case 'request':
        this.user.checkExists();
        return this.request(ask, question.caller, question.body);
      default:
        return unreachable(question);
    }
  }

  private request(ask: Ask, caller: Caller, body: ClientRequest): void {
    switch (body.type) {
      case 'listChannels':
        return this.orRefuse(ask, this.listChannels(ask, body.value));
      case 'markRead':
        return this.orRefuse(
          ask,
          this.user.reading.markRead(body.value.channelId, body.value.seq, caller.deviceId).then(() => this.done(ask)),
        );
      case 'listMentions':
        return this.host.answer(ask, {
          type: 'mentionList',
          value: this.user.inbox.mentions.page(this.user.inbox.channels, body.value),
        });
      case 'watchPresence':
        this.user.watches.watch(this.user.sessions.find(caller.sessionId), body.value.userIds);
        return this.done(ask);
      case 'setPresence':
        return this.orRefuse(
          ask,
          setPresence(this.user, this.user.sessions.find(caller.sessionId), body.value).then(() => this.done(ask)),
        );
      case 'search':
        return this.orRefuse(ask, this.answerSearch(ask, caller, body.value));
      case 'readHistory':
        return this.forward(ask, body.value.channelId);
      case 'getMessage':
        return this.orRefuse(ask, this.forwardById(ask, body.value));
      default:
        throw new ParleyError('unknown_type', { sentence: 'This is asked of a channel, not of a user.' });
    }
  }

  private async listChannels(ask: Ask, request: v1.ListChannels): Promise<void> {
    const value = await channelPage(this.user.inbox.channels, request, this.user.fanoutHeads);
    this.host.answer(ask, { type: 'channelList', value });
  }

  private async answerSearch(ask: Ask, caller: Caller, request: v1.Search): Promise<void> {
    this.search ??= new UserSearch(this.host, this.user.inbox.channels);
    const value = await this.search.answer(caller, request, ask.budgetMs);
    this.host.answer(ask, { type: 'searchResults', value });
  }

  private async readLog(ask: Ask, fromSeq: number): Promise<void> {
    const { log, saved } = this.user.inbox;
    const page = await logPage(log, Math.max(fromSeq, saved.floor + 1));
    this.host.answer(ask, { type: 'log_page', value: { ...page, floor: saved.floor, owedFrom: 0 } });
  }

  private async forget(ask: Ask): Promise<void> {
    const { user, host } = this;
    if ((await host.people.factsOf(user.id)) !== undefined)
      throw new ParleyError('forbidden', { sentence: 'There is such an account.' });
    await user.accountEnd.run();
    host.answer(ask, { type: 'forgotten', value: { done: false, notLeft: [] } });
  }

  private done(ask: Ask): void {
    this.host.answer(ask, { type: 'done', value: {} });
  }

  /** The channel answers, and hides what this user does not see. */
  private forward(ask: Ask, channelId: string): void {
    const hidden: HiddenRanges = this.user.inbox.channels.get(channelId)?.hidden ?? [];
    if (ask.question.type !== 'request') return;
    this.host.forward(ask, channelActor(channelId), { ...ask.question, hidden });
  }

  private async forwardById(ask: Ask, request: v1.GetMessage): Promise<void> {
    const place = await this.host.idIndex.find(request.messageId);
    if (place === undefined) return this.askOwners(ask, request);
    if (!this.user.inbox.channels.has(place.channelId)) throw new ParleyError('message_not_found');
    this.forward(ask, place.channelId);
  }

  /** The index is written behind: what it lacks, the owner of the id's shard may have in memory. Asks the user's channels there. */
  private async askOwners(ask: Ask, { messageId }: v1.GetMessage): Promise<void> {
    const { question, budgetMs } = ask;
    if (question.type !== 'request') return;
    const shard = messageIdShard(messageId);
    const there = [...this.user.inbox.channels.keys()].filter((id) => shardOf(channelActor(id)) === shard);
    for (const channelId of there) {
      const hidden = this.user.inbox.channels.get(channelId)?.hidden ?? [];
      const answer = await this.host
        .ask(channelActor(channelId), { ...question, hidden }, budgetMs)
        .catch((error: unknown) => {
          if (!(error instanceof ParleyError) || !NOT_THERE.has(error.kind)) throw error;
        });
      if (answer !== undefined) return this.host.answer(ask, answer);
    }
    throw new ParleyError('message_not_found');
  }

  private orRefuse(ask: Ask, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.refuse(ask, toParleyError(error));
      if (isProgrammersError(error)) this.context.crash(error);
    });
  }

  private refuse(ask: Ask, error: ParleyError): void {
    if (error instanceof LaterEpoch) this.refuseLater(ask, error);
    else this.host.refuse(ask, error);
  }

  /** A cursor of a later epoch is a later owner's to judge; where there can be none, it is nobody's cursor. */
  private refuseLater(ask: Ask, error: LaterEpoch): void {
    this.user.isNewest().then(
      (newest) => this.host.refuse(ask, newest ? new ParleyError('cursor_invalid') : error),
      (thrown: unknown) => this.host.refuse(ask, toParleyError(thrown)),
    );
  }

  private notice(notice: Notice, span: Span | undefined): void | Promise<void> {
    switch (notice.type) {
      case 'deliver':
        return this.user.hasEnded ? notice.event.looked() : this.user.deliver(notice, span);
      case 'session_confirm':
        return this.user.confirmSession(notice);
      case 'session_close':
        return this.user.closeSession(notice.sessionId);
      case 'receipts':
        return this.user.sessions.broadcast({
          type: 'receipts',
          value: { channelId: notice.channelId, items: [...notice.items] },
        });
      case 'presence_watch':
        return this.user.watched(notice);
      case 'typing':
        return this.user.typing(notice);
      case 'presence':
        return this.user.watches.receive(notice.presence);
      case 'channel_head':
        return headHeard(this.user, notice);
      case 'read_wanted':
        return this.user.reports.tellRead(this.user.inbox.channels, notice.channelId);
      case 'authored':
        return this.user.reading.authored(notice);
      case 'directory_changed':
        void this.user.account.read(); // a slow directory holds up no message
        return;
      case 'push_done':
        return this.user.pushes.done(notice.channelId, { seq: notice.seq, type: notice.job });
      case 'revoked':
        return this.heardRevoked(notice.deviceId, notice.atMs);
      default:
        return; // a notice for channels that went astray says nothing to a user
    }
  }

  private heardRevoked(deviceId: string | undefined, atMs: number): void {
    this.user
      .revoke(deviceId, atMs)
      .catch((cause: unknown) =>
        this.host.logger.warn({ err: cause, actor: this.context.id }, 'a revocation is remembered in memory alone'),
      );
  }

  tick(): boolean {
    return this.user.tick();
  }

  busy(stopping: boolean): boolean {
    return stopping ? !this.user.inbox.settled : this.user.busy;
  }

  async passivate(): Promise<void> {
    await this.user.pushes.leaveActiveSet();
    await this.user.checkpoint();
  }

  crashed(): void {
    this.user.sessions.askAboutAll();
  }

  facts(): Readonly<Record<string, string>> {
    return userFacts(this.user);
  }
}
