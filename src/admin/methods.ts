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

export const METHODS = {
  GetStatus: unary<admin.IStatusRequest, admin.IClusterStatus>('viewer', admin.StatusRequest, admin.ClusterStatus),
  GetShardMap: unary<admin.IShardMapRequest, admin.IShardMap>('viewer', admin.ShardMapRequest, admin.ShardMap),
  Where: unary<admin.IWhereRequest, admin.IActorPlace>('viewer', admin.WhereRequest, admin.ActorPlace),
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
} as const;

export type MethodName = keyof typeof METHODS;

/** A handler for each method: one answer, or a stream of them. Rejects with a ParleyError. */
export type Handlers = {
  readonly [Name in MethodName]: (typeof METHODS)[Name] extends Method<infer Request, infer Answer, infer Streams>
    ? (request: Request, call: Call) => Streams extends true ? AsyncIterable<Answer> : Promise<Answer>
    : never;
};

export { streaming };
