/** Everything of one signed-in user: conversations, threads, people; fed by the SDK's events. */
import type { ChannelEvent, ChannelSettings, ConnectionState, EventContext, ParleyClient } from '../../client/index.js';
import { CHANNELS_PAGE_MAX } from '../../src/core/client-bounds.js';
import { isolated } from './bidi.js';
import {
  afterEvent,
  afterRead,
  type Conversation,
  type Conversations,
  freshAbove,
  listed,
  newestFirst,
  peerOf,
  unreadInAll,
} from './conversations.js';
import type { DraftStorage } from './drafts.js';
import type { Mentionable } from './mentioning.js';
import { Mentions } from './mentions.js';
import { People } from './people.js';
import { clearShown } from './push.js';
import { Search } from './search.js';
import { Thread } from './thread.js';
import { Writing } from './writing.js';

const CONVERSATIONS_MAX = 2000;

export interface ChatHost {
  readonly changed: () => void;
  /** Something to say aloud: for screen readers. */
  readonly announce: (sentence: string) => void;
  /** Something that went wrong beside what the person is doing. */
  readonly complain: (error: unknown) => void;
  /** News in passing, for everybody. */
  readonly tell: (sentence: string) => void;
  /** This login is over. */
  readonly ended: (error: unknown) => void;
}

export class Chat {
  readonly client: ParleyClient;
  readonly people: People;
  readonly search: Search;
  readonly writing: Writing;
  readonly mentions: Mentions;
  readonly me: string;
  connection: ConnectionState;
  /** The list has come from the server at least once. */
  loaded = false;
  private readonly host: ChatHost;
  private conversations: Conversations = new Map();
  /** The names of groups that one is in no more: one of them may still be open. */
  private readonly formerNames = new Map<string, string>();
  private settings: ReadonlyMap<string, ChannelSettings> = new Map();
  private readonly threads = new Map<string, Thread>();
  private touched = new Set<string>();
  private readonly typing = new Map<string, readonly string[]>();
  private listing: Promise<void> | undefined;
  private opened: Thread | undefined;

