import type { Presence } from '../../client/index.js';
import { lastSeenText } from './time.js';

/** Empty where it is not known or not shown. */
export function presenceText(presence: Presence | undefined): string {
  if (presence?.state === 'online') return 'online';
  if (presence?.state !== 'offline') return '';
  return presence.lastSeen === undefined ? 'offline' : lastSeenText(presence.lastSeen, new Date());
}
