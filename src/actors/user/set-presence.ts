/** A client says how its user wants to appear. */
import { ParleyError } from '../../core/errors.js';
import type { v1 } from '../../protocol/wire.js';
import type { Inbox } from './inbox.js';
import type { Presence } from './presence.js';
import type { Pushes } from './pushes.js';
import type { Session, Sessions } from './sessions.js';
import { changed, encodeStanding, isPlain, ownPresence, STANDING_KEY, type Standing } from './standing.js';

/** A user, as far as it is about how they appear. */
interface Appearing {
  readonly presence: Presence;
  readonly inbox: Inbox;
  readonly sessions: Sessions;
  readonly pushes: Pushes;
  appear(standing: Standing): void;
  sessionsChanged(): void;
}

/** Counts at once; resolves when what is kept is durable, and all of the user's devices were told. */
export async function setPresence(
  user: Appearing,
  session: Session | undefined,
  request: v1.SetPresence,
): Promise<void> {
  if (typeof request.idle === 'boolean') setIdle(user, session, request.idle);
  const { presence, inbox } = user;
  const standing = changed(presence.standing, request);
  if (standing === presence.standing) return;
  user.appear(standing);
  broadcastOwnPresence(user);
  await inbox.saveRecord(STANDING_KEY, encodeStanding(presence.standing, presence.lastSeenMs));
}

function setIdle(user: Appearing, session: Session | undefined, idle: boolean): void {
  if (session === undefined) throw new ParleyError('invalid_argument', { sentence: 'A session is idle, or is not.' });
  session.idle = idle;
  if (!idle) user.pushes.acknowledged(session.acknowledged); // whoever is back sees what the device has
  user.sessionsChanged();
}

/** What was chosen has changed: all devices are told. */
export function broadcastOwnPresence({ presence, sessions }: Appearing): void {
  sessions.broadcast({ type: 'ownPresence', value: ownPresence(presence.standing) });
}

/** A device that comes is told what was chosen, unless that is nothing. */
export function tellOwnPresence({ presence, sessions }: Appearing, session: Session): void {
  if (!isPlain(presence.standing))
    sessions.tell(session, { type: 'ownPresence', value: ownPresence(presence.standing) });
}
