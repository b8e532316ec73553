import type { AdminDeps } from '../deps.js';
import type { Handlers } from '../methods.js';
import { disconnect, listActors, sessionsOf, where } from './actors.js';
import { shardMap, status } from './processes.js';

export function createHandlers(deps: AdminDeps): Handlers {
  return {
    GetStatus: () => status(deps),
    GetShardMap: (request) => shardMap(deps, request),
    Where: (request) => where(deps, request),
    ListActors: (request) => listActors(deps, request),
    ListSessions: (request) => sessionsOf(deps, request),
    Disconnect: (request) => disconnect(deps, request),
  };
}
