import type { User } from './user.js';

/** What operators see of an active user: counts and positions, nobody's words. */
export function userFacts(user: User): Readonly<Record<string, string>> {
  const { inbox, sessions, presence, facts } = user;
  return {
    account: facts === undefined ? 'unknown' : 'known',
    inboxHead: String(inbox.head),
    channels: String(inbox.channels.size),
    sessions: String(sessions.size),
    online: String(presence.online),
  };
}
