/** What an application asks about channels and messages, as requests of the protocol. */
import { Long, type v1 } from '../src/protocol/wire.js';
import type { ChannelOrder } from './channel-order.js';
import {
  channelInfoOf,
  eventOf,
  historyOf,
  memberOf,
  mentionPageOf,
  summaryOf,
  wireKind,
  wireRole,
} from './from-wire.js';
import type { Requests } from './requests.js';
import { type SearchPage, type SearchRequest, searchPageOf, wireSearch } from './search.js';
import type {
  ChannelEvent,
  ChannelInfo,
  ChannelSummary,
  HistoryPage,
  HistoryRange,
  Member,
  MentionPage,
  Page,
  Role,
} from './types.js';

export interface NewChannel {
  /** Default `group`. */
  readonly kind?: 'group' | 'broadcast';
  /** 1 to 80 characters (code points); no control characters, line breaks or marks that turn text around. */
  readonly name: string;
  /** Beside oneself; at most 200. */
  readonly members?: readonly string[];
  /** Whether whoever knows the id may join. Default false. */
  readonly public?: boolean;
}

export interface ListPage {
  /** The id of the last row of the page before. Default: from the beginning. */
  readonly after?: string;
  /** Default 100; at most 200 channels, 500 members, else `invalid_argument`. */
  readonly limit?: number;
}

export class ChannelRequests {
  private readonly requests: Requests;
  private readonly order: ChannelOrder;

  constructor(requests: Requests, order: ChannelOrder) {
    this.requests = requests;
    this.order = order;
  }

  async history(channelId: string, range: HistoryRange): Promise<HistoryPage> {
    const from = 'after' in range ? { afterSeq: range.after } : { beforeSeq: range.before ?? 0 };
    const answer = await this.requests.ask({ readHistory: { channelId, ...from, limit: range.limit ?? 0 } });
    const page = historyOf(answer.history ?? {});
    this.order.noteHead(channelId, page.head);
    return page;
  }

  async getMessage(messageId: string): Promise<ChannelEvent> {
    const answer = await this.requests.ask({ getMessage: { messageId: Long.fromString(messageId, true) } });
    return eventOf(answer.message ?? {});
  }

  /** `before`: the message id of the last row of the page before. */
  async mentions(before: string | undefined, limit: number): Promise<MentionPage> {
    const answer = await this.requests.ask({ listMentions: { before: Long.fromString(before ?? '0', true), limit } });
    return mentionPageOf(answer.mentionList ?? {});
  }

  async search(request: SearchRequest): Promise<SearchPage> {
    const answer = await this.requests.ask({ search: wireSearch(request) });
    return searchPageOf(answer.searchResults ?? {});
  }

  async markRead(channelId: string, seq: number): Promise<void> {
    await this.requests.ask({ markRead: { channelId, seq } });
  }

  async channels({ after = '', limit = 0 }: ListPage): Promise<Page<ChannelSummary>> {
    const { channelList } = await this.requests.ask({ listChannels: { after, limit } });
    const items = (channelList?.channels ?? []).map(summaryOf);
    for (const { channelId, head } of items) this.order.noteHead(channelId, head);
    return { items, more: channelList?.more ?? false };
  }

  async members(channelId: string, { after = '', limit = 0 }: ListPage): Promise<Page<Member>> {
    const { memberList } = await this.requests.ask({ listMembers: { channelId, after, limit } });
    return { items: (memberList?.members ?? []).map(memberOf), more: memberList?.more ?? false };
  }

  async create(channel: NewChannel, idempotencyKey: string): Promise<ChannelInfo> {
    const { kind = 'group', name, members = [], public: isPublic = false } = channel;
    const answer = await this.requests.ask({
      createChannel: { kind: wireKind(kind), name, members: [...members], public: isPublic, idempotencyKey },
    });
    const channelId = answer.channel?.channelId ?? '';
    this.order.startAbove(channelId, 0); // its first event is still to come, and is for the application too
    return this.info(answer);
  }

  async join(channelId: string): Promise<ChannelInfo> {
    const info = await this.ask({ join: { channelId } });
    // One's own join is still to come; unless one was a member before.
    if (info.me !== undefined && info.me.joinedSeq === info.head) this.order.startAbove(channelId, info.head - 1);
    return info;
  }

  getChannel(channelId: string): Promise<ChannelInfo> {
    return this.ask({ getChannel: { channelId } });
  }

  async leave(channelId: string): Promise<void> {
    await this.requests.ask({ leave: { channelId } });
  }

  invite(channelId: string, userIds: readonly string[], role: Role): Promise<ChannelInfo> {
    return this.ask({ invite: { channelId, userIds: [...userIds], role: wireRole(role) } });
  }

  remove(channelId: string, userId: string): Promise<ChannelInfo> {
    return this.ask({ remove: { channelId, userId } });
  }

  rename(channelId: string, name: string): Promise<ChannelInfo> {
    return this.ask({ rename: { channelId, name } });
  }

  setRole(channelId: string, userId: string, role: Role): Promise<ChannelInfo> {
    return this.ask({ setRole: { channelId, userId, role: wireRole(role) } });
  }

  private async ask(body: v1.IClientFrame): Promise<ChannelInfo> {
    return this.info(await this.requests.ask(body));
  }

  private info(answer: v1.ServerFrame): ChannelInfo {
    return channelInfoOf(answer.channel ?? {});
  }
}
