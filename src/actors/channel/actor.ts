/** The channel actor: takes what arrives in its mailbox to the piece that knows. */
import type { ActorHost, Ask } from '../../cluster/actor-host.js';
import { ParleyError, unreachable } from '../../core/errors.js';
import type { ChannelId, UserId } from '../../core/ids.js';
import type { ActorEnvelope, Caller, HiddenRanges, Notice, Question } from '../../protocol/bus-messages.js';
import type { ClientRequest } from '../../protocol/frames.js';
import type { Actor, ActorContext } from '../runtime/actor.js';
import { Channel } from './channel.js';
import { type ChangeRequest, decide, memberOf, namedUsers } from './decide.js';
import { letDeletedLeave } from './deleted-member.js';
import { channelFacts } from './facts.js';
import { Joins } from './joins.js';
import { messageState } from './message-state.js';
import { eraseByOperator, readLog } from './operators.js';
import { channelInfo, historyPage, memberPage, messageById, tellHead } from './reads.js';
import { Receipts } from './receipts.js';
import { Search } from './search.js';
import { handleSend } from './sends.js';
import { Typing } from './typing.js';

/** Requests that need message ids. */
const APPENDS: ReadonlySet<ClientRequest['type']> = new Set([
  'send',
  'createChannel',
  'join',
  'leave',
  'invite',
  'remove',
  'rename',
  'setRole',
]);

type Request = Extract<Question, { type: 'request' }>;

export async function activateChannel(
  host: ActorHost,
  context: ActorContext,
  channelId: ChannelId,
): Promise<Actor<ActorEnvelope>> {
  return new ChannelActor(host, await Channel.activate(host, context, channelId));
}

class ChannelActor implements Actor<ActorEnvelope> {
  private readonly host: ActorHost;
  private readonly channel: Channel;
  private readonly joins: Joins;
  private readonly receipts: Receipts;
  private readonly typing: Typing;
  private readonly search: Search;

  constructor(host: ActorHost, channel: Channel) {
    this.host = host;
    this.channel = channel;
    this.joins = new Joins(channel, (ask, userId) => this.answerInfo(ask, userId));
    this.receipts = new Receipts(channel);
    this.typing = new Typing(channel);
    this.search = new Search(channel);
    channel.followedBy(this.search);
    channel.forms.onTakenBack = (seqs) => this.search.takenBack.note(seqs);
    this.search.takenBack.resume();
    channel.writeForms();
  }

  receive(envelope: ActorEnvelope): void | Promise<void> {
    envelope.arrival?.mailbox.end();
    if (envelope.type === 'tell') return this.notice(envelope.notice);
    if (envelope.question.type === 'request') return this.take(envelope, envelope.question);
    return this.question(envelope);
  }

  private question(envelope: Ask): void | Promise<void> {
    const { question } = envelope;
    if (question.type === 'read_log') {
      const { fromSeq, owedTo } = question;
      return this.answerWith(envelope, async () => ({
        type: 'log_page',
        value: await readLog(this.channel, fromSeq, owedTo),
      }));
    }
    if (question.type === 'erase_message') return eraseByOperator(this.channel, envelope, question.messageId);
    if (question.type === 'member_deleted') {
      this.joins.settle();
      return letDeletedLeave(this.channel, envelope, question.userId);
    }
    if (question.type === 'message_wanted')
      return this.answerWith(envelope, () => messageState(this.channel, question.seq));
    this.host.refuse(envelope, new ParleyError('unknown_type'));
  }

  private take(ask: Ask, request: Request): void | Promise<void> {
    const { type } = request.body;
    const wait = APPENDS.has(type) ? this.host.messageIdsReady(this.channel.context.id) : undefined;
    return wait === undefined ? this.requestOrRefuse(ask, request) : this.takeAfter(wait, ask, request);
  }

  private async takeAfter(wait: Promise<void>, ask: Ask, request: Request): Promise<void> {
    await wait;
    return this.requestOrRefuse(ask, request);
  }

  private requestOrRefuse(ask: Ask, request: Request): void | Promise<void> {
    try {
      return this.request(ask, request);
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      this.host.refuse(ask, error);
    }
  }

  private request(ask: Ask, { caller, body, hidden = [] }: Request): void | Promise<void> {
    if (body.type === 'join') return this.joins.take(ask, caller.userId);
    this.joins.settle();
    if (body.type === 'send') return handleSend(this.channel, ask, caller, body.value);
    return this.otherRequest(ask, caller, body, hidden);
  }

