/**
 * One device while it is in use: connection, requests, inbox, order and outbox wired together. What the server sends
 * goes through here; what the application asks goes through ParleyClient.
 */
import { HISTORY_PAGE_MAX } from '../src/core/client-bounds.js';
import { type ErrorName, ParleyError } from '../src/core/errors.js';
import type { v1 } from '../src/protocol/wire.js';
import type { Account } from './account.js';
import { Acknowledger } from './acknowledger.js';
import { ChannelOrder, type HistoryRead } from './channel-order.js';
import { ChannelRequests } from './channel-requests.js';
import type { ClientClock } from './clock.js';
import { Connection } from './connection.js';
import type { Emitter } from './emitter.js';
import { encodeFrame } from './frame-encoder.js';
import { eventOf, historyOf, presenceOf, receiptOf, saidBody } from './from-wire.js';
import { cursorOf, Inbox, ORIGIN } from './inbox.js';
import { NoticeKeeper } from './notice.js';
import type { ResolvedOptions } from './options.js';
import { Outbox } from './outbox.js';
import { OwnPresenceKeeper } from './own-presence.js';
import { Requests } from './requests.js';
import { ScopedClock } from './scoped-clock.js';
import { StateKeeper } from './state-keeper.js';
import type { ClientState } from './storage.js';
import { globalWebSocketFactory } from './transport.js';
import type {
  ChannelEvent,
  ClientEvents,
  ConnectionState,
  EventContext,
  PendingMessage,
  Said,
  SentMessage,
} from './types.js';
import { Typing } from './typing.js';

export interface DeviceParts {
  readonly options: ResolvedOptions;
  readonly account: Account;
  readonly emitter: Emitter<ClientEvents>;
}

export class Device {
  readonly connection: Connection;
  readonly requests: Requests;
  readonly outbox: Outbox;
  readonly order: ChannelOrder;
  readonly ask: ChannelRequests;
  /** What was closed before, until this one has taken over from it. */
  before: Device | undefined;
  /** Its first connection; undefined also when the storage could not be read: the next `connect` tries it again. */
  online: Promise<void> | undefined;
  private readonly parts: DeviceParts;
  private readonly clock: ScopedClock;
  private readonly inbox: Inbox;
  private readonly keeper: StateKeeper;
  private readonly acknowledger: Acknowledger;
  readonly ownPresence: OwnPresenceKeeper;
  readonly notice: NoticeKeeper;
  private readonly typing: Typing;
  readonly userId: string;
  private deviceId: string;
  private restored = false;
  private stopped: Promise<ClientState | undefined> | undefined;
  private watched: readonly string[] | undefined;

  constructor(parts: DeviceParts, userId: string, deviceId: string) {
    this.parts = parts;
    this.userId = userId;
    this.deviceId = deviceId;
    this.clock = new ScopedClock(parts.options.clock);
    const ports = { clock: this.clock as ClientClock, random: parts.options.random };
    const { traceparent } = parts.options;
    this.requests = new Requests({ ...ports, traceparent, transmit: (frame) => this.connection.send(frame) });
    this.order = new ChannelOrder({
      ...ports,
      me: () => this.userId,
      handOn: (event, context) => this.handOn(event, context),
      readAfter: (channelId, seq) => this.readAfter(channelId, seq),
    });
    this.ask = new ChannelRequests(this.requests, this.order);
    this.inbox = new Inbox(this.order);
    this.outbox = new Outbox({ ...ports, ...this.outboxPorts() }, parts.options.outboxMax);
    this.keeper = new StateKeeper(
      parts.options.storage,
      this.clock,
      () => this.state(),
      (error) => parts.emitter.emit('problem', error),
    );
    this.acknowledger = new Acknowledger(
      this.clock,
      () => this.inbox.cursor(),
      (cursor) =>
        this.connection.send({ requestId: 0, acknowledge: { cursor, sessionSeq: this.connection.sessionSeq } }),
    );
    this.ownPresence = new OwnPresenceKeeper({
      ask: (body) => this.requests.ask(body),
      changed: (own) => parts.emitter.emit('ownPresence', own),
    });
    this.notice = new NoticeKeeper(this.clock, (notice) => parts.emitter.emit('notice', notice));
    this.typing = new Typing({
      clock: this.clock,
      changed: (channelId, userIds) => parts.emitter.emit('typing', { channelId, userIds }),
      say: (channelId, stopped) => this.connection.send({ requestId: 0, typing: { channelId, stopped } }),
    });
    this.connection = this.connect(ports);
  }

  /** Takes up the state of an earlier run of the same user. */
  restore(state: ClientState | undefined, before: Outbox | undefined): void {
    this.restored = true;
    if (state === undefined || state.userId !== this.userId) return;
    this.order.restore(state.heads, state.behind);
    this.inbox.restore(state.cursor);
    this.outbox.restore(state.outbox, before);
  }

