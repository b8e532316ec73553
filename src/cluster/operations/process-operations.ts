/**
 * The operations port: what one process knows of itself and can do for operators. Each role gives the part it has; the admin
 * service asks all of them over the bus (asker.ts), in the embedded form as in a cluster.
 */
import type { ActorId, UserId } from '../../core/ids.js';
import type { MessageId } from '../../core/message-id.js';
import type { LogId } from '../../core/store.js';
import type { admin } from '../../protocol/admin-messages.js';
import type { ShardTerm } from '../../protocol/bus-messages.js';
import type { SpanRing } from '../../tracing/span-ring.js';

export interface ProcessOperations {
  /** Who it is and how busy, whatever its roles. */
  report(): admin.IProcess;
  /** Where this process checks tokens. */
  readonly tokens?: {
    /** Takes none of the device ('': of any) any more that was issued up to then. */
    revoke(userId: UserId, deviceId: string, atMs: number): void;
  };
  /** The steps of traced requests that this process saw. */
  readonly spans?: SpanRing;
  readonly node?: NodeOperations;
  readonly gateway?: GatewayOperations;
}

/** What a node adds. */
export interface NodeOperations {
  report(): admin.IProcess;
  owned(): readonly ShardTerm[];
  /** An actor as it is in memory; `activate` has it activated first. Rejects with `not_owner`, or why it cannot be. */
  actor(id: ActorId, activate: boolean): Promise<admin.IActorAnswer>;
  /** Where a message is, as the owner of the shard that its id names. */
  message(id: MessageId): Promise<admin.IMessagePlace>;
  /** Actors in memory by their ids, those after `after`, at most `limit`. */
  actors(prefix: string, after: string, limit: number): admin.IActorList;
  /** Logs that the store holds, whoever owns them: see `MessageStore.readLogs`. Rejects as it does. */
  logs(after: LogId, limit: number): Promise<readonly LogId[]>;
}

export interface SessionFilter {
  /** '' = everybody's. */
  readonly userId: UserId;
  readonly after: string;
  readonly limit: number;
}

/** What a gateway adds. */
export interface GatewayOperations {
  report(): admin.IProcess;
  /** By their ids. */
  sessions(filter: SessionFilter): admin.ISessionList;
  /** Ends the session of that id, else those of the user (on the device); returns how many. Their clients may come back. */
  disconnect(request: admin.IDisconnectRequest): number;
  /** Ends the user's sessions by tokens of the device ('': of any) that were issued up to then. Their clients are logged out. */
  revoke(userId: UserId, deviceId: string, atMs: number): void;
  /** Takes nobody new, and sends its clients elsewhere (`to`: WebSocket URLs), for good. Returns at once. */
  drain(to: readonly string[]): void;
}
