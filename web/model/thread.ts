/** One open conversation: a window of its log, its members, and what is on its way. */
import type { ChannelEvent, Member, ParleyClient, PendingMessage, Receipt } from '../../client/index.js';
import { MEMBERS_PAGE_MAX } from '../../src/core/client-bounds.js';
import { peerOf } from './conversations.js';
import type { DraftTarget } from './drafts.js';
import { type Line, linesOf } from './lines.js';
import { type LogPage, LogWindow } from './log-window.js';
import { remembered } from './remembered.js';

const PAGE_EVENTS = 50;
/** At its end a conversation keeps so many lines, once it has grown beyond the other number. */
const LINES_KEPT = 300;
const LINES_MAX = 400;

export type Loading = 'idle' | 'loading' | 'failed';

export interface ThreadHost {
  readonly client: ParleyClient;
  readonly me: string;
  readonly nameOf: (userId: string) => string;
  /** Another object whenever `nameOf` may answer otherwise. */
  readonly names: () => unknown;
  readonly changed: () => void;
}

export class Thread {
  readonly channelId: string;
  /** Where `New` stands: above the first message of others beyond this seq. */
  freshAbove = Number.POSITIVE_INFINITY;
  state: Loading = 'idle';
  /** Why it could not be loaded. */
  failure: unknown;
  older: Loading = 'idle';
  newer: Loading = 'idle';
  /** Where it was asked to go: a new object each time; without `seq` to the end. */
  target: { readonly seq: number | undefined } | undefined;
  /** Oneself, and as many of the others as were asked for. */
  members: ReadonlyMap<string, Member> = new Map();
  memberCount = 0;
  /** There are others than those in `members`. */
  moreMembers = false;
  public = false;
  /** One was in it when it was opened, and is no more. */
  left = false;
  private readonly host: ThreadHost;
  private window = new LogWindow();
  private loading: Promise<void> | undefined;
  private lastMember = '';
  private pending: readonly PendingMessage[];
  private readonly draw = remembered(
    (
      events: readonly ChannelEvent[],
      pending: readonly PendingMessage[],
      members: ReadonlyMap<string, Member>,
      _names: unknown,
    ) => linesOf({ me: this.host.me, nameOf: this.host.nameOf, events, pending, members }),
  );

  constructor(channelId: string, host: ThreadHost) {
    this.channelId = channelId;
    this.host = host;
    this.pending = host.client.pending(channelId);
  }

  /** The same list until something of it is another. */
  get lines(): readonly Line[] {
    return this.draw(this.window.shown, this.pending, this.members, this.host.names());
  }

  /** The last event that is shown: the channel's, unless one looks at an old part. */
  get head(): number {
    return this.window.last;
  }

  get atHead(): boolean {
    return this.window.atHead;
  }

  /** Nothing lies before the first event. */
  get complete(): boolean {
    return this.window.complete;
  }

  /** The message there, as it is shown; undefined: not loaded, deleted, or no message. */
  messageAt(seq: number): DraftTarget | undefined {
    const line = this.lines.find((one) => one.type === 'message' && one.seq === seq);
    return line?.type === 'message' && line.text !== undefined ? { seq, from: line.from, text: line.text } : undefined;
  }

  /** The other one of a direct chat has deleted their account. */
  get peerIsGone(): boolean {
    const peer = peerOf(this.channelId, this.host.me);
    return peer !== undefined && this.members.size > 0 && !this.members.has(peer);
  }

  /** One is not in it: where it is public, one may join. */
  get closed(): boolean {
    return this.state === 'failed' && kindOf(this.failure) === 'not_a_member';
  }

  get myRole(): Member['role'] {
    return this.members.get(this.host.me)?.role ?? 'member';
  }

  /** The newest page and the members. A channel that does not exist yet is an empty conversation. */
  load(): Promise<void> {
    this.loading ??= this.loadAll().finally(() => {
      this.loading = undefined;
    });
    return this.loading;
  }

  private async loadAll(): Promise<void> {
    this.state = 'loading';
    this.host.changed();
    try {
      await Promise.all([this.loadNewest(), this.loadMembers()]);
      for (const message of this.host.client.pending(this.channelId)) this.track(message);
      this.state = 'idle';
    } catch (error) {
      this.state = kindOf(error) === 'channel_not_found' && this.channelId.includes('~') ? 'idle' : 'failed';
      this.failure = error;
      if (this.state === 'idle') this.window.complete = true;
    }
    this.host.changed();
  }

  /** Shows that message, with what was said around it; what is later is then loaded by `loadNewer`. */
  async jumpTo(seq: number): Promise<void> {
    await this.loading;
    if (!this.window.covers(seq)) {
      const { client } = this.host;
      const [before, after] = await Promise.all([
        client.history(this.channelId, { before: seq + 1, limit: PAGE_EVENTS / 2 }),
        client.history(this.channelId, { after: seq, limit: PAGE_EVENTS / 2 }),
      ]);
      this.window.replace([...before.events, ...after.events], after);
    }
    this.target = { seq };
    this.host.changed();
  }

  /** From an old part of the conversation to its end. */
  async toNewest(): Promise<void> {
    const page = await this.host.client.history(this.channelId, { limit: PAGE_EVENTS });
    this.window.replace(page.events, page);
    await this.loadNewer();
    this.target = { seq: undefined };
    this.host.changed();
  }

  /** An old part is not where one begins: the newest page is then loaded again. */
  leaveOldPart(): void {
    if (!this.window.atHead) this.window = new LogWindow();
  }

  /** One is at its end: what lies far above is let go. Who scrolls there loads it again. */
  trim(): void {
    const { lines } = this;
    const first = lines.at(-LINES_KEPT)?.seq;
    if (lines.length <= LINES_MAX || first === undefined || !this.atHead || this.older === 'loading') return;
    this.window.dropBefore(first);
    this.host.changed();
  }

