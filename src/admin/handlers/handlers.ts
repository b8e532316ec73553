import type { AdminDeps } from '../deps.js';
import { EventFeed } from '../events/event-feed.js';
import type { Handlers } from '../methods.js';
import { disconnect, listActors, sessionsOf, where } from './actors.js';
import { listAudit } from './audit.js';
import { deleteUser } from './delete-user.js';
import { watchEvents } from './events.js';
import { journey } from './journey.js';
import { deleteMessage } from './messages.js';
import { cordon, drain, moveShard, setWeight } from './nodes.js';
import { getNotice, setNotice, withdrawNotice } from './notice.js';
import { shardMap, status } from './processes.js';
import { exportUser } from './user-export.js';
import { getUser, listChannels, listUsers, restoreUser, revokeUser, suspendUser } from './users.js';
import { verify } from './verify.js';

export function createHandlers(deps: AdminDeps): Handlers {
  const feed = new EventFeed(deps);
  return {
    GetStatus: () => status(deps),
    GetShardMap: (request) => shardMap(deps, request),
    Where: (request, call) => where(deps, request, call),
    ListActors: (request) => listActors(deps, request),
    ListSessions: (request) => sessionsOf(deps, request),
    Disconnect: (request) => disconnect(deps, request),
    Cordon: (request) => cordon(deps, request),
    Drain: (request, call) => drain(deps, request, call),
    MoveShard: (request) => moveShard(deps, request),
    SetWeight: (request) => setWeight(deps, request),
    ListUsers: (request) => listUsers(deps, request),
    GetUser: (request) => getUser(deps, request),
    SuspendUser: (request) => suspendUser(deps, request),
    RestoreUser: (request) => restoreUser(deps, request),
    RevokeUser: (request) => revokeUser(deps, request),
    ListChannels: (request) => listChannels(deps, request),
    GetNotice: () => getNotice(deps),
    SetNotice: (request) => setNotice(deps, request),
    WithdrawNotice: () => withdrawNotice(deps),
    WatchEvents: (request, call) => watchEvents(feed, request, call),
    Verify: (request, call) => verify(deps, request, call),
    DeleteMessage: (request) => deleteMessage(deps, request),
    GetJourney: (request) => journey(deps, request),
    DeleteUser: (request) => deleteUser(deps, request),
    ExportUser: (request) => exportUser(deps, request),
    ListAudit: (request) => listAudit(deps, request),
  };
}