  private otherRequest(
    ask: Ask,
    caller: Caller,
    body: Exclude<ClientRequest, { type: 'join' | 'send' }>,
    hidden: HiddenRanges,
  ): void | Promise<void> {
    switch (body.type) {
      case 'createChannel':
      case 'leave':
      case 'invite':
      case 'remove':
      case 'rename':
      case 'setRole':
        return this.change(ask, caller, body);
      case 'getChannel':
        memberOf(this.channel.state, caller.userId);
        return this.answerInfo(ask, caller.userId);
      case 'listMembers':
        return this.channel.whenCommitted(() => {
          this.answerWith(ask, async () => ({
            type: 'memberList',
            value: memberPage(this.channel, caller.userId, body.value),
          }));
        });
      case 'readHistory':
        return this.answerWith(ask, async () => ({
          type: 'history',
          value: await historyPage(this.channel, caller.userId, body.value, hidden),
        }));
      case 'getMessage':
        return this.answerWith(ask, async () => ({
          type: 'message',
          value: await messageById(this.channel, caller.userId, body.value, hidden),
        }));
      case 'search':
        memberOf(this.channel.state, caller.userId);
        return this.answerWith(ask, async () => ({
          type: 'searchResults',
          value: await this.search.answer(caller.userId, body.value, hidden),
        }));
      case 'listChannels':
      case 'listMentions':
      case 'markRead':
      case 'watchPresence':
      case 'setPresence':
        return this.host.refuse(
          ask,
          new ParleyError('unknown_type', { sentence: 'This is asked of a user, not of a channel.' }),
        );
      default:
        return unreachable(body);
    }
  }

  /** Changes to the channel; the mailbox waits while the directory is asked who exists. */
  private change(ask: Ask, caller: Caller, body: ChangeRequest): void | Promise<void> {
    const named = namedUsers(this.channel.state, body);
    if (named.length === 0) return this.applyChange(ask, caller, body);
    return this.host.people.existing(named).then(
      (existing) => {
        const missing = named.find((userId) => !existing.has(userId));
        if (missing === undefined) return this.applyOrRefuse(ask, caller, body);
        this.host.refuse(ask, new ParleyError('user_not_found', { sentence: `There is no user ${missing}.` }));
      },
      (cause: unknown) => this.host.refuse(ask, new ParleyError('unavailable', { cause })),
    );
  }

  private applyOrRefuse(ask: Ask, caller: Caller, body: ChangeRequest): void {
    try {
      this.applyChange(ask, caller, body);
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      this.host.refuse(ask, error);
    }
  }

  private applyChange(ask: Ask, caller: Caller, body: ChangeRequest): void {
    const author = { userId: caller.userId, sessionId: '', clientMessageId: '' };
    for (const event of decide(this.channel.state, caller.userId, body)) this.channel.append(author, event);
    this.channel.settleTier();
    this.channel.waitForNewest(ask);
    if (body.type === 'leave') this.channel.whenCommitted(() => this.host.answer(ask, { type: 'done', value: {} }));
    else this.answerInfo(ask, caller.userId);
  }

  private answerInfo(ask: Ask, userId: UserId): void {
    this.channel.whenCommitted(() => {
      this.host.answer(ask, { type: 'channel', value: channelInfo(this.channel, userId) });
    });
  }

  private answerWith(ask: Ask, read: () => Promise<Parameters<ActorHost['answer']>[1]>): void {
    read().then(
      (answer) => this.host.answer(ask, answer),
      (error: unknown) => {
        if (error instanceof ParleyError) this.host.refuse(ask, error);
        else this.host.refuse(ask, new ParleyError('internal', { cause: error }));
      },
    );
  }

  private notice(notice: Notice): void {
    switch (notice.type) {
      case 'confirm':
        return this.channel.confirm(notice.userId, notice.seq, notice.lacking);
      case 'member_cursor':
        return this.receipts.move(notice.userId, notice.deliveredSeq, notice.readSeq);
      case 'typing':
        return this.typing.tell(notice.userId, notice.stopped);
      case 'publish_head':
        return this.channel.publishHead();
      case 'head_wanted':
        return void tellHead(this.channel, notice.userId);
      default:
        return; // a notice for users that went astray says nothing to a channel
    }
  }

  tick(): boolean {
    this.receipts.tell();
    this.search.takenBack.tick();
    return this.channel.tick() || this.search.waits;
  }

  busy(stopping: boolean): boolean {
    return stopping ? !this.channel.log.settled : this.channel.busy;
  }

  async passivate(): Promise<void> {
    await this.channel.leaveActiveSet();
    await this.channel.checkpoint();
    await this.search.end();
    this.channel.dispose();
  }

  facts(): Readonly<Record<string, string>> {
    return channelFacts(this.channel);
  }
}
