/** The end of an account: in the directory, and in the message store. */
import { askAgain } from '../../cluster/ask-again.js';
import { ParleyError } from '../../core/errors.js';
import { type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { Account } from '../../directory/administration.js';
import type { admin } from '../../protocol/admin-messages.js';
import type { AdminDeps } from '../deps.js';
import { accountOf, logOut, OWNER_MS, userMessage } from './users.js';

/**
 * In this order, so that it may be repeated when it was cut off, also of an account that is deleted already: nobody logs in,
 * friendships end, the account goes, and with it, in rounds, all channels and what the message store keeps.
 */
export async function deleteUser(deps: AdminDeps, request: admin.IUserRequest): Promise<admin.IUser> {
  const found = await accountOf(deps, request.userId);
  const account = found.state === 'deleted' ? found : await erase(deps, found.userId);
  await forget(deps, account.userId);
  return userMessage(account);
}

async function erase(deps: AdminDeps, userId: UserId): Promise<Account> {
  const { administration } = deps.directory;
  await administration.setState(userId, 'suspended');
  await logOut(deps, userId, '');
  await endFriendships(deps, userId);
  return administration.erase(userId);
}

/** One by one, so that each friend's actor is told, however often this is cut off. */
async function endFriendships({ directory: { friends }, actors }: AdminDeps, userId: UserId): Promise<void> {
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

/** Each answer is of a bounded part. */
async function forget(deps: AdminDeps, userId: UserId): Promise<void> {
  for (;;) {
    const answer = await askAgain(deps, userActor(userId), { type: 'forget' }, OWNER_MS);
    if (answer.type !== 'forgotten') throw new ParleyError('internal');
    if (answer.value.done) return;
  }
}
