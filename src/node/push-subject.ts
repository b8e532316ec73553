import { shardOf, type UserId, userActor } from '../core/ids.js';
import type { Membership } from '../core/membership.js';
import { pushSubject } from '../protocol/bus-subjects.js';

/** Which process serves a user: the same one while the same ones live, so that it knows the jobs it was told before. */
export function pushSubjectOf(membership: Membership): (userId: UserId) => string | undefined {
  return (userId) => {
    let best: { readonly incarnation: string; readonly rank: number } | undefined;
    for (const { incarnation, roles, load } of membership.processes()) {
      if (!roles.includes('push') || load.draining) continue;
      const rank = shardOf(userActor(`${userId}/${incarnation}`));
      if (best === undefined || rank > best.rank) best = { incarnation, rank };
    }
    return best && pushSubject(best.incarnation);
  };
}
