import type { GatewayOperations, SessionFilter } from '../cluster/operations/process-operations.js';
import type { admin } from '../protocol/admin-messages.js';
import { Long } from '../protocol/wire.js';
import type { Session } from './session.js';
import type { SessionHost } from './session-host.js';

const count = (value: number): Long => Long.fromNumber(Math.max(0, Math.round(value)), true);

/** What a gateway knows of its sessions, and can do to them, for operators. */
export function gatewayOperations(
  host: SessionHost,
  queuedBytes: () => number,
  drain: (to: readonly string[]) => void,
): GatewayOperations {
  return {
    report: () => ({ sessions: host.sessions.size, queuedBytes: count(queuedBytes()), draining: host.draining }),
    sessions: (filter) => sessionPage(host, filter),
    drain,
    disconnect: (request) => disconnect(host, request),
    revoke: (userId, deviceId, atMs) => host.revoke(userId, deviceId, atMs),
  };
}

function sessionPage(host: SessionHost, { userId, after, limit }: SessionFilter): admin.ISessionList {
  const wanted = [...host.sessions.values()]
    .filter(({ id, caller }) => id > after && (userId === '' || caller.userId === userId))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return { sessions: wanted.slice(0, limit).map((session) => view(host, session)), more: wanted.length > limit };
}

function view(host: SessionHost, session: Session): admin.ISession {
  const { caller, link, detachedAtMs, requestsInFlight, stream } = session;
  return {
    sessionId: caller.sessionId,
    userId: caller.userId,
    deviceId: caller.deviceId,
    attached: link !== undefined,
    address: link?.address ?? '',
    quietMs: count(host.nowMs() - (link?.heardAtMs ?? detachedAtMs)),
    bufferedBytes: count(link?.transport.bufferedBytes() ?? 0),
    requestsInFlight,
    inboxSeq: stream.put.inboxSeq ?? 0,
  };
}

function disconnect(host: SessionHost, { sessionId, userId, deviceId }: admin.IDisconnectRequest): number {
  const ended = [...host.sessions.values()].filter(({ id, caller }) =>
    sessionId ? id === sessionId : caller.userId === userId && (!deviceId || caller.deviceId === deviceId),
  );
  for (const session of ended) {
    if (session.link === undefined) host.end(session);
    else session.link.close('draining', 'An operator ended this session.');
  }
  return ended.length;
}
