/** The end of an account: in the directory, and in the message store. */
import { askAgain } from '../../cluster/ask-again.js';
import { ParleyError } from '../../core/errors.js';
import { type ChannelId, type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { Account } from '../../directory/administration.js';
import type { admin } from '../../protocol/admin-messages.js';
import type { AdminDeps } from '../deps.js';
import { accountOf, logOut, OWNER_MS, userMessage } from './users.js';

/** How long the answer waits for what goes on by itself, milliseconds: less than the command line waits for it. */
const FORGET_MS = 10_000;

/**
 * In this order, so that it may be repeated when it was cut off, also of an account that is deleted already: nobody logs in,
 * friendships end, the account goes, and with it, in rounds, what the message store keeps and all channels. Throws
 * `unavailable` when some of the rounds are left to the user's actor.
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

/**
 * One by one, so that whoever repeats it goes on with the rest. The friend at whom it was cut off is not told then: until their
 * actor reads the directory again, it takes somebody for a friend who never comes back.
 */
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
  const endMs = deps.clock.monotonic() + FORGET_MS;
  for (;;) {
    const answer = await askAgain(deps, userActor(userId), { type: 'forget' }, OWNER_MS);
    if (answer.type !== 'forgotten') throw new ParleyError('internal');
    const { done, notLeft } = answer.value;
    if (done) return;
    if (notLeft.length > 0 || deps.clock.monotonic() >= endMs) throw goesOn(notLeft);
  }
}

function goesOn(notLeft: readonly ChannelId[]): ParleyError {
  const what =
    notLeft.length > 0
      ? `the inbox is empty, but these channels cannot be left now: ${notLeft.join(', ')}`
      : 'the inbox is emptied and the channels are left, which takes longer than this answer';
  return new ParleyError('unavailable', { sentence: `The account is deleted; ${what}. That goes on by itself.` });
}