  state(): ClientState | undefined {
    if (!this.restored) return undefined; // nothing is saved over what was not loaded
    return {
      userId: this.userId,
      deviceId: this.deviceId,
      cursor: this.inbox.cursor(),
      heads: this.order.heads(),
      behind: this.order.behind(),
      outbox: this.outbox.records(),
    };
  }

  /** Nothing is handed on or saved after this. Resolves, when the state is saved, to what of it no storage holds. */
  stop(): Promise<ClientState | undefined> {
    this.stopped ??= this.end();
    return this.stopped;
  }

  private async end(): Promise<ClientState | undefined> {
    this.acknowledger.flush();
    this.order.stop();
    this.connection.stop();
    this.requests.close(clientClosed());
    this.clock.end();
    await this.online?.catch(() => {}); // what is still being loaded is saved with what was queued meanwhile
    await this.keeper.save();
    return this.keeper.saved ? undefined : this.state();
  }

  /** Kept, and told to each new session. */
  async watchPresence(userIds: readonly string[]): Promise<void> {
    this.watched = userIds;
    await this.requests.ask({ watchPresence: { userIds: [...userIds] } });
  }

  /** Says that one is writing, or stopped, unless one is invisible. */
  sayTyping(channelId: string, stopped: boolean): void {
    if (this.ownPresence.own.choice !== 'invisible') this.typing.say(channelId, stopped);
  }

  queue(channelId: string, said: Said, deadlineMs: number | undefined): PendingMessage {
    this.typing.sent();
    return this.outbox.queue(channelId, said, deadlineMs);
  }

  private connect(ports: { clock: ClientClock; random: ResolvedOptions['random'] }): Connection {
    const { options, account, emitter } = this.parts;
    return new Connection({
      ...ports,
      webSocket: options.webSocket ?? globalWebSocketFactory(),
      subprotocol: options.subprotocol,
      clientName: options.clientName,
      credentials: (renewal) => account.credentials(renewal),
      cursor: () => this.inbox.cursor(),
      onCursorRefused: () => this.startAnew(),
      onOnline: (welcome) => this.welcomed(welcome),
      onFrame: (frame) => this.receive(frame),
      onOffline: () => this.offline(),
      onState: (state) => this.stateChanged(state, emitter),
    });
  }

  private outboxPorts(): Omit<ConstructorParameters<typeof Outbox>[0], 'clock' | 'random'> {
    const { emitter } = this.parts;
    return {
      check: (body) => void encodeFrame(body, this.parts.options.subprotocol),
      attempt: (body, handler) => this.requests.attempt(body, handler),
      headOf: (channelId) => this.order.headForSend(channelId),
      askHead: (channelId) => this.askHead(channelId),
      find: (channelId, base, clientMessageId) => this.find(channelId, base, clientMessageId),
      sent: (message, sent) => this.sent(message, sent),
      changed: (message) => emitter.emit('sendState', message),
      dirty: () => void this.keeper.saveSoon(),
      saved: () => this.keeper.savedSoon(),
    };
  }

  private stateChanged(state: ConnectionState, emitter: Emitter<ClientEvents>): void {
    emitter.emit('connection', state);
    if (state.type === 'closed') this.requests.close(state.error ?? clientClosed());
  }

  private welcomed(welcome: v1.IWelcome): void {
    this.deviceId = welcome.deviceId || this.deviceId;
    if (!welcome.resumed) this.inbox.start(cursorOf(welcome.cursor ?? this.inbox.cursor() ?? {}));
    this.keeper.saveLater();
    if (!welcome.resumed && this.watched !== undefined)
      this.requests.attempt({ watchPresence: { userIds: [...this.watched] } }, () => {});
    if (!welcome.resumed) this.notice.begun();
    this.requests.online();
    this.ownPresence.online(welcome.resumed ?? false);
    this.outbox.online(welcome.limits?.unsettledSendsMax ?? 0);
  }

  /** The server was restored from a copy, or from nothing: takes what it holds, and sends what it may lack. */
  private startAnew(): void {
    this.order.forget();
    this.inbox.start(ORIGIN);
    this.acknowledger.startAnew();
    this.outbox.startAnew();
  }

  private offline(): void {
    this.outbox.offline();
    this.requests.offline();
  }

  private receive(frame: v1.ServerFrame): void {
    const { deliveries, fanout, heartbeat } = frame;
    if (frame.requestId !== 0) this.requests.answer(frame);
    else if (deliveries) this.deliver(deliveries.items ?? []);
    else if (fanout) this.fanout(fanout);
    else if (heartbeat?.cursor) {
      if (this.inbox.lacksAfterHeartbeat(cursorOf(heartbeat.cursor))) this.connection.restart();
    } else this.receiveRest(frame);
  }

