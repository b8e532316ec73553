/** The end of an account by an operator, told to its end. */
import { askToForget, eraseAccount } from '../../cluster/account-deletion.js';
import { ParleyError } from '../../core/errors.js';
import type { ChannelId, UserId } from '../../core/ids.js';
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
  await deps.directory.administration.setState(userId, 'suspended');
  await logOut(deps, userId, '');
  return eraseAccount(deps, userId);
}

/** Each answer is of a bounded part. */
async function forget(deps: AdminDeps, userId: UserId): Promise<void> {
  const endMs = deps.clock.monotonic() + FORGET_MS;
  for (;;) {
    const { done, notLeft } = await askToForget(deps, userId, OWNER_MS);
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
