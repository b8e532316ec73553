/** The SDK's face: see ParleyClient. */
import { ParleyError, toParleyError } from '../src/core/errors.js';
import { directChannelId } from '../src/core/ids.js';
import { Account, type Credentials } from './account.js';
import type { ChannelHandle } from './channel-handle.js';
import type { ListPage, NewChannel } from './channel-requests.js';
import { clientClosed, Device } from './device.js';
import { Emitter } from './emitter.js';
import { type ParleyClientOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { PLAIN } from './own-presence.js';
import { People } from './people.js';
import { randomId } from './random-id.js';
import type { SearchPage, SearchRequest } from './search.js';
import type { ClientState } from './storage.js';
import type {
  AuthSession,
  ChannelEvent,
  ChannelInfo,
  ChannelSummary,
  ClientEvents,
  ConnectionState,
  HistoryPage,
  HistoryRange,
  Member,
  Mention,
  MentionPage,
  Notice,
  OwnPresence,
  Page,
  PendingMessage,
  PresenceChange,
  Role,
  SendRequest,
} from './types.js';

/**
 * One device of one user: logs in, keeps one connection to the best gateway, and hands the application each event of
 * each channel exactly once, in order. Sends survive reconnects (with a storage also restarts) and are never doubled.
 *
 * Of one user at a time: while one is logged in, a login or sign-up of another is refused with `conflict`; log out first.
 * What the one before has not sent yet stays in their storage, and nothing of it in this client: give each user a storage
 * of their own. A client can be made for each user, too.
 *
 * Methods that ask the server need `connect` to have been called (else `unavailable`); they wait for the connection, are repeated on
 * the next one, and reject with a ParleyError: the server's refusal, or `timeout` after 15 s. What is sent (`send`, `edit`, `erase`,
 * `react`) waits as long as it takes: see PendingMessage. Calls of the HTTP API that got no answer are repeated up to three times.
 */
export class ParleyClient {
  /** People, friends, profile, settings and devices, over HTTP: no connection needed. */
  readonly people: People;
  private readonly options: ResolvedOptions;
  private readonly emitter: Emitter<ClientEvents>;
  private readonly account: Account;
  private running: Device | undefined;
  private telling = false;
  private idle = false;
  /** Of a connection that was closed, where no storage holds it. */
  private lastState: ClientState | undefined;
  /** Of another user before: resolves when their state is saved. */
  private former: Promise<unknown> | undefined;

  constructor(options: ParleyClientOptions = {}) {
    this.options = resolveOptions(options);
    this.emitter = new Emitter((error) => this.thrown(error));
    const { baseUrl, fetch, clock, random, traceparent, refreshInCookie: inCookie, deviceName } = this.options;
    const changed = (session: AuthSession | undefined, error: ParleyError | undefined): void => {
      if (session !== undefined) this.forgetOthers(session.userId);
      this.emitter.emit('session', session, error);
    };
    const http = { baseUrl, fetch, clock, random, traceparent };
    this.account = new Account({ ...http, inCookie, deviceName, changed }, options.session);
    this.people = new People(
      (call) => this.account.call(call),
      (password) => this.deleteAccount(password),
    );
  }

  /** The login in use; undefined: logged out. */
  get session(): AuthSession | undefined {
    return this.account.session;
  }

  /** How it stands now; each change of it is an event `connection`, too. */
  get connection(): ConnectionState {
    return this.running?.connection.state ?? { type: 'offline' };
  }

  /** Makes an account and logs this device in. `name_taken`; `invalid_argument`: see Credentials; `conflict`: another user is logged in. */
  signUp(account: Credentials & { readonly displayName?: string }): Promise<AuthSession> {
    return this.account.signUp(account);
  }

  /** Logs in; on the stored state's device, when that is of the same user. `wrong_credentials`, `rate_limited`, `account_suspended`; `conflict`: as above. */
  async logIn(credentials: Credentials): Promise<AuthSession> {
    const state = await this.stored().catch((error: unknown) => this.thrown(error));
    const known = state?.userId === credentials.userId ? { deviceId: state.deviceId } : {};
    return this.account.logIn({ ...known, ...credentials });
  }

  /** A new access token from the refresh token (in a page of the API's own origin: from its cookie). Happens by itself while connected. */
  refresh(): Promise<AuthSession> {
    return this.account.refresh();
  }

  /** Closes the connection and ends this device's login. */
  async logOut(): Promise<void> {
    await this.close();
    await this.account.logOut();
  }

  /**
   * Resolves when online for the first time; from then on it reconnects by itself. Rejects when refused for good, closed meanwhile, or
   * with what the storage threw. May be called again; then it goes on where it stood.
   */
  connect(): Promise<void> {
    const { running } = this;
    if (running !== undefined && this.connection.type !== 'closed') return this.start(running);
    const { session } = this;
    if (session === undefined)
      return Promise.reject(new ParleyError('unauthenticated', { sentence: 'Log in before you connect.' }));
    const { options, account, emitter } = this;
    try {
      const device = new Device({ options, account, emitter }, session.userId, session.deviceId);
      device.before = running;
      device.ownPresence.setIdle(this.idle);
      this.running = device;
      return this.start(device);
    } catch (thrown) {
      return Promise.reject(toParleyError(thrown));
    }
  }

  /**
   * Ends the connection, saves, and fails what waits for an answer (`unavailable`). What waits to be sent stays for the next `connect`,
   * and settles then: its `sent()` waits. Until then nothing more can be sent (`unavailable`).
   */
  close(): Promise<void> {
    return this.end(this.running);
  }

  private async end(device: Device | undefined): Promise<void> {
    this.lastState = (await device?.stop()) ?? this.lastState;
  }

  /** When waiting to reconnect: tries now. When online: finds out whether that is still so. For a page that wakes up. Else nothing. */
  retryNow(): void {
    this.running?.connection.retryNow();
  }

  /** Calls `listener` from now on; returns what stops that. An event counts as handed on once the listeners returned. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (...args: ClientEvents[Name]) => void): () => void {
    return this.emitter.on(name, listener);
  }

  // ---- messages

  /**
   * Queues a message; what becomes of it is told by the PendingMessage. Messages to one channel keep their order. Throws `overloaded` when
   * too many wait, `invalid_argument` (also for half of a surrogate pair) and `frame_too_large` for what can never be sent,
   * `unavailable` before `connect` and once closed, and with `to` `unauthenticated` before a login.
   */
  send(request: SendRequest): PendingMessage {
    const { to, text, replyTo, mentions, deadlineMs } = request;
    const channelId = request.channelId ?? (to === undefined ? undefined : this.directChannelId(to));
    if (channelId === undefined || (to !== undefined && request.channelId !== undefined))
      throw new ParleyError('invalid_argument', { sentence: 'Name either a user or a channel to send to.' });
    const more = { ...(replyTo === undefined ? {} : { replyTo }), ...(mentions === undefined ? {} : { mentions }) };
    return this.use().queue(channelId, { type: 'message', text, ...more }, deadlineMs);
  }

  /** Gives one's own message at `seq` another text, at most 100 times. Queued like a message, as are `erase` and `react`. */
  edit(channelId: string, seq: number, text: string, mentions: readonly Mention[] = []): PendingMessage {
    return this.use().outbox.queue(channelId, { type: 'edit', target: seq, text, mentions }, undefined);
  }

  /** Deletes a message for everybody: one's own, or as an admin or owner any. */
  erase(channelId: string, seq: number): PendingMessage {
    return this.use().outbox.queue(channelId, { type: 'erase', target: seq }, undefined);
  }

  /** Adds one's reaction (at most 16 UTF-16 code units) to a message, or takes it back. */
  react(channelId: string, seq: number, emoji: string, removed = false): PendingMessage {
    return this.use().outbox.queue(channelId, { type: 'react', target: seq, emoji, removed }, undefined);
  }

  /** What this device says to the channel (messages, edits …) and is not yet sent, oldest first. Empty before `connect`. */
  pending(channelId: string): readonly PendingMessage[] {
    return this.running?.outbox.pending(channelId) ?? [];
  }

  /** One page of a channel's log; independent of what `event` hands on. `not_a_member`, `channel_not_found`. */
  async history(channelId: string, range: HistoryRange = {}): Promise<HistoryPage> {
    return this.use().ask.history(channelId, range);
  }

  /** One message by its id, as it is now: of a channel that one is in, else `message_not_found`. */
  async getMessage(messageId: string): Promise<ChannelEvent> {
    return this.use().ask.getMessage(messageId);
  }

  /** Messages in which one was mentioned, newest first. `before`: the message id of the last row of the page before. `limit`: 1 to 100, default 20. */
  async mentions(page: { readonly before?: string; readonly limit?: number } = {}): Promise<MentionPage> {
    return this.use().ask.mentions(page.before, page.limit ?? 0);
  }

  /**
   * Looks through one's own channels, newest first, a page. Rejects also with `search_empty`, `search_too_long`,
   * `search_too_many_words`, and `rate_limited` where for 15 s more than five a second, or four at once, were asked for.
   */
  async search(request: SearchRequest): Promise<SearchPage> {
    return this.use().ask.search(request);
  }

  /** Moves one's read cursor up to `seq`, on all devices; it only grows. `invalid_argument`: above the head; `not_a_member`. */
  async markRead(channelId: string, seq: number): Promise<void> {
    return this.use().ask.markRead(channelId, seq);
  }

  // ---- channels

  /** The methods about one channel, bound to it. */
  channel(channelId: string): ChannelHandle {
    return {
      channelId,
      send: (text, options = {}) => this.send({ ...options, channelId, text }),
      edit: (seq, text, mentions) => this.edit(channelId, seq, text, mentions),
      erase: (seq) => this.erase(channelId, seq),
      react: (seq, emoji, removed) => this.react(channelId, seq, emoji, removed),
      pending: () => this.pending(channelId),
      history: (range) => this.history(channelId, range),
      info: () => this.getChannel(channelId),
      members: (page) => this.members(channelId, page),
      markRead: (seq) => this.markRead(channelId, seq),
    };
  }

  /** The id of the direct channel with `userId`. Throws `unauthenticated` before a login. */
  directChannelId(userId: string): string {
    const me = this.session?.userId;
    if (me === undefined) throw new ParleyError('unauthenticated', { sentence: 'Log in first.' });
    return directChannelId(me, userId);
  }

  /** One's conversations, in the order of their channel ids, a page. */
  async channels(page: ListPage = {}): Promise<Page<ChannelSummary>> {
    return this.use().ask.channels(page);
  }

  /** The channel with its newest seq and, up to 50, its members. For members only, else `not_a_member`; `channel_not_found`. */
  async getChannel(channelId: string): Promise<ChannelInfo> {
    return this.use().ask.getChannel(channelId);
  }

  /**
   * Makes a group or broadcast channel, whose owner one is. Repeated by itself with the same key, so that one call makes one channel.
   * `invalid_argument`: see NewChannel; `user_not_found`: a member that it names does not exist.
   */
  async createChannel(channel: NewChannel): Promise<ChannelInfo> {
    return this.use().ask.create(channel, randomId(this.options.random));
  }

  /** Makes one a member. Anybody may join a public channel; a private one is `channel_not_found` to strangers. `channel_full` when there is no room. */
  async join(channelId: string): Promise<ChannelInfo> {
    return this.use().ask.join(channelId);
  }

  /** Ends one's membership. Any member may, but not of a direct channel (`forbidden`); the only owner not while others remain (`last_owner`). */
  async leave(channelId: string): Promise<void> {
    return this.use().ask.leave(channelId);
  }

  /**
   * Makes 1 to 200 people members. Admins and owners may, in a public channel every member, else `forbidden`; a role above member only
   * owners give. `user_not_found`, `channel_full`: then nobody was added.
   */
  async invite(channelId: string, userIds: readonly string[], role: Role = 'member'): Promise<ChannelInfo> {
    return this.use().ask.invite(channelId, userIds, role);
  }

  /** Ends somebody's membership. Admins may remove members, owners everybody, else `forbidden`; the only owner stays (`last_owner`). Oneself: as `leave`. */
  async remove(channelId: string, userId: string): Promise<ChannelInfo> {
    return this.use().ask.remove(channelId, userId);
  }

  /** Gives the channel another name: see NewChannel. Admins and owners may, else `forbidden`. A direct channel has none (`forbidden`). */
  async rename(channelId: string, name: string): Promise<ChannelInfo> {
    return this.use().ask.rename(channelId, name);
  }

  /** Gives a member another role. Owners may, else `forbidden`; the only owner stays one (`last_owner`). Who is no member is `user_not_found`. */
  async setRole(channelId: string, userId: string, role: Role): Promise<ChannelInfo> {
    return this.use().ask.setRole(channelId, userId, role);
  }

  /** A channel's members, in the order of their ids, a page. `not_a_member`, `channel_not_found`. */
  async members(channelId: string, page: ListPage = {}): Promise<Page<Member>> {
    return this.use().ask.members(channelId, page);
  }

  /** Whose presence is told from now on (at most 200, else `invalid_argument`), instead of the list before; kept until it is closed. */
  async watchPresence(userIds: readonly string[]): Promise<void> {
    return this.use().watchPresence(userIds);
  }

  /** How one chose to appear, as last heard; online without a status before `connect`. */
  get ownPresence(): OwnPresence {
    return this.running?.ownPresence.own ?? PLAIN;
  }

  /** What the operators tell everybody now, as last heard. */
  get notice(): Notice | undefined {
    return this.running?.notice.standing;
  }

  /** Chooses how one appears to others, for all devices, until it is chosen anew. `invalid_argument`: the status is too long. */
  async setPresence(change: PresenceChange): Promise<void> {
    return this.use().ownPresence.set(change);
  }

  /** Nobody is at this device: while that is so of all of one's devices, one is away. Kept, and said to each connection. */
  setIdle(idle: boolean): void {
    this.idle = idle;
    this.running?.ownPresence.setIdle(idle);
  }

  /**
   * One is writing to the channel: call it with each letter, others are told every 3 s. `stopped`: one took all back,
   * and sends nothing; others are told if they were told of the writing. Neither while invisible or offline.
   */
  typing(channelId: string, stopped = false): void {
    this.running?.sayTyping(channelId, stopped);
  }

  private use(): Device {
    if (this.running === undefined || this.connection.type === 'closed')
      throw new ParleyError('unavailable', { sentence: 'Call connect first.' });
    return this.running;
  }

  private async deleteAccount(password: string): Promise<void> {
    await this.account.delete(password);
    await this.close().catch((error: unknown) => this.thrown(error));
    this.account.end();
  }

  /** A login has ended by itself and another user's begins: nothing of the former goes on, as after a logout. */
  private forgetOthers(userId: string): void {
    const { running } = this;
    if (running !== undefined && running.userId !== userId) {
      this.running = undefined;
      this.former = Promise.all([this.former, running.stop()]);
    }
    if (this.lastState?.userId !== userId) this.lastState = undefined;
  }

  private async stored(): Promise<ClientState | undefined> {
    return this.options.storage?.load();
  }

  private start(device: Device): Promise<void> {
    const online = device.online ?? this.begin(device);
    device.online = online;
    // Who does not wait for it is told by `connection`.
    online.catch(() => {
      if (device.connection.state.type === 'offline') device.online = undefined;
    });
    return online;
  }

  /** The device goes on where the one before it stood, by whomever that was closed. */
  private async begin(device: Device): Promise<void> {
    const { connection, before } = device;
    await this.former;
    await this.end(before);
    device.restore(this.lastState ?? (await this.stored()), before?.outbox);
    device.before = undefined;
    this.lastState = undefined;
    if (connection.state.type === 'closed') throw clientClosed();
    const first = new Promise<void>((resolve, reject) => {
      const stop = this.on('connection', (state) => {
        if (state.type !== 'online' && state.type !== 'closed') return;
        stop();
        if (state.type === 'online') resolve();
        else reject(state.error ?? clientClosed());
      });
    });
    connection.start();
    return first;
  }

  /** A listener of `problem` that throws itself is not told of it. */
  private thrown(error: unknown): void {
    if (this.telling) return;
    this.telling = true;
    this.emitter.emit('problem', error);
    this.telling = false;
  }
}
