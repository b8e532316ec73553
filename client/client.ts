import type { ParleyClientOptions } from './options.js';
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
  Page,
  PendingMessage,
  Role,
  SendRequest,
} from './types.js';

function notYet(..._unused: unknown[]): never {
  throw new Error('not built yet');
}

/**
 * One device of one user: logs in, keeps one connection to the best gateway, and hands the application each event of
 * each channel exactly once, in order. Sends survive reconnects (with a storage also restarts) and are never doubled.
 *
 * Methods that ask the server wait for the connection, are repeated on the next one, and reject with a ParleyError:
 * the server's refusal, or `timeout` after 15 s.
 */
export class ParleyClient {
  constructor(options: ParleyClientOptions = {}) {
    notYet(options);
  }

  // ---- account

  /** The login in use; undefined: logged out. */
  get session(): AuthSession | undefined {
    return notYet();
  }
  get connection(): ConnectionState {
    return notYet();
  }
  /** Makes an account (a name is 2 to 32 of a–z, 0–9, _) and logs this device in. */
  signUp(account: { userId: string; password: string; displayName?: string }): Promise<AuthSession> {
    return notYet(account);
  }
  logIn(credentials: { userId: string; password: string }): Promise<AuthSession> {
    return notYet(credentials);
  }
  /** A new access token from the refresh token (in a browser: from its cookie). Happens by itself while connected. */
  refresh(): Promise<AuthSession> {
    return notYet();
  }
  /** Ends this device's login and closes the connection. */
  logOut(): Promise<void> {
    return notYet();
  }

  // ---- connection

  /** Resolves when online for the first time; rejects when refused for good. From then on it reconnects by itself. */
  connect(): Promise<void> {
    return notYet();
  }
  /** Ends the connection, saves, and fails what waits for an answer. The outbox stays in the storage. */
  close(): Promise<void> {
    return notYet();
  }

  /** Calls `listener` from now on; returns what stops that. An event counts as handed on once the listeners returned. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (...args: ClientEvents[Name]) => void): () => void {
    return notYet(name, listener);
  }

  // ---- messages

  /** Queues a message. Messages to one channel keep their order. Throws `overloaded` when too many wait. */
  send(request: SendRequest): PendingMessage {
    return notYet(request);
  }
  /** Own messages to the channel that are not yet sent, oldest first. */
  pending(channelId: string): readonly PendingMessage[] {
    return notYet(channelId);
  }
  /** One page of a channel's log; independent of what `event` hands on. */
  history(channelId: string, range?: HistoryRange): Promise<HistoryPage> {
    return notYet(channelId, range);
  }
  getMessage(messageId: string): Promise<ChannelEvent> {
    return notYet(messageId);
  }
  /** Moves one's read cursor up to `seq`, on all devices. */
  markRead(channelId: string, seq: number): Promise<void> {
    return notYet(channelId, seq);
  }

  // ---- channels

  /** The methods about one channel, bound to it. */
  channel(channelId: string): ChannelHandle {
    return notYet(channelId);
  }
  /** The id of the direct channel with `userId`. */
  directChannelId(userId: string): string {
    return notYet(userId);
  }
  channels(page?: { after?: string; limit?: number }): Promise<Page<ChannelSummary>> {
    return notYet(page);
  }
  getChannel(channelId: string): Promise<ChannelInfo> {
    return notYet(channelId);
  }
  /** Repeated by itself with the same key, so that one call makes one channel. */
  createChannel(channel: {
    kind?: 'group' | 'broadcast';
    name: string;
    members?: readonly string[];
    public?: boolean;
  }): Promise<ChannelInfo> {
    return notYet(channel);
  }
  join(channelId: string): Promise<ChannelInfo> {
    return notYet(channelId);
  }
  leave(channelId: string): Promise<void> {
    return notYet(channelId);
  }
  invite(channelId: string, userIds: readonly string[], role?: Role): Promise<ChannelInfo> {
    return notYet(channelId, userIds, role);
  }
  remove(channelId: string, userId: string): Promise<ChannelInfo> {
    return notYet(channelId, userId);
  }
  rename(channelId: string, name: string): Promise<ChannelInfo> {
    return notYet(channelId, name);
  }
  setRole(channelId: string, userId: string, role: Role): Promise<ChannelInfo> {
    return notYet(channelId, userId, role);
  }
  members(channelId: string, page?: { after?: string; limit?: number }): Promise<Page<Member>> {
    return notYet(channelId, page);
  }

  // ---- people

  /** Whose presence is told from now on (at most 200), instead of the list before; kept over reconnects. */
  watchPresence(userIds: readonly string[]): Promise<void> {
    return notYet(userIds);
  }
}

/** One channel's methods; see ParleyClient. */
export interface ChannelHandle {
  readonly channelId: string;
  send(text: string, options?: { deadlineMs?: number }): PendingMessage;
  pending(): readonly PendingMessage[];
  history(range?: HistoryRange): Promise<HistoryPage>;
  info(): Promise<ChannelInfo>;
  members(page?: { after?: string; limit?: number }): Promise<Page<Member>>;
  markRead(seq: number): Promise<void>;
}