  /** `storage`: where what one has begun to write is kept. */
  constructor(client: ParleyClient, me: string, host: ChatHost, storage: DraftStorage) {
    this.client = client;
    this.me = me;
    this.host = host;
    this.connection = client.connection;
    this.people = new People(client, host.changed);
    this.mentions = new Mentions(client, host.changed);
    const after = (ms: number, run: () => void): (() => void) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    };
    this.search = new Search({ client, changed: host.changed, after });
    this.writing = new Writing({
      ...{ client, me, storage, changed: host.changed, complain: host.complain, tell: host.tell },
      thread: (channelId) => this.thread(channelId),
      mentionable: (channelId) => this.mentionable(channelId),
      toEnd: (channelId) => this.goTo(channelId, undefined),
    });
    this.listen();
  }

  get list(): readonly Conversation[] {
    return newestFirst(this.conversations);
  }

  get unread(): number {
    return unreadInAll(this.conversations);
  }

  /** Without what is muted. */
  get unreadAloud(): number {
    return unreadInAll(this.conversations, (channelId) => this.isMuted(channelId));
  }

  conversation(channelId: string): Conversation | undefined {
    return this.conversations.get(channelId);
  }

  /** The other person's name, or the group's. */
  titleOf(channelId: string): string {
    const peer = peerOf(channelId, this.me);
    if (peer !== undefined) return this.people.nameOf(peer);
    return this.conversations.get(channelId)?.name || this.formerNames.get(channelId) || 'Group';
  }

  async start(): Promise<void> {
    await this.client.connect();
    await Promise.all([this.loadList(), this.people.load(), this.loadSettings(), this.mentions.refresh()]);
    await this.watch();
  }

  settingsOf(channelId: string): ChannelSettings {
    return this.settings.get(channelId) ?? { channelId, notificationLevel: null, muteUntilMs: 0 };
  }

  isMuted(channelId: string): boolean {
    const { muteUntilMs, notificationLevel } = this.settingsOf(channelId);
    return muteUntilMs > Date.now() || notificationLevel === 'nothing';
  }

  async changeSettings(channelId: string, change: Partial<Omit<ChannelSettings, 'channelId'>>): Promise<void> {
    const changed = await this.client.people.changeChannelSettings(channelId, change);
    this.settings = new Map(this.settings).set(channelId, changed);
    this.host.changed();
  }

  thread(channelId: string): Thread {
    const known = this.threads.get(channelId);
    if (known !== undefined) return known;
    const { client, me, host, people } = this;
    const names = (): unknown => people.names;
    const thread = new Thread(channelId, { client, me, names, nameOf: people.nameOf, changed: host.changed });
    this.threads.set(channelId, thread);
    return thread;
  }

  /** Opens a conversation: what is unread now is marked as new, for as long as it stays open and one writes nothing. */
  open(channelId: string, seq: number | undefined): void {
    const thread = this.thread(channelId);
    thread.target = undefined;
    if (seq === undefined) thread.leaveOldPart();
    this.opened = thread;
    thread.freshAbove = freshAbove(this.conversations.get(channelId));
    if (thread.state === 'failed' || thread.head === 0 || thread.members.size === 0) void thread.load();
    else this.refresh(thread);
    this.goTo(channelId, seq);
  }

  /** Shows one message of the open conversation; without `seq` its end. */
  goTo(channelId: string, seq: number | undefined): void {
    const thread = this.thread(channelId);
    if (seq !== undefined) thread.jumpTo(seq).catch(this.host.complain);
    else if (!thread.atHead) thread.toNewest().catch(this.host.complain);
  }

  /** Who else is writing there now: empty, or such as `Ann is typing…`. */
  typingText(channelId: string): string {
    const [first, ...others] = this.typing.get(channelId) ?? [];
    if (first === undefined) return '';
    return others.length === 0
      ? `${isolated(this.people.nameOf(first))} is typing…`
      : `${others.length + 1} people are typing…`;
  }

  /** Whom one may mention there: others by the name that one knows them by. */
  mentionable(channelId: string): readonly Mentionable[] {
    const others = [...this.thread(channelId).members.keys()].filter((userId) => userId !== this.me);
    const people = others.map((userId) => ({ kind: 'user', userId, label: this.people.nameOf(userId) }) as const);
    const everybody = (['channel', 'here'] as const).map((kind) => ({ kind, userId: '', label: kind }));
    return channelId.includes('~') ? people : [...people, ...everybody];
  }

  /** Here or on another device: a notification of it would tell nothing new. */
  private cleared(channelId: string): void {
    clearShown(channelId).catch(() => undefined);
  }

  /** The person has seen the conversation up to its end. */
  seen(channelId: string): void {
    const conversation = this.conversations.get(channelId);
    const thread = this.threads.get(channelId);
    const head = thread?.atHead ? thread.head : 0;
    if (conversation === undefined || head <= conversation.readSeq || this.connection.type !== 'online') return;
    this.put(channelId, afterRead(conversation, head, 0));
    this.cleared(channelId);
    this.client.markRead(channelId, head).catch((error: unknown) => {
      this.put(channelId, conversation); // not marked: the next look tries again
      this.host.complain(error);
    });
  }

  async createGroup(group: { name: string; members: readonly string[]; public: boolean }): Promise<string> {
    const info = await this.client.createChannel({ kind: 'group', ...group });
    return info.channelId;
  }

  async join(channelId: string): Promise<void> {
    await this.client.join(channelId);
    await this.thread(channelId).load();
  }

  async leave(channelId: string): Promise<void> {
    await this.client.leave(channelId);
    this.drop(channelId);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private listen(): void {
    const { client, host } = this;
    client.on('event', (event, context) => this.onEvent(event, context));
    client.on('sendState', (message) => {
      this.threads.get(message.channelId)?.track(message);
      this.writing.settled(message);
      host.changed();
    });
    client.on('readUpdate', ({ channelId, seq, unread }) => {
      const conversation = this.conversations.get(channelId);
      if (conversation !== undefined) this.put(channelId, afterRead(conversation, seq, unread));
      if (unread === 0) this.cleared(channelId);
      if (this.mentions.unread > 0) void this.mentions.refresh();
    });
    client.on('receipts', ({ channelId, items }) => {
      this.threads.get(channelId)?.receipts(items);
      host.changed();
    });
    client.on('presence', (items) => this.people.heard(items));
    client.on('ownPresence', () => host.changed());
    client.on('notice', (notice) => {
      if (notice !== undefined) host.announce(notice.text);
      host.changed();
    });
    client.on('typing', ({ channelId, userIds }) => {
      if (userIds.length === 0) this.typing.delete(channelId);
      else this.typing.set(channelId, userIds);
      host.changed();
    });
    client.on('channels', ({ channelId, change }) => {
      if (change === 'removed') this.drop(channelId);
      else if (!this.conversations.has(channelId)) void this.loadList().catch(host.complain);
    });
    client.on('connection', (state) => this.onConnection(state));
    client.on('limited', () => void this.loadList().catch(host.complain));
    client.on('session', (session, error) => {
      if (session === undefined) host.ended(error);
    });
  }

  private onConnection(state: ConnectionState): void {
    const back = state.type === 'online' && !state.resumed && this.connection.type !== 'online' && this.loaded;
    this.connection = state;
    if (back) {
      void Promise.all([this.loadList(), this.people.load(), this.mentions.refresh()]).catch(this.host.complain);
      if (this.opened !== undefined) this.refresh(this.opened);
    }
    if (state.type === 'closed' && state.error !== undefined) this.host.ended(state.error);
    this.host.changed();
  }

  private onEvent(event: ChannelEvent, context: EventContext): void {
    const { channelId } = event;
    this.touched.add(channelId);
    this.threads.get(channelId)?.add(event);
    const next = afterEvent(this.conversations.get(channelId), event, context.unread, this.me);
    if (next === undefined) this.drop(channelId);
    else this.put(channelId, next);
    if (next !== undefined && next.kind !== 'direct' && next.name === '')
      void this.loadList().catch(this.host.complain);
    if (event.type === 'erased') this.writing.erased(channelId, event.target);
    if (event.type === 'message' && event.from !== this.me) {
      if (event.mentions !== undefined) void this.mentions.refresh();
      if (!this.isMuted(channelId)) this.host.announce(`${this.people.nameOf(event.from)}: ${event.text}`);
    }
    if (this.loaded && next?.kind === 'direct') void this.watch().catch(this.host.complain);
  }

  /** Receipts are told while one is connected only: those of other times come with the members. */
  private refresh(thread: Thread): void {
    thread.loadMembers().catch(() => undefined); // what was known stays
  }

  private put(channelId: string, conversation: Conversation): void {
    this.conversations = new Map(this.conversations).set(channelId, conversation);
    this.host.changed();
  }

  private drop(channelId: string): void {
    const former = this.conversations.get(channelId);
    if (former !== undefined) this.formerNames.set(channelId, former.name);
    const conversations = new Map(this.conversations);
    conversations.delete(channelId);
    this.conversations = conversations;
    this.host.changed();
  }

  private async loadSettings(): Promise<void> {
    const { channels } = await this.client.people.settings();
    this.settings = new Map(channels.map((row) => [row.channelId, row]));
    this.host.changed();
  }

  private watch(): Promise<void> {
    const peers = this.list.map((conversation) => peerOf(conversation.channelId, this.me));
    return this.people.watch(peers.filter((peer) => peer !== undefined));
  }

  /** One listing at a time: who asks meanwhile gets its end. */
  private loadList(): Promise<void> {
    this.listing ??= this.listAll().finally(() => {
      this.listing = undefined;
    });
    return this.listing;
  }

  private async listAll(): Promise<void> {
    this.touched = new Set();
    const summaries = [];
    for (let more = true; more && summaries.length < CONVERSATIONS_MAX; ) {
      const after = summaries.at(-1)?.channelId;
      const page = await this.client.channels({ limit: CHANNELS_PAGE_MAX, ...(after === undefined ? {} : { after }) });
      summaries.push(...page.items);
      more = page.more && page.items.length > 0;
    }
    this.conversations = listed(this.conversations, summaries, this.touched);
    this.loaded = true;
    this.host.changed();
  }
}
