/** The methods of proto/admin.proto: who may call each, what it takes and gives. A test compares it with the file. */
import { v1 as admin } from '../protocol/generated/admin.js';
import type { AdminRole, Operator } from './roles.js';

interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
  toObject(message: Message, options: object): object;
}

export interface Method<Request, Answer, Streams extends boolean> {
  /** The least role. */
  readonly role: AdminRole;
  /** The least role for such a request, where it is not the same for all. */
  readonly roleFor?: (request: Request) => AdminRole;
  readonly request: Codec<Request>;
  readonly answer: Codec<Answer>;
  readonly streams: Streams;
  /** What the audit log says that it was about; absent: it changes nothing, and is not written down. */
  readonly subject: ((request: Request) => string) | undefined;
}

/** Who asks, and when they no longer want to know. */
export interface Call {
  readonly operator: Operator;
  readonly signal: AbortSignal;
}

function unary<Request, Answer>(
  role: AdminRole,
  request: Codec<Request>,
  answer: Codec<Answer>,
  subject?: (request: Request) => string,
): Method<Request, Answer, false> {
  return { role, request, answer, streams: false, subject };
}

function streaming<Request, Answer>(
  role: AdminRole,
  request: Codec<Request>,
  answer: Codec<Answer>,
  subject?: (request: Request) => string,
): Method<Request, Answer, true> {
  return { role, request, answer, streams: true, subject };
}

const whom = ({ userId }: admin.IUserRequest): string => userId ?? '';

export const METHODS = {
  GetStatus: unary<admin.IStatusRequest, admin.IClusterStatus>('viewer', admin.StatusRequest, admin.ClusterStatus),
  GetShardMap: unary<admin.IShardMapRequest, admin.IShardMap>('viewer', admin.ShardMapRequest, admin.ShardMap),
  Where: {
    ...unary<admin.IWhereRequest, admin.IActorPlace>('viewer', admin.WhereRequest, admin.ActorPlace),
    roleFor: ({ activate }: admin.IWhereRequest): AdminRole => (activate ? 'operator' : 'viewer'),
  },
  ListActors: unary<admin.IListActorsRequest, admin.IActorList>('viewer', admin.ListActorsRequest, admin.ActorList),
  ListSessions: unary<admin.IListSessionsRequest, admin.ISessionList>(
    'operator',
    admin.ListSessionsRequest,
    admin.SessionList,
  ),
  Disconnect: unary<admin.IDisconnectRequest, admin.IDisconnected>(
    'operator',
    admin.DisconnectRequest,
    admin.Disconnected,
    ({ sessionId, userId, deviceId }) => [sessionId, userId, deviceId].filter(Boolean).join(' '),
  ),
  Cordon: unary<admin.ICordonRequest, admin.INodeOrders>(
    'operator',
    admin.CordonRequest,
    admin.NodeOrders,
    ({ node, lift }) => `${lift ? 'lift ' : ''}${node}`,
  ),
  Drain: streaming<admin.IDrainRequest, admin.IDrainProgress>(
    'operator',
    admin.DrainRequest,
    admin.DrainProgress,
    ({ node }) => node ?? '',
  ),
  MoveShard: unary<admin.IMoveShardRequest, admin.INodeOrders>(
    'operator',
    admin.MoveShardRequest,
    admin.NodeOrders,
    ({ shard, node }) => `${shard} ${node}`,
  ),
  SetWeight: unary<admin.ISetWeightRequest, admin.INodeOrders>(
    'operator',
    admin.SetWeightRequest,
    admin.NodeOrders,
    ({ node, weight }) => `${node} ${weight}`,
  ),
  ListUsers: unary<admin.IListUsersRequest, admin.IUserList>('operator', admin.ListUsersRequest, admin.UserList),
  GetUser: unary<admin.IUserRequest, admin.IUser>('operator', admin.UserRequest, admin.User),
  SuspendUser: unary<admin.IUserRequest, admin.IUser>('operator', admin.UserRequest, admin.User, whom),
  RestoreUser: unary<admin.IUserRequest, admin.IUser>('operator', admin.UserRequest, admin.User, whom),
  RevokeUser: unary<admin.IRevokeUserRequest, admin.IRevoked>(
    'operator',
    admin.RevokeUserRequest,
    admin.Revoked,
    ({ userId, deviceId }) => [userId, deviceId].filter(Boolean).join(' '),
  ),
  ListChannels: unary<admin.IListChannelsRequest, admin.IChannelList>(
    'operator',
    admin.ListChannelsRequest,
    admin.ChannelList,
  ),
  GetNotice: unary<admin.INoticeQuestion, admin.INotice>('viewer', admin.NoticeQuestion, admin.Notice),
  SetNotice: unary<admin.INoticeRequest, admin.INotice>('operator', admin.NoticeRequest, admin.Notice, ({ text }) =>
    (text ?? '').slice(0, 80),
  ),
  WithdrawNotice: unary<admin.INoticeQuestion, admin.INotice>('operator', admin.NoticeQuestion, admin.Notice, () => ''),
  WatchEvents: streaming<admin.IWatchEventsRequest, admin.IClusterEvent>(
    'operator',
    admin.WatchEventsRequest,
    admin.ClusterEvent,
  ),
  Verify: streaming<admin.IVerifyRequest, admin.IVerifyProgress>(
    'operator',
    admin.VerifyRequest,
    admin.VerifyProgress,
    ({ userIds }) => (userIds ?? []).join(' ') || 'everybody',
  ),
  DeleteMessage: unary<admin.IDeleteMessageRequest, admin.IMessageDeleted>(
    'admin',
    admin.DeleteMessageRequest,
    admin.MessageDeleted,
    ({ messageId }) => messageId ?? '',
  ),
  GetJourney: unary<admin.IJourneyRequest, admin.IJourney>('operator', admin.JourneyRequest, admin.Journey),
  DeleteUser: unary<admin.IUserRequest, admin.IUser>('admin', admin.UserRequest, admin.User, whom),
  ExportUser: streaming<admin.IUserRequest, admin.IExportRecord>('admin', admin.UserRequest, admin.ExportRecord, whom),
  ListAudit: unary<admin.IListAuditRequest, admin.IAuditList>('admin', admin.ListAuditRequest, admin.AuditList),
} as const;

export type MethodName = keyof typeof METHODS;

/** A handler for each method: one answer, or a stream of them. Rejects with a ParleyError. */
export type Handlers = {
  readonly [Name in MethodName]: (typeof METHODS)[Name] extends Method<infer Request, infer Answer, infer Streams>
    ? (request: Request, call: Call) => Streams extends true ? AsyncIterable<Answer> : Promise<Answer>
    : never;
};