  private receiveRest({ limited, readUpdate, receipts, presence, ownPresence, typing, notice }: v1.ServerFrame): void {
    const { emitter } = this.parts;
    if (limited) this.limit(limited);
    else if (readUpdate) {
      const { channelId, seq, unread } = readUpdate;
      emitter.emit('readUpdate', { channelId: channelId ?? '', seq: seq ?? 0, unread: unread ?? 0 });
    } else if (receipts) {
      const channelId = receipts.channelId ?? '';
      const items = (receipts.items ?? []).map(receiptOf);
      this.outbox.receipt(channelId, items, this.userId);
      emitter.emit('receipts', { channelId, items });
    } else if (presence) emitter.emit('presence', (presence.items ?? []).map(presenceOf));
    else if (ownPresence) this.ownPresence.heard(ownPresence);
    else if (notice) this.notice.heard(notice);
    else if (typing) this.typing[typing.stopped ? 'ended' : 'heard'](typing.channelId ?? '', typing.userId ?? '');
  }

  private deliver(items: readonly v1.IDelivery[]): void {
    const fits = this.inbox.deliver(items);
    this.acknowledger.handedOn(items.length);
    this.keeper.saveLater();
    if (!fits) this.connection.restart();
  }

  private fanout({ channelId, head, events }: v1.IFanoutEvents): void {
    this.order.fromFanout(channelId ?? '', head ?? 0, (events ?? []).map(eventOf));
    this.keeper.saveLater();
  }

  private limit(limited: v1.ILimited): void {
    this.inbox.limit(limited);
    const heads = (limited.heads ?? []).map(({ channelId, seq }) => ({ channelId: channelId ?? '', head: seq ?? 0 }));
    this.parts.emitter.emit('limited', heads);
    this.acknowledger.handedOn(0);
  }

  private handOn(event: ChannelEvent, context: EventContext): void {
    const { emitter } = this.parts;
    if (event.from === this.userId && event.clientMessageId !== '' && context.source !== 'acknowledgement')
      this.outbox.seen(event);
    const change = channelChange(event, this.userId);
    if (change !== undefined) emitter.emit('channels', { channelId: event.channelId, change });
    emitter.emit('event', event, context);
    if (event.type === 'message' || event.type === 'edited') this.typing.ended(event.channelId, event.from);
    if (event.type === 'message') {
      emitter.emit('message', event, context);
    }
    this.acknowledger.handedOn(0);
    this.keeper.saveLater();
  }

  private sent(message: PendingMessage, { seq, messageId, createdAt }: SentMessage): void {
    if (seq === 0) return; // it was so already: no event came of it
    const { channelId, clientMessageId, said } = message;
    const from = this.userId;
    this.order.fromAcknowledgement({ channelId, seq, messageId, createdAt, from, clientMessageId, ...saidBody(said) });
  }

  private async readAfter(channelId: string, seq: number): Promise<HistoryRead> {
    const answer = await this.requests.ask({ readHistory: { channelId, afterSeq: seq, limit: HISTORY_PAGE_MAX } });
    return historyOf(answer.history ?? {});
  }

  /** Also where the channel starts for this device: what it holds by now is history. */
  private async askHead(channelId: string): Promise<number> {
    let head = 0;
    try {
      head = (await this.requests.ask({ getChannel: { channelId } })).channel?.head ?? 0;
    } catch (error) {
      const none: readonly ErrorName[] = ['channel_not_found', 'user_not_found', 'not_a_member', 'invalid_argument'];
      if (!(error instanceof ParleyError) || (error.retry !== 'never' && !none.includes(error.kind))) throw error;
    }
    this.order.startAbove(channelId, head);
    return head;
  }

  private async find(channelId: string, base: number, clientMessageId: string): Promise<ChannelEvent | undefined> {
    for (let after = base; ; ) {
      const { events, head } = await this.readAfter(channelId, after);
      const found = events.find((event) => event.clientMessageId === clientMessageId && event.from === this.userId);
      const last = events.at(-1);
      if (found !== undefined || last === undefined || last.seq >= head) return found;
      after = last.seq;
    }
  }
}

export function clientClosed(): ParleyError {
  return new ParleyError('unavailable', { sentence: 'The client was closed.' });
}

function channelChange(event: ChannelEvent, me: string): ClientEvents['channels'][0]['change'] | undefined {
  switch (event.type) {
    case 'created':
      return 'added';
    case 'joined':
      return event.userIds.includes(me) ? 'added' : undefined;
    case 'left':
      return event.userId === me ? 'removed' : undefined;
    case 'renamed':
    case 'roleChanged':
    case 'tierChanged':
      return 'changed';
    default:
      return event.seq === 1 ? 'added' : undefined;
  }
}
