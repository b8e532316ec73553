import type { ListPage } from './channel-requests.js';
import type {
  ChannelInfo,
  HistoryPage,
  HistoryRange,
  Member,
  Mention,
  Page,
  PendingMessage,
  SendRequest,
} from './types.js';

/** One channel's methods, each as ParleyClient's of the same name (`info`: `getChannel`): the same errors and defaults. */
export interface ChannelHandle {
  readonly channelId: string;
  send(text: string, options?: Omit<SendRequest, 'to' | 'channelId' | 'text'>): PendingMessage;
  edit(seq: number, text: string, mentions?: readonly Mention[]): PendingMessage;
  erase(seq: number): PendingMessage;
  react(seq: number, emoji: string, removed?: boolean): PendingMessage;
  pending(): readonly PendingMessage[];
  history(range?: HistoryRange): Promise<HistoryPage>;
  info(): Promise<ChannelInfo>;
  members(page?: ListPage): Promise<Page<Member>>;
  markRead(seq: number): Promise<void>;
}
