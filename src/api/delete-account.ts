/** The end of one's own account. */
import { askToForget, type DeletionDeps, eraseAccount } from '../cluster/account-deletion.js';
import { sleep } from '../core/clock.js';
import { ParleyError } from '../core/errors.js';
import type { UserId } from '../core/ids.js';
import type { Logger } from '../core/logger.js';
import type { Logins } from './logins.js';

export interface OwnDeletionDeps extends DeletionDeps {
  readonly logins: Pick<Logins, 'checkPassword' | 'refuseAll'>;
  readonly logger: Logger;
}

/** For the owner of the user's actor to have heard of it, milliseconds, and how long the answer waits for that. */
const OWNER_MS = 60_000;
const ANSWER_MS = 8_000;

/**
 * The account goes before its logins: whoever finds theirs refused and asks again then knows that it is gone. While a login
 * is taken still, what was cut off may be repeated, also after the account went: then without its password, which went too.
 * Rejects as `checkPassword` and the directory do, and with `unavailable` when the rest is left to the user's actor.
 */
export async function deleteOwnAccount(deps: OwnDeletionDeps, userId: UserId, password: string): Promise<void> {
  await erased(deps, userId, password);
  deps.logins.refuseAll(userId);
  const begun = askToForget(deps, userId, OWNER_MS).then(
    () => true,
    (cause: unknown) => {
      deps.logger.warn({ err: cause, user: userId }, 'a deleted user is forgotten when their actor is next active');
      return false;
    },
  );
  if (await Promise.race([begun, sleep(deps.clock, ANSWER_MS).then(() => false)])) return;
  throw new ParleyError('unavailable', {
    sentence: 'The account is deleted. Its inbox and its places in channels are not yet: that goes on by itself.',
  });
}

/** Resolves once there is no account, whoever made it so: this call, one before it, or one beside it. */
async function erased(deps: OwnDeletionDeps, userId: UserId, password: string): Promise<void> {
  if (await isErased(deps, userId)) return;
  try {
    await deps.logins.checkPassword(userId, password);
    await eraseAccount(deps, userId);
  } catch (error) {
    if (!(await isErased(deps, userId))) throw error;
  }
}

async function isErased({ directory }: OwnDeletionDeps, userId: UserId): Promise<boolean> {
  return (await directory.administration.find(userId))?.state === 'deleted';
}
