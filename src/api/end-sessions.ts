import { type AskAgainDeps, askAgain } from '../cluster/ask-again.js';
import { userActor } from '../core/ids.js';
import type { Logger } from '../core/logger.js';
import type { EndSessions } from './logins.js';

/** For the owner of a user's actor to have heard of a logout, milliseconds; nobody waits for it. */
const OWNER_MS = 60_000;

export function endSessionsAtActor(deps: AskAgainDeps & { readonly logger: Logger }): EndSessions {
  return (userId, deviceId, atMs) => {
    askAgain(deps, userActor(userId), { type: 'revoke', deviceId, atMs }, OWNER_MS).catch((cause: unknown) =>
      deps.logger.warn({ err: cause, user: userId }, "a user's actor did not hear of a logout"),
    );
  };
}