  async loadNewer(): Promise<void> {
    if (this.window.atHead || this.newer === 'loading') return;
    this.newer = 'loading';
    this.host.changed();
    try {
      const range = { after: this.window.last, limit: PAGE_EVENTS };
      this.window.takeNewer(await this.host.client.history(this.channelId, range));
      this.newer = 'idle';
    } catch {
      this.newer = 'failed';
    }
    this.host.changed();
  }

  async loadOlder(): Promise<void> {
    const { first } = this.window;
    if (this.complete || this.older === 'loading' || first === 0) return;
    this.older = 'loading';
    this.host.changed();
    try {
      this.take(await this.host.client.history(this.channelId, { before: first, limit: PAGE_EVENTS }));
      this.older = 'idle';
    } catch {
      this.older = 'failed';
    }
    this.host.changed();
  }

  /** A live event. Until the newest page is there, what comes is only kept beside it. */
  add(event: ChannelEvent): void {
    this.window.add(event);
    this.pending = this.pending.filter((message) => message.clientMessageId !== event.clientMessageId);
    this.applyMembership(event);
    if (event.type === 'message' && event.from === this.host.me && event.seq > this.freshAbove) this.wrote(event.seq);
  }

  /** On whatever device: whoever writes has read what is above. */
  private wrote(seq: number): void {
    this.freshAbove = this.head > seq ? seq : Number.POSITIVE_INFINITY;
  }

  /** What this device says, new or changed. Until its event comes it stays; of what is no message, only as long as that may be. */
  track(message: PendingMessage): void {
    const { said, state, seq } = message;
    const isMessage = said.type === 'message';
    if (!isMessage && (state === 'failed' || seq === 0)) this.discard(message);
    else if (this.pending.includes(message)) this.pending = [...this.pending];
    else if (state !== 'pending' && (state !== 'failed' || !isMessage)) return;
    else if (!this.has(message.clientMessageId)) this.pending = [...this.pending, message];
  }

  discard(message: PendingMessage): void {
    this.pending = this.pending.filter((other) => other !== message);
  }

  receipts(items: readonly Receipt[]): void {
    const members = new Map(this.members);
    for (const { userId, deliveredSeq, readSeq } of items) {
      const member = members.get(userId);
      if (member === undefined) continue;
      members.set(userId, {
        ...member,
        deliveredSeq: Math.max(member.deliveredSeq, deliveredSeq),
        readSeq: Math.max(member.readSeq, readSeq),
      });
    }
    this.members = members;
  }

  async loadMembers(): Promise<void> {
    const info = await this.host.client.getChannel(this.channelId);
    this.public = info.public;
    if (info.me !== undefined) this.left = false;
    this.lastMember = '';
    const members = info.members.length > 0 ? info.members : await this.nextMembers();
    const me = info.me === undefined ? [] : [info.me];
    const before = this.members;
    this.members = new Map([...me, ...members].map((one) => [one.userId, grown(one, before.get(one.userId))]));
    this.moreMembers = this.members.size < info.memberCount;
    this.memberCount = Math.max(info.memberCount, this.members.size);
    this.host.changed();
  }

  /** The next page of them, by name. */
  async loadMoreMembers(): Promise<void> {
    const page = await this.nextMembers();
    const members = new Map(this.members);
    for (const member of page) members.set(member.userId, grown(member, members.get(member.userId)));
    this.members = members;
    this.moreMembers = page.length > 0 && members.size < this.memberCount;
    this.host.changed();
  }

  private async nextMembers(): Promise<readonly Member[]> {
    const after = this.lastMember === '' ? {} : { after: this.lastMember };
    const { items } = await this.host.client.members(this.channelId, { limit: MEMBERS_PAGE_MAX, ...after });
    this.lastMember = items.at(-1)?.userId ?? this.lastMember;
    return items;
  }

  private async loadNewest(): Promise<void> {
    this.take(await this.host.client.history(this.channelId, { limit: PAGE_EVENTS }));
  }

  private take(page: LogPage): void {
    this.window.take(page);
    this.pending = this.pending.filter((message) => !this.has(message.clientMessageId));
  }

  private has(clientMessageId: string): boolean {
    const { me } = this.host;
    return this.window.events.some((event) => event.from === me && event.clientMessageId === clientMessageId);
  }

  private applyMembership(event: ChannelEvent): void {
    const members = new Map(this.members);
    switch (event.type) {
      case 'created':
        for (const member of event.members) members.set(member.userId, member);
        this.memberCount = Math.max(this.memberCount, members.size);
        break;
      case 'joined':
        if (event.userIds.includes(this.host.me)) this.left = false;
        for (const userId of event.userIds) {
          if (!members.has(userId)) this.memberCount++;
          members.set(userId, { userId, role: event.role, joinedSeq: event.seq, deliveredSeq: 0, readSeq: 0 });
        }
        break;
      case 'left':
        if (event.userId === this.host.me) this.left = true;
        members.delete(event.userId);
        this.memberCount = Math.max(this.memberCount - 1, members.size);
        break;
      case 'roleChanged': {
        const member = members.get(event.userId);
        if (member !== undefined) members.set(event.userId, { ...member, role: event.role });
        break;
      }
      default:
        return;
    }
    this.members = members;
  }
}

/** Cursors only grow, so an answer that a receipt has overtaken takes nothing back. */
function grown(member: Member, before: Member | undefined): Member {
  if (before === undefined) return member;
  return {
    ...member,
    deliveredSeq: Math.max(member.deliveredSeq, before.deliveredSeq),
    readSeq: Math.max(member.readSeq, before.readSeq),
  };
}

function kindOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'kind' in error ? error.kind : undefined;
}
