/** Frames as unions on `type`: what the rest of the code sees of client.proto. */
import type { EncodedEvent } from './encoded-event.js';
import type { v1 } from './wire.js';

/** `{ type, value }` for each field of a oneof. */
type Union<Bodies> = { [Type in keyof Bodies]: { readonly type: Type; readonly value: Bodies[Type] } }[keyof Bodies];

interface ClientRequests {
  send: v1.Send;
  createChannel: v1.CreateChannel;
  join: v1.JoinChannel;
  leave: v1.LeaveChannel;
  invite: v1.InviteMembers;
  remove: v1.RemoveMember;
  rename: v1.RenameChannel;
  setRole: v1.SetRole;
  listChannels: v1.ListChannels;
  getChannel: v1.GetChannel;
  listMembers: v1.ListMembers;
  readHistory: v1.ReadHistory;
  getMessage: v1.GetMessage;
  markRead: v1.MarkRead;
  watchPresence: v1.WatchPresence;
  listMentions: v1.ListMentions;
  setPresence: v1.SetPresence;
  search: v1.Search;
}

interface SessionControl {
  hello: v1.Hello;
  heartbeat: v1.Heartbeat;
  acknowledge: v1.Acknowledge;
  typing: v1.Typing;
}

/** What is answered by an actor, whatever transport it came by. */
export type ClientRequest = Union<ClientRequests>;
/** What a gateway handles itself. */
export type ClientControl = Union<SessionControl>;
export type ClientBody = ClientRequest | ClientControl;

export interface ClientFrame {
  readonly requestId: number;
  readonly body: ClientBody;
  /** As in W3C Trace Context, unread; '' = the client has no span. */
  readonly traceparent: string;
}

interface Answers {
  sendAck: v1.ISendAck;
  channel: v1.IChannelInfo;
  channelList: v1.IChannelList;
  memberList: v1.IMemberList;
  history: v1.IHistoryPage;
  message: v1.IEvent;
  mentionList: v1.IMentionList;
  searchResults: v1.ISearchResults;
  done: v1.IDone;
}

interface SessionEvents {
  limited: v1.ILimited;
  readUpdate: v1.IReadUpdate;
  receipts: v1.IReceipts;
  presence: v1.IPresenceUpdate;
  ownPresence: v1.IOwnPresence;
  typing: v1.ITypingUpdate;
  notice: v1.INotice;
}

interface OtherServerBodies {
  welcome: v1.IWelcome;
  error: v1.IError;
  heartbeat: v1.IHeartbeat;
  reconnect: v1.IReconnect;
}

/** An inbox entry on its way to a session. `event` undefined: only the cursor moves. */
export interface Delivery {
  readonly cursor: v1.ICursor;
  readonly event: EncodedEvent | undefined;
  readonly unread: number;
}

export interface FanoutEvents {
  readonly channelId: string;
  readonly head: number;
  readonly events: readonly EncodedEvent[];
}

/** Answers to a ClientRequest. */
export type Answer = Union<Answers>;
/** Session events apart from deliveries; dropped first under pressure, except those of oneself and `limited`. */
export type SessionEvent = Union<SessionEvents>;
/** Bodies that hold events as EncodedEvent, so that their bytes are copied, not encoded again. */
export type SplicedBody =
  | { readonly type: 'deliveries'; readonly value: readonly Delivery[] }
  | { readonly type: 'fanout'; readonly value: FanoutEvents };
export type PlainServerBody = Answer | SessionEvent | Union<OtherServerBodies>;
export type ServerBody = PlainServerBody | SplicedBody;

export interface ServerFrame {
  /** 0 unless this answers a request. */
  readonly requestId: number;
  /** 0 unless this is a session event. */
  readonly sessionSeq: number;
  readonly body: ServerBody;
}
