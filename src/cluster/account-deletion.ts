/** The end of an account, whoever orders it: in the directory, and in the message store. */
import { ParleyError } from '../core/errors.js';
import { type UserId, userActor } from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import type { Account } from '../directory/administration.js';
import type { Directory } from '../directory/directory.js';
import type { ActorAnswer } from '../protocol/bus-messages.js';
import type { ActorClient } from './actor-client.js';
import { type AskAgainDeps, askAgain } from './ask-again.js';

export interface DeletionDeps extends AskAgainDeps {
  readonly actors: Pick<ActorClient, 'ask' | 'tell'>;
  readonly directory: Pick<Directory, 'administration' | 'friends'>;
}

export type Forgotten = Extract<ActorAnswer, { type: 'forgotten' }>['value'];

/** Friendships end, then the account goes. Cut off, it may be repeated. Rejects as the directory does. */
export async function eraseAccount(deps: DeletionDeps, userId: UserId): Promise<Account> {
  await endFriendships(deps, userId);
  return deps.directory.administration.erase(userId);
}

/**
 * One by one, so that whoever repeats it goes on with the rest. The friend at whom it was cut off is not told then: until their
 * actor reads the directory again, it takes somebody for a friend who never comes back.
 */
async function endFriendships({ directory: { friends }, actors }: DeletionDeps, userId: UserId): Promise<void> {
  const query = { state: 'friend', limit: LIMITS.relationsPageMax } as const;
  for (let after: UserId | undefined; ; ) {
    const { relations, next } = await friends.list(userId, after === undefined ? query : { ...query, after });
    for (const { userId: friend } of relations) {
      const { factsChanged } = await friends.remove(userId, friend);
      for (const changed of factsChanged) actors.tell(userActor(changed), { type: 'directory_changed' });
    }
    if (next === undefined) return;
    after = next;
  }
}

/**
 * Resolves once the user's actor has done a part, the first of which is that it has its tombstone: from then on sessions are
 * ended, and it goes on by itself. Until it has heard of it, its next activation begins by itself, too.
 */
export async function askToForget(deps: AskAgainDeps, userId: UserId, withinMs: number): Promise<Forgotten> {
  const answer = await askAgain(deps, userActor(userId), { type: 'forget' }, withinMs);
  if (answer.type !== 'forgotten') throw new ParleyError('internal');
  return answer.value;
}
